/**
 * What a scanner reads, taken apart: AIM identifiers, GS1 element strings and Digital Links, added digits, UPC-E, the
 * stars of Code 39. GS1 is read by a library, held to the published vectors of the GS1 engine; UPC-E is held in Python, too,
 * to another library (tests/vectors/codes.json). Scanners are at the till only, so no service takes a scan apart.
 */
import { parseBarcode } from 'gs1-barcode-parser-mod';
import { checkDigit, isDigits, isGtin, normalCode } from './barcode';

/** What the code says of the goods besides what they are: nothing, or one of these. Weight in grams, volume in millilitres. */
export type Measure = { price: number; currency: string } | { grams: number } | { millilitres: number } | { count: number };

/** `code` in its normal form. */
export interface Reading {
  code: string;
  measure: Measure | null;
}

/** `NOT_GOODS`: well-formed, but it names no article, such as a web address or a pallet. */
export type Scanned = Reading[] | 'MISREAD' | 'NOT_GOODS';

/** As the library writes it. */
interface Element {
  ai: string;
  data: unknown;
  unit: string;
}

const AIM = /^\]([A-Za-z])([0-9A-Za-z])/;
/** Carriers that say of themselves that GS1 elements are in them. */
const GS1_CARRIERS = new Set([']C1', ']e0', ']d2', ']Q3', ']J1']);
const LONGEST = 400;

/** What a code may stand for, the surest first. What stands for itself is the caller's to look up before. */
export function readScan(raw: string): Scanned {
  const text = bare(raw);
  if (text.length > LONGEST) return 'NOT_GOODS';
  const carrier = AIM.exec(text)?.[0] ?? '';
  const body = text.slice(carrier.length);
  if (/^https?:\/\//i.test(body)) return readLink(body);
  if (GS1_CARRIERS.has(carrier)) return readElements(body);
  if (carrier === ']E0' || carrier === ']E3' || carrier === ']E4') return readEan(body);
  return body ? [...plain(body), ...withoutAdded(body), ...elementsIn(body), ...upcE(body)] : 'MISREAD';
}

/** Control characters and blanks around a code are the scanner's. */
function bare(raw: string): string {
  // eslint-disable-next-line no-control-regex
  return raw.replace(/^[\u0000-\u001c\u001e-\u0020]+|[\u0000-\u0020]+$/g, '');
}

function plain(body: string): Reading[] {
  const unstarred = /^\*?([^*]+)\*?$/.exec(body)?.[1] ?? body;
  return [...new Set([body, unstarred])].map((code) => ({ code: normalCode(code), measure: null }));
}

/** The barcode of a magazine or book has two or five more digits beside it. */
function withoutAdded(body: string): Reading[] {
  const match = /^([0-9]{8}|[0-9]{12,13})[ +|-]?([0-9]{2}|[0-9]{5})$/.exec(body);
  return match?.[1] && isGtin(match[1]) && !isGtin(body) ? [{ code: normalCode(match[1]), measure: null }] : [];
}

/** What says that it is an EAN or UPC checks, or was misread. */
function readEan(body: string): Scanned {
  const [ean = ''] = body.split('|');
  if (ean.length < 14 && isGtin(ean)) return [{ code: normalCode(ean), measure: null }];
  const readings = withoutAdded(ean);
  return readings.length ? readings : 'MISREAD';
}

/** UPC-E leaves out zeros of a UPC-A; scanners send it with or without number system and check digit. */
function upcE(body: string): Reading[] {
  const match = /^([01])?([0-9]{6})([0-9])?$/.exec(body);
  if (!match || (body.length === 7 && !match[1]) || (match[3] && !match[1])) return [];
  const upc = expanded(match[1] ?? '0', match[2]!);
  return match[3] && !upc.endsWith(match[3]) ? [] : [{ code: normalCode(upc), measure: null }];
}

function expanded(system: string, digits: string): string {
  const last = Number(digits[5]);
  const [maker, item] =
    last < 3
      ? [digits.slice(0, 2) + digits[5]! + '00', '00' + digits.slice(2, 5)]
      : last === 3
        ? [digits.slice(0, 3) + '00', '000' + digits.slice(3, 5)]
        : last === 4
          ? [digits.slice(0, 4) + '0', '0000' + digits[4]!]
          : [digits.slice(0, 5), '0000' + digits[5]!];
  const body = system + maker + item;
  return `${body}${checkDigit(body)}`;
}

/** Elements although no identifier says so: only when they are whole and name an article. */
function elementsIn(body: string): Reading[] {
  if (!/^(\(|[0-9]{16})|\u001d/.test(body)) return [];
  const found = readElements(body);
  return Array.isArray(found) ? found : [];
}

function readElements(body: string): Scanned {
  let elements: Element[];
  try {
    elements = parseBarcode(body.replace(/^\u001d+/, '').replace(/\u001d+$/, '')).parsedCodeItems;
  } catch {
    return 'MISREAD';
  }
  const gtin = elements.find(({ ai }) => ai === '01')?.data;
  if (typeof gtin !== 'string') return elements.length ? 'NOT_GOODS' : 'MISREAD';
  if (!isGtin(gtin)) return 'MISREAD';
  return [{ code: normalCode(gtin), measure: measureOf(elements) }];
}

function measureOf(elements: readonly Element[]): Measure | null {
  for (const { ai, data, unit } of elements) {
    const value = Number(data);
    if (/^392.$/.test(ai)) return { price: Math.round(value * 100), currency: '' };
    if (/^393.$/.test(ai)) return { price: Math.round(value * 100), currency: unit };
  }
  for (const { ai, data } of elements) {
    const value = Number(data);
    if (/^310.$/.test(ai)) return { grams: Math.round(value * 1000) };
    if (/^315.$/.test(ai)) return { millilitres: Math.round(value * 1000) };
    if (ai === '30') return { count: value };
  }
  return null;
}

/** A GS1 Digital Link: the path and the query of a web address bear the elements. */
function readLink(link: string): Scanned {
  let url: URL;
  try {
    url = new URL(link);
  } catch {
    return 'MISREAD';
  }
  const path = url.pathname.split('/').slice(1).map(decoded);
  const place = path.findLastIndex((part, i) => (part === '01' || part === 'gtin') && i + 1 < path.length);
  if (place < 0 || (path.length - place) % 2 || path.includes('', place)) return 'NOT_GOODS';
  const pairs: [string, string][] = [];
  for (let i = place; i < path.length; i += 2) pairs.push([path[i] === 'gtin' ? '01' : path[i]!, path[i + 1]!]);
  for (const [key, value] of url.searchParams) if (/^[0-9]{2,4}$/.test(key)) pairs.push([key, value]);
  const first = pairs[0]![1];
  if (!isDigits(first) || !isGtin(first)) return 'MISREAD';
  pairs[0] = ['01', first.padStart(14, '0')];
  const found = readElements(pairs.map(([ai, value]) => ai + value).join('\u001d'));
  // Whatever else is odd about an address, it names the article; a weight that cannot be read is asked for.
  return typeof found === 'string' ? [{ code: normalCode(first), measure: null }] : found;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
