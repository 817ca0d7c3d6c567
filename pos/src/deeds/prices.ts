/** The price file that lies on the device, unpacked. */
import { readPrices } from '../store/rows';
import { readPriceList } from '../wire/pull';
import { report } from './service';
import type { Till } from './till';

export async function loadStorePrices(till: Till): Promise<void> {
  const row = await readPrices(till.database);
  if (!row) return;
  try {
    const list = await readPriceList(row.bytes);
    till.prices.value = { list, version: row.version, sha256: row.sha256, issuedAt: row.issuedAt };
    setTimeout(() => list.warm(), 0);
  } catch (error) {
    await report(till, 'ERROR', { code: 'prices-unreadable', detail: String(error).slice(0, 200) });
  }
}
