/** Calls as they leave the device, and what becomes of every answer: of a service, of a card terminal, of a stream. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fromBase64url, toBase64url } from '../../src/wire/base64url';
import { isLoopback, normaliseAddress, readInvitation } from '../../src/wire/enrol';
import { type DeviceKey, makeDeviceKey, verifyDocument } from '../../src/wire/jws';
import { listen, SILENCE } from '../../src/wire/live';
import { answered, askTime, EMERGENCY_API, NoAnswer, Problem, Service } from '../../src/wire/service';
import { SimulatedTerminal, terminalFor } from '../../src/wire/terminal';

interface Call {
  url: string;
  init: RequestInit & { headers: Record<string, string> };
}

/** A network that notes what is asked of it, and answers from a list. */
function network(...answers: (Response | Error | unknown)[]) {
  const calls: Call[] = [];
  const fetcher = (async (url, init) => {
    calls.push({ url: String(url), init: init as Call['init'] });
    const answer = answers.shift();
    if (answer instanceof Response) return answer;
    throw answer;
  }) as typeof fetch;
  return { calls, fetcher };
}

const json = (body: unknown, status = 200, headers: Record<string, string> = {}) => new Response(JSON.stringify(body), { status, headers });
const skew = (time: unknown = 1_795_248_000) => json({ type: 'clock-skew', server_time: time }, 401);

let key: DeviceKey;
let told: number[];

beforeEach(async () => {
  key = await makeDeviceKey();
  told = [];
});

function service(fetcher: typeof fetch, line = new AbortController().signal): Service {
  const identity = { url: 'https://store.example', api: '/api/pos/v1', audience: 'store/7', org: 'o', device: 'd', key };
  return new Service(identity, { now: () => told.at(-1) ?? 1_700_000_000_999, told: (time) => void told.push(time) }, fetcher, line);
}

async function proofOf(call: Call): Promise<Record<string, unknown>> {
  const [scheme, document] = call.init.headers['Authorization']!.split(' ') as [string, string];
  expect(scheme).toBe('Butik');
  return verifyDocument(document, 'butik-proof', key.publicKey);
}

async function digestOf(body: string): Promise<string> {
  return toBase64url(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(body))));
}

