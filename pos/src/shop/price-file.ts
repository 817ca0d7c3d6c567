/** The price file as it comes: columns of many articles, see docs/formats/pos-api.md. */

import type { LabelRule } from './barcode';

export const PRICE_FORMAT = 'butik-prices/1';

export interface PriceFile {
  format: string;
  count: number;
  numbers: string;
  texts: string;
  prices: number[];
  versions: number[];
  vat_rates: number[];
  vat: string;
  units: string[];
  unit: string;
  groups: string[];
  group: number[];
  barcodes: number[];
  barcode_articles: number[];
  barcode_quantities: [number, number][];
  codes: [string, number][];
  age_limits: [number, number][];
  links: [number, number][];
  blocked: number[];
  labels: LabelRule[];
}

export class BadPriceFile extends Error {
  override name = 'BadPriceFile';
}

/** Refuse a file whose columns do not fit together, before anything is sold from it. */
export function checkPriceFile(file: PriceFile): void {
  const demand = (good: boolean, what: string) => {
    if (!good) throw new BadPriceFile(what);
  };
  demand(file.format === PRICE_FORMAT, `format ${String(file.format)}`);
  demand(Number.isSafeInteger(file.count) && file.count >= 0, 'count');
  const n = file.count;
  const columns = [file.prices, file.versions, file.vat, file.unit, file.group];
  demand(
    columns.every((column) => column.length === n),
    'columns of different length',
  );
  demand(file.barcodes.length === file.barcode_articles.length, 'barcodes of different length');
  demand(file.prices.every(Number.isSafeInteger), 'a price that is not a whole number');
  const points = [...file.links.flat(), ...file.blocked, ...file.codes.map(([, at]) => at), ...file.age_limits.map(([at]) => at)];
  demand(
    points.every((at) => at >= 0 && at < n),
    'a reference outside the file',
  );
  demand(Array.isArray(file.labels) && file.labels.every(isLabelRule), 'a rule for labels');
}

function isLabelRule([prefix, measure, ...counts]: LabelRule): boolean {
  const [digits, skipped, factor] = counts;
  const inPlace = counts.every(Number.isSafeInteger) && digits > 0 && skipped >= 0 && factor > 0;
  return inPlace && ['PRICE', 'WEIGHT'].includes(measure) && prefix.length + digits + skipped < 12;
}
