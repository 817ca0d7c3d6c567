/** What a till sells from: a price file with an index on the code, made once and then only read. */
import type { Unit } from './documents';
import { isGtin, normalCode, numericValue, readLabel } from './barcode';
import { type Measure, readScan } from './scanned';
import { BadPriceFile, checkPriceFile, type PriceFile } from './price-file';

export interface Article {
  index: number;
  number: string;
  text: string;
  price: number;
  version: number;
  vatRate: number;
  unit: Unit;
  group: string;
  ageLimit: number;
  blocked: boolean;
  link: number | null;
}

/** What a code means: an article, how much of it one scan is, and what the code itself says of price or amount. */
export interface Hit {
  article: Article;
  quantity: number;
  measure: Measure | null;
  /** As the line bears it (docs/formats/journal.md): it says which article it was, and what a label asked for. */
  code: string;
}

/** Why a code finds nothing. `NOT_GOODS`: it is well-formed, but stands for no article. */
export type Miss = 'UNKNOWN' | 'MISREAD' | 'NOT_GOODS';

export class PriceList {
  readonly count: number;
  private readonly places: Map<number, number>;
  private readonly barcodes: Float64Array;
  private readonly barcodeArticles: Int32Array;
  private readonly versions: Float64Array;
  private readonly numbers: string[];
  private readonly texts: string[];
  private readonly quantities: Map<number, number>;
  private readonly codes: Map<string, number>;
  private readonly ages: Map<number, number>;
  private readonly links: Map<number, number>;
  private readonly blocked: Set<number>;
  private byNumber: Map<string, number> | null = null;
  private searchable: string[] | null = null;

  constructor(private readonly file: PriceFile) {
    checkPriceFile(file);
    this.count = file.count;
    this.texts = file.count ? file.texts.split('\n') : [];
    this.numbers = file.count ? file.numbers.split('\n') : [];
    if (this.texts.length !== file.count || this.numbers.length !== file.count) {
      throw new BadPriceFile('texts or numbers of different length');
    }
    this.versions = runningSums(file.versions);
    this.barcodes = runningSums(file.barcodes);
    this.barcodeArticles = Int32Array.from(runningSums(file.barcode_articles));
    this.places = new Map();
    for (let place = 0; place < this.barcodes.length; place++) this.places.set(this.barcodes[place]!, place);
    this.quantities = new Map(file.barcode_quantities);
    this.codes = new Map(file.codes);
    this.ages = new Map(file.age_limits);
    this.links = new Map(file.links);
    this.blocked = new Set(file.blocked);
    this.nameByFirstBarcode();
  }

  /** An empty number stands for the article's first barcode, or its first code when it has no barcode. */
  private nameByFirstBarcode(): void {
    for (let place = 0; place < this.barcodes.length; place++) {
      const index = this.barcodeArticles[place]!;
      if (index < 0 || index >= this.count) throw new BadPriceFile('a barcode of no article');
      if (this.numbers[index] === '') this.numbers[index] = String(this.barcodes[place]);
    }
    for (const [code, index] of this.file.codes) if (this.numbers[index] === '') this.numbers[index] = code;
  }

  article(index: number): Article {
    const { file } = this;
    return {
      index,
      number: this.numbers[index] ?? '',
      text: this.texts[index] ?? '',
      price: file.prices[index] ?? 0,
      version: this.versions[index] ?? 0,
      vatRate: file.vat_rates[Number(file.vat[index])] ?? 0,
      unit: (file.units[Number(file.unit[index])] ?? 'PCS') as Unit,
      group: file.groups[file.group[index] ?? 0] ?? '',
      ageLimit: this.ages.get(index) ?? 0,
      blocked: this.blocked.has(index),
      link: this.links.get(index) ?? null,
    };
  }