describe('a call', () => {
  it('is a GET without a body, or a POST of JSON, with a proof of just that', async () => {
    const { calls, fetcher } = network(json({ a: 1 }), json({ b: 2 }));
    const caller = service(fetcher);
    expect(await caller.json('/prices')).toEqual({ a: 1 });
    expect(await caller.json('/journal', { method: 'POST', body: { records: [] } })).toEqual({ b: 2 });
    const [get, post] = calls as [Call, Call];
    expect([get.url, get.init.method, get.init.body, get.init.headers['Content-Type']]).toEqual(['https://store.example/api/pos/v1/prices', 'GET', undefined, undefined]);
    expect([post.url, post.init.method, post.init.body, post.init.headers['Content-Type']]).toEqual([
      'https://store.example/api/pos/v1/journal',
      'POST',
      '{"records":[]}',
      'application/json',
    ]);
    const common = { org: 'o', sub: 'd', aud: 'store/7', iat: 1_700_000_000 };
    expect(await proofOf(get)).toMatchObject({ ...common, htm: 'GET', htu: '/api/pos/v1/prices', bsh: await digestOf('') });
    expect(await proofOf(post)).toMatchObject({ ...common, htm: 'POST', htu: '/api/pos/v1/journal', bsh: await digestOf('{"records":[]}') });
    const ids = await Promise.all(calls.map(async (call) => (await proofOf(call))['jti'] as string));
    expect(new Set(ids).size).toBe(2);
    expect(fromBase64url(ids[0]!).length).toBe(16);
  });

  it('leaves nothing behind, follows nobody and names nobody', async () => {
    const { calls, fetcher } = network(new Response('bytes'));
    expect(new TextDecoder().decode(await service(fetcher).bytes('/file'))).toBe('bytes');
    expect(calls[0]!.init).toMatchObject({ cache: 'no-store', credentials: 'omit', redirect: 'error', referrerPolicy: 'no-referrer' });
    expect(calls[0]!.init).not.toHaveProperty('priority');
  });

  it('stands behind everything else where nobody waits for it', async () => {
    const { calls, fetcher } = network(json({}));
    await service(fetcher).json('/prices', { priority: 'low' });
    expect(calls[0]!.init).toMatchObject({ priority: 'low' });
  });

  it('is broken off by its line, by who asked, and by its own end', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    const limits = vi.spyOn(AbortSignal, 'timeout');
    const [line, asker] = [new AbortController(), new AbortController()];
    const { calls, fetcher } = network(json({}), json({}), new Response(''), json({}));
    const caller = service(fetcher, line.signal);
    await caller.json('/a', { signal: asker.signal });
    await caller.json('/b', { timeout: 7 });
    await caller.bytes('/c');
    expect(limits.mock.calls).toEqual([[15_000], [7], [120_000]]);
    const ends = calls.map((call) => call.init.signal!);
    expect(ends.map((end) => end.aborted)).toEqual([false, false, false]);
    asker.abort();
    expect(ends.map((end) => end.aborted)).toEqual([true, false, false]);
    line.abort();
    expect(ends.map((end) => end.aborted)).toEqual([true, true, true]);
    await expect(caller.json('/d')).rejects.toThrow(expect.objectContaining({ name: 'NoAnswer', message: 'this line is closed' }));
    expect(calls.length).toBe(3);
    vi.useRealTimers();
    limits.mockRestore();
  });

  it('takes the time from a service that says ours is wrong, and tries once more', async () => {
    const { calls, fetcher } = network(skew(), json({ good: true }));
    expect(await service(fetcher).json('/prices')).toEqual({ good: true });
    expect(told).toEqual([1_795_248_000_000]);
    expect((await proofOf(calls[1]!))['iat']).toBe(1_795_248_000);
  });

  it.each([
    ['twice', [skew(), skew()], 2],
    ['without saying the right one', [skew('now')], 1],
    ['of another kind', [json({ type: 'bad-proof', server_time: 1 }, 401)], 1],
    ['that never came', [new TypeError('offline')], 1],
  ])('is not tried for ever: an answer %s', async (_, answers, tries) => {
    const { calls, fetcher } = network(...answers);
    await expect(service(fetcher).json('/prices')).rejects.toThrow();
    expect(calls.length).toBe(tries);
    expect(told.length).toBe(tries - 1);
  });
});

describe('an answer', () => {
  const of = (answer: unknown) => answered(network(answer).fetcher, 'https://store.example/', {});

  it('that never came is none, with what the browser said of it', async () => {
    await expect(of(new TypeError('offline'))).rejects.toThrow(expect.objectContaining({ name: 'NoAnswer', message: 'offline' }));
    await expect(of('odd')).rejects.toThrow(expect.objectContaining({ name: 'NoAnswer', message: 'odd' }));
    await expect(of(new TypeError('offline'))).rejects.toBeInstanceOf(NoAnswer);
  });

  it('that is a problem says which', async () => {
    const problem = json({ type: 'disk-full', title: 'Full', detail: 'No room.', server_time: 17 }, 507, { 'Retry-After': '30' });
    await expect(of(problem)).rejects.toMatchObject({ name: 'Problem', type: 'disk-full', status: 507, detail: 'No room.', serverTime: 17, retryAfter: 30, message: 'disk-full (507) No room.' });
    await expect(of(json({ title: 'Full' }, 507))).rejects.toMatchObject({ type: 'http', detail: 'Full', serverTime: null, retryAfter: null });
    await expect(of(json({ type: 7, server_time: 'x' }, 400))).rejects.toMatchObject({ type: 'http', status: 400, detail: '', serverTime: null });
    await expect(of(new Response('<html>', { status: 502 }))).rejects.toMatchObject({ type: 'http', status: 502, detail: '' });
    await expect(of(json({}, 500))).rejects.toBeInstanceOf(Problem);
  });
});

