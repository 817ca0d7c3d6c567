import 'fake-indexeddb/auto';
import { describe, expect, it } from 'vitest';
import { noEmergency } from '../../src/shop/emergency';
import { waiting } from '../../src/store/journal';
import { openDatabase } from '../../src/store/open';
import { readDevice } from '../../src/store/rows';
import { STEPS, VERSION } from '../../src/store/schema';
import { makeDeviceKey, signDocument, verifyDocument } from '../../src/wire/jws';

describe('an update of the database', () => {
  it.each(STEPS.slice(0, -1).map((_, step) => step + 1))('from version %i keeps the key and every unsent sale', async (from) => {
    const name = `upgrade-from-${from}`;
    const old = await openDatabase(name, from);
    const key = await makeDeviceKey();
    await old.put('device', { id: 'device', key } as never);
    for (let i = 1; i <= 5; i++) {
      await old.add('journal', {
        id: `sale-${i}`,
        kind: 'SALE',
        document: await signDocument(key, 'butik-sale', { counter: i }),
        hash: `${i}`,
        number: `12-3-N1-00000${i}`,
        waiting: 1,
        waitingSale: 1,
      });
    }
    old.close();

    const now = await openDatabase(name, VERSION);
    const rows = await waiting(now);
    expect(rows.map((row) => row.id)).toEqual(['sale-1', 'sale-2', 'sale-3', 'sale-4', 'sale-5']);
    expect(await now.countFromIndex('journal', 'number', '12-3-N1-000003')).toBe(1);
    const device = (await readDevice(now))!;
    await verifyDocument(await signDocument(device.key, 'butik-sale', {}), 'butik-sale', key.publicKey);
    // What the last step brought is there to be used.
    await now.put('emergency', { id: 'emergency', ...noEmergency('root') });
  });

  it('never waits for a tab with older code', async () => {
    let told = false;
    await openDatabase('two-tabs', 1, () => (told = true));
    const newer = await openDatabase('two-tabs', VERSION);
    expect(newer.version).toBe(VERSION);
    expect(told).toBe(true);
  });

  it('has a step for each version', () => {
    expect(STEPS.length).toBe(VERSION);
  });
});

describe('the key of a device', () => {
  it('cannot be taken out of the browser', async () => {
    const { privateKey } = await makeDeviceKey();
    await expect(crypto.subtle.exportKey('pkcs8', privateKey)).rejects.toThrow();
  });
});