  /** By what stands there; else by what it says when it is taken apart as scanners send codes. */
  find(text: string): Hit | Miss {
    const found = this.findCode(text);
    if (found) return found;
    const readings = readScan(text);
    if (typeof readings === 'string') return readings;
    for (const { code, measure } of readings) {
      const hit = this.findCode(code);
      if (hit) return measure ? measured(hit, measure, code) : hit;
    }
    const codes = readings.map((each) => each.code);
    return codes.every((code) => looksMisread(code)) ? 'MISREAD' : 'UNKNOWN';
  }

  /** By barcode, else by code, else by article number; at last as a label of weighed goods. */
  private findCode(code: string): Hit | null {
    const found = this.findExact(code);
    if (found) return found;
    const ean = normalCode(code).padStart(13, '0');
    const label = readLabel(ean, this.file.labels);
    const base = label && this.findFirst(label.keys);
    if (!base) return null;
    const measure = 'price' in label ? { price: label.price, currency: '' } : { grams: label.grams };
    return { ...base, quantity: 1000, measure, code: ean };
  }

  private findFirst(codes: readonly string[]): Hit | null {
    for (const code of codes) {
      const found = this.findExact(code);
      if (found) return found;
    }
    return null;
  }

  private findExact(code: string): Hit | null {
    const normal = normalCode(code);
    const value = numericValue(normal);
    const place = value === null ? undefined : this.places.get(value);
    if (place !== undefined) {
      const quantity = this.quantities.get(place) ?? 1000;
      return { article: this.article(this.barcodeArticles[place]!), quantity, measure: null, code: normal };
    }
    const index = this.codes.get(normal) ?? this.numberIndex().get(code) ?? this.numberIndex().get(normal);
    return index === undefined ? null : { article: this.article(index), quantity: 1000, measure: null, code: normal };
  }

  private numberIndex(): Map<string, number> {
    // As it stands, and in its normal form where that is no other article's own number.
    this.byNumber ??= new Map([
      ...this.numbers.map((number, index): [string, number] => [normalCode(number), index]),
      ...this.numbers.map((number, index): [string, number] => [number, index]),
    ]);
    return this.byNumber;
  }

  /** Articles whose text holds every word asked for, or whose number begins with it; those that begin with it first. */
  search(query: string, limit = 50): Article[] {
    const words = fold(query).split(/\s+/).filter(Boolean);
    if (!words.length) return [];
    this.searchable ??= this.texts.map(fold);
    const first: number[] = [];
    const others: number[] = [];
    for (let index = 0; index < this.count && first.length < limit; index++) {
      const text = this.searchable[index]!;
      if (text.startsWith(words[0]!) && words.every((word) => text.includes(word))) first.push(index);
      else if (others.length >= limit) continue;
      else if (words.every((word) => text.includes(word)) || this.numbers[index]!.startsWith(query.trim())) others.push(index);
    }
    return [...first, ...others].slice(0, limit).map((index) => this.article(index));
  }

  /** Make the search index and the index of numbers before anybody waits for them. */
  warm(): void {
    this.numberIndex();
    this.searchable ??= this.texts.map(fold);
  }
}

/** A price of its own stays with the code, for the service to check. */
function measured(hit: Hit, measure: Measure, code: string): Hit {
  return { ...hit, measure, code: 'price' in measure ? `${code}=${measure.price}` : code };
}

/** Whether a code that was not found is at least well-formed: a misread is told apart from an unknown article. */
export function looksMisread(code: string): boolean {
  return /^[0-9]{8}$|^[0-9]{12,14}$/.test(code) && !isGtin(code);
}

/** Case and accents do not matter to a searcher; æ, ø and å are letters of their own and stay. */
function fold(text: string): string {
  const lower = text.toLowerCase();
  // Most texts are plain; the slow path is for those that have an accent to lose.
  return /[^\u0000-\u007fæøå]/.test(lower)
    ? lower.replace(/[^\u0000-\u007fæøå]/g, (letter) => letter.normalize('NFD').replace(/\p{M}/gu, ''))
    : lower;
}

function runningSums(differences: readonly number[]): Float64Array {
  const sums = new Float64Array(differences.length);
  let sum = 0;
  for (let i = 0; i < sums.length; i++) sums[i] = sum += differences[i]!;
  return sums;
}