describe("a service's time", () => {
  it('is as of the middle of the wait', async () => {
    const { calls, fetcher } = network(json({ server_time: 1_795_248_000 }));
    const steps = [1_000, 1_600];
    expect(await askTime(fetcher, 'https://store.example', () => steps.shift()!)).toBe(1_795_248_000_300);
    expect([calls[0]!.url, calls[0]!.init.method]).toEqual(['https://store.example/api/pos/v1/time', 'GET']);
    expect(calls[0]!.init.signal).toBeInstanceOf(AbortSignal);
  });

  it('is of a store or of an emergency cloud, each under its own address', () => expect(EMERGENCY_API).toBe('/api/emergency/v1'));
});

describe('a card terminal', () => {
  const at = (answer: unknown) => {
    const line = network(answer);
    return { ...line, terminal: new SimulatedTerminal('http://terminal.example//', line.fetcher) };
  };

  it('is asked for a charge, for what became of it, and to cancel it', async () => {
    const charge = at(json({ state: 'PENDING' }));
    expect(await charge.terminal.charge('7', 1295, 'DKK')).toEqual({ kind: 'PENDING' });
    const ask = at(json({ state: 'DECLINED' }));
    expect(await ask.terminal.ask('7')).toEqual({ kind: 'DECLINED' });
    const cancel = at(json({ state: 'APPROVED', reference: 'T-1', card: 'VISA' }));
    expect(await cancel.terminal.cancel('7')).toEqual({ kind: 'APPROVED', reference: 'T-1', card: 'VISA' });
    const sent = [charge, ask, cancel].map(({ calls: [call] }) => [call!.url, call!.init.method, call!.init.body]);
    expect(sent).toEqual([
      ['http://terminal.example/transactions', 'POST', '{"id":"7","amount":1295,"currency":"DKK"}'],
      ['http://terminal.example/transactions/7', 'GET', undefined],
      ['http://terminal.example/transactions/7/cancel', 'POST', '{}'],
    ]);
    expect(charge.calls[0]!.init).toMatchObject({ headers: { 'Content-Type': 'application/json' }, credentials: 'omit', cache: 'no-store' });
    expect(ask.calls[0]!.init.headers).toBeUndefined();
    expect(charge.calls[0]!.init.signal).toBeInstanceOf(AbortSignal);
  });

  it.each([
    ['it has never heard of it', new Response('', { status: 404 }), { kind: 'NOT_FOUND' }],
    ['it is out of order', json({ state: 'APPROVED' }, 500), { kind: 'NO_ANSWER' }],
    ['it says something else', json({ state: 'PERHAPS' }), { kind: 'NO_ANSWER' }],
    ['it says nothing that can be read', new Response('<html>'), { kind: 'NO_ANSWER' }],
    ['nobody is there', new TypeError('offline'), { kind: 'NO_ANSWER' }],
    ['it approves without a word', json({ state: 'APPROVED' }), { kind: 'APPROVED', reference: '', card: '' }],
  ])('tells when %s', async (_, answer, event) => {
    expect(await at(answer).terminal.ask('7')).toEqual(event);
  });

  it('is there where the store has one that we know', () => {
    expect(terminalFor({ kind: 'SIMULATED', url: 'http://terminal.example' }, fetch)).toBeInstanceOf(SimulatedTerminal);
    expect(terminalFor({ kind: 'STEAM', url: 'http://terminal.example' }, fetch)).toBeNull();
    expect(terminalFor(null, fetch)).toBeNull();
  });
});

