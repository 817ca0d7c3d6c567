import 'fake-indexeddb/auto';
import { beforeEach, describe, expect, it } from 'vitest';
import { payCash } from '../../src/deeds/pay';
import { scan } from '../../src/deeds/ring-up';
import { serviceOf } from '../../src/deeds/service';
import type { Till } from '../../src/deeds/till';
import { waiting } from '../../src/store/journal';
import { backoff } from '../../src/wire/backoff';
import { isSignedBy, pushAll } from '../../src/wire/push';
import { normaliseAddress, readInvitation } from '../../src/wire/enrol';
import { listen, type LiveEvent } from '../../src/wire/live';
import { toBase64url } from '../../src/wire/base64url';
import { FakeStore } from '../fake-store';
import { push, signedInTill } from '../till';

let store: FakeStore;
let till: Till;

beforeEach(async () => {
  store = await FakeStore.open();
  till = await signedInTill(store);
});

async function sell(times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    scan(till, '5701234567899');
    await payCash(till, 1300);
  }
}

describe('sending the journal', () => {
  it('keeps the order, in batches that the service can take', async () => {
    await sell(9);
    store.largestBatch = 3;
    await push(till);
    expect(store.sales().map((sale) => sale.counter)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(store.calls.filter((call) => call.path.endsWith('/journal') && call.status === 413).length).toBeGreaterThan(0);
  });

  it('goes past a record that the service cannot take, and says why it waits', async () => {
    await sell(4);
    const stuck = (await waiting(till.database)).find((row) => row.number?.endsWith('2'))!;
    const inner = store.fetch;
    till.fetcher = async (input, init) =>
      String(init?.body ?? '').includes(stuck.document)
        ? new Response(JSON.stringify({ type: 'bad-request', detail: 'odd' }), { status: 422 })
        : inner(input, init);
    expect(await push(till)).toMatchObject({ stuck: 'bad-request odd' });
    expect((await waiting(till.database)).map((row) => [row.id, row.reason])).toEqual([[stuck.id, 'bad-request odd']]);
    expect(store.sales().map((sale) => sale.counter)).toEqual([1, 3, 4]);
  });

  it('keeps everything when the disk of the store is full', async () => {
    await sell(2);
    const inner = store.fetch;
    till.fetcher = async (input, init) =>
      String(input).endsWith('/journal') ? new Response(JSON.stringify({ type: 'disk-full' }), { status: 507 }) : inner(input, init);
    await expect(push(till)).rejects.toThrow('disk-full');
    expect((await waiting(till.database)).every((row) => row.reason === 'disk-full')).toBe(true);
  });

  it('counts what was settled, whatever batches it took', async () => {
    await sell(5);
    const count = (await waiting(till.database)).length;
    store.largestBatch = 2;
    expect(await push(till)).toEqual({ sent: count, stuck: null });
    expect(await push(till)).toEqual({ sent: 0, stuck: null });
  });

  it('keeps everything, and says why, when there is no answer', async () => {
    await sell(2);
    store.down = true;
    await expect(push(till)).rejects.toMatchObject({ name: 'NoAnswer' });
    expect((await waiting(till.database)).every((row) => row.reason === 'no-answer')).toBe(true);
  });

  it('notes no reason for a fault of its own', async () => {
    await sell(1);
    till.fetcher = async () => new Response('no JSON');
    await expect(push(till)).rejects.toThrow(SyntaxError);
    expect((await waiting(till.database)).some((row) => row.reason)).toBe(false);
  });

  it('sends what one key has signed, and leaves what another has', async () => {
    await sell(2);
    const { device, database } = till;
    const kid = device.value!.key.kid;
    const before = await waiting(database);
    expect(await pushAll(serviceOf(till, device.value!), database, 'another key')).toEqual({ sent: 0, stuck: null });
    expect(await waiting(database)).toEqual(before);
    expect(before.map((row) => [isSignedBy(row, kid), isSignedBy(row, 'another key')])).toEqual(before.map(() => [true, false]));
    expect(await pushAll(serviceOf(till, device.value!), database, kid)).toEqual({ sent: before.length, stuck: null });
  });

  it('frees nothing that the service did not name', async () => {
    await sell(1);
    till.fetcher = async () => new Response(JSON.stringify({ results: [{ hash: 'nonsense', outcome: 'BOOKED', reason: '' }] }));
    await expect(push(till)).rejects.toThrow('bad-answer (200) the service did not name the records');
    expect((await waiting(till.database)).length).toBeGreaterThan(0);
  });

  it('measures a clock that is far off and tries once more', async () => {
    store.ahead = 3_600_000;
    await sell(1);
    await push(till);
    expect(store.sales().length).toBe(1);
    expect(Math.abs(till.device.value!.offset! - 3_600_000)).toBeLessThan(2_000);
  });

  it('waits longer each time, never in step, and never for ever', () => {
    expect([1, 2, 3, 20].map((failures) => backoff(failures, 1))).toEqual([1000, 2000, 4000, 60_000]);
    expect(backoff(3, 0)).toBe(2000);
  });
});

describe('the live stream', () => {
  it('tells what is new, wherever the chunks are cut', async () => {
    const heard: (LiveEvent | null)[] = [];
    const text = ': ping\n\nid: 7\nevent: prices\ndata: {}\n\nevent: nonsense\ndata: {}\n\nevent: revoked\ndata: {}\n\n';
    till.fetcher = async () =>
      new Response(
        new ReadableStream({
          start(stream) {
            for (const letter of text) stream.enqueue(new TextEncoder().encode(letter));
            stream.close();
          },
        }),
      );
    await listen(serviceOf(till, till.device.value!), new AbortController().signal, (event) => heard.push(event));
    expect(heard).toEqual([null, null, 'prices', 'revoked']);
  });
});

describe('an invitation', () => {
  it('is read from the address of a QR code', () => {
    const hash = (value: object) => `#enrol=${toBase64url(new TextEncoder().encode(JSON.stringify(value)))}`;
    expect(readInvitation(hash({ u: 'https://butik.example/', c: 'K7QM-2XWD', r: 'kid' }))).toEqual({
      url: 'https://butik.example',
      code: 'K7QM-2XWD',
      root: 'kid',
    });
    expect(readInvitation(`https://pos.example/${hash({ u: 'butik.example', c: 'A' })}`)).toEqual({
      url: 'https://butik.example',
      code: 'A',
      root: null,
    });
    for (const bad of ['', '#enrol=', '#enrol=%%%', hash({ c: 'A' }), hash({ u: 'http://[', c: 'A' })])
      expect(readInvitation(bad)).toBeNull();
  });

  it('takes an address as people write it', () => {
    expect(normaliseAddress(' butik.example/ ')).toBe('https://butik.example');
    expect(normaliseAddress('localhost:8012')).toBe('http://localhost:8012');
    expect(normaliseAddress('https://butik.example:8443/x/')).toBe('https://butik.example:8443');
  });
});