describe('a live stream', () => {
  afterEach(() => vi.useRealTimers());

  /** Let everything go on that waits for no clock, until it has come to pass. */
  async function until(come: () => boolean): Promise<void> {
    while (!come()) await new Promise((resolve) => setImmediate(resolve));
  }

  /** A stream that stands until it is ended, or its call is broken off. */
  function stream() {
    let feed!: ReadableStreamDefaultController<Uint8Array>;
    const body = new ReadableStream<Uint8Array>({ start: (given) => void (feed = given) });
    const calls: Call[] = [];
    const fetcher = (async (url, init) => {
      calls.push({ url: String(url), init: init as Call['init'] });
      init!.signal!.addEventListener('abort', () => feed.error(new Error('broken off')));
      return new Response(body);
    }) as typeof fetch;
    return { calls, fetcher, say: (text: string) => feed.enqueue(new TextEncoder().encode(text)), end: () => feed.close() };
  }

  it('tells each kind of news, each ping, and nothing else', async () => {
    const { calls, fetcher, say, end } = stream();
    const heard: unknown[] = [];
    const listening = listen(service(fetcher), new AbortController().signal, (event) => heard.push(event));
    for (const name of ['prices', 'staff', 'enrolment', 'revoked', 'order', 'weather']) say(`event: ${name}\r\ndata: event: prices\r\n\r\n`);
    say(': ping\n');
    say('event: staff'); // cut off before its end: nothing that has come whole
    end();
    await listening;
    expect(heard).toEqual([null, 'prices', 'staff', 'enrolment', 'revoked', 'order', null]);
    expect(calls[0]!.url).toBe('https://store.example/live/pos');
  });

  it('that falls silent is left; one that pings is not', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const limits = vi.spyOn(AbortSignal, 'timeout');
    const { calls, fetcher, say } = stream();
    let pings = 0;
    const listening = listen(service(fetcher), new AbortController().signal, () => void pings++);
    const failed = expect(listening).rejects.toThrow('broken off');
    await until(() => pings === 1);
    for (let count = 2; count < 6; count++) {
      vi.advanceTimersByTime(SILENCE - 1);
      say(': ping\n');
      await until(() => pings === count);
    }
    expect(calls[0]!.init.signal!.aborted).toBe(false);
    vi.advanceTimersByTime(SILENCE);
    expect(calls[0]!.init.signal!.aborted).toBe(true);
    await failed;
    expect(limits.mock.calls).toEqual([[24 * 3_600_000]]);
    expect(vi.getTimerCount()).toBe(0);
    limits.mockRestore();
  });

  it('that never begins is left too, and one that nobody wants any more', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    let asked = false;
    const never = ((_, init) => {
      asked = true;
      return new Promise((_resolve, reject) => init!.signal!.addEventListener('abort', () => reject(new Error('gone'))));
    }) as typeof fetch;
    const silent = expect(listen(service(never), new AbortController().signal, () => undefined)).rejects.toThrow('gone');
    await until(() => asked);
    vi.advanceTimersByTime(SILENCE);
    await silent;
    const { fetcher } = stream();
    const asker = new AbortController();
    const left = expect(listen(service(fetcher), asker.signal, () => asker.abort())).rejects.toThrow('broken off');
    await left;
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('an address', () => {
  it('of this machine needs no https', () => {
    for (const here of ['localhost', 'till.localhost', '127.0.0.1', '[::1]']) expect(isLoopback(here)).toBe(true);
    for (const there of ['localhost.example', 'example.com', '127.0.0.2', '', 'mylocalhost']) expect(isLoopback(there)).toBe(false);
    expect(normaliseAddress('127.0.0.1:8012')).toBe('http://127.0.0.1:8012');
    expect(normaliseAddress('localhost/x')).toBe('http://localhost');
    expect(normaliseAddress('HTTP://butik.example//')).toBe('http://butik.example');
    expect(normaliseAddress('butik.example//')).toBe('https://butik.example');
    expect(normaliseAddress('butik.example/?to=http://x')).toBe('https://butik.example');
  });

  it('in an invitation comes with a code, and both are texts', () => {
    const hash = (value: unknown) => `#enrol=${toBase64url(new TextEncoder().encode(JSON.stringify(value)))}`;
    for (const bad of [{ u: 'butik.example' }, { u: 7, c: 'A' }, { u: 'butik.example', c: 7 }, null, [], 'text']) expect(readInvitation(hash(bad))).toBeNull();
    expect(readInvitation(hash({ u: 'butik.example', c: 'A', r: 7 }))).toEqual({ url: 'https://butik.example', code: 'A', root: null });
  });
});
