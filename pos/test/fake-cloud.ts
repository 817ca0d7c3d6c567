/** An emergency cloud in memory, for tests: it signs like the real one and checks what devices send. Never shipped. */
import { gzipSync } from 'node:zlib';
import type { Assignment, Order, PriceManifest, StaffMember } from '../src/shop/documents';
import type { PriceFile } from '../src/shop/price-file';
import { fromBase64url, toBase64url, toHex } from '../src/wire/base64url';
import { type DeviceKey, documentHash, makeDeviceKey, openDocument, payloadOf, signDocument, verifyDocument } from '../src/wire/jws';
import { FakeStore, IDS, inAMonth, json, problem, SMALL_FILE, staffMember } from './fake-store';

export const FIRST = { id: '0193f000-0000-7000-8000-000000000001', number: 1 };
export const SECOND = { id: '0193f000-0000-7000-8000-000000000002', number: 2 };
const BACKUP = { id: '0193f000-0000-7000-8000-00000000000b', made_at: '2026-11-20T02:14:00Z', received_at: '2026-11-20T02:15:00Z' };

export class FakeCloud {
  readonly url = 'http://localhost:8014';
  pairing = '';
  down = false;
  /** `/enter` alone is out of order. */
  closed = false;
  /** It turns devices away at the readiness check. */
  strict = false;
  /** It takes no records. */
  deaf = false;
  order: string | null = null;
  orderVersion = 0;
  backup: Assignment['backup'] = BACKUP;
  prices: { manifest: string; sha256: string; version: number; bytes: Uint8Array<ArrayBuffer> } | null = null;
  staff = '';
  /** Handed out instead of an assignment of its own. */
  assigned: string | null = null;
  received: string[] = [];
  calls: string[] = [];
  ready: Record<string, string>[] = [];
  private devices = new Map<string, Uint8Array<ArrayBuffer>>();
  private assignments = new Map<string, string>();
  private streams = new Set<ReadableStreamDefaultController<Uint8Array>>();

  private constructor(
    readonly store: FakeStore,
    readonly root: DeviceKey,
  ) {}

  /** A cloud that the store's chain is paired with, with last night's backup. */
  static async open(store: FakeStore): Promise<FakeCloud> {
    const cloud = new FakeCloud(store, await makeDeviceKey());
    await cloud.pair();
    store.cloud = cloud;
    await cloud.publishPrices(SMALL_FILE);
    await cloud.publishStaff([await staffMember('101', 'Maja', '1234')]);
    return cloud;
  }

  async pair(root = this.root, by = this.store.root, version = 1): Promise<void> {
    const key = toBase64url(root.publicKey);
    const at = '2026-11-01T00:00:00Z';
    const pairing = { v: 1, org: IDS.org, chain: IDS.chain, url: this.url, key, recipient: 'age1', version, issued_at: at };
    this.pairing = await signDocument(by, 'butik-emergency', pairing);
  }

  async publishPrices(file: PriceFile, change: Partial<PriceManifest> = {}, key = this.root): Promise<void> {
    const bytes = new Uint8Array(gzipSync(JSON.stringify(file)));
    const sha256 = toHex(await crypto.subtle.digest('SHA-256', bytes));
    const manifest: PriceManifest = {
      v: 1,
      version: (this.prices?.version ?? 0) + 1,
      org: IDS.org,
      chain: IDS.chain,
      store: IDS.store,
      format: 'butik-prices/1',
      sha256,
      size: bytes.length,
      articles: file.count,
      currency: 'DKK',
      position: 4711,
      backup: BACKUP.id,
      issued_at: '2026-11-20T02:14:00Z',
      expires_at: inAMonth(),
      ...change,
    };
    this.prices = { manifest: await signDocument(key, 'butik-prices', manifest), sha256, version: manifest.version, bytes };
  }

  async publishStaff(staff: StaffMember[], version = 1): Promise<void> {
    const list = { v: 1, version, org: IDS.org, store: IDS.store, issued_at: '2026-11-20T02:14:00Z', staff };
    this.staff = await signDocument(this.root, 'butik-staff', list);
  }

  signOrder(kind: Order['kind'], change: Partial<Order> = {}, key = this.root): Promise<string> {
    const order: Order = {
      v: 1,
      id: `0193f000-0000-7000-8000-0000000001${String(change.version ?? this.orderVersion + 1).padStart(2, '0')}`,
      kind,
      org: IDS.org,
      chain: IDS.chain,
      store: kind === 'ACTIVATE' ? null : IDS.store,
      emergency: FIRST,
      date: '2026-11-20',
      version: this.orderVersion + 1,
      issued_at: '2026-11-21T08:00:00Z',
      expires_at: inAMonth(),
      ...change,
    };
    return signDocument(key, 'butik-order', order);
  }

  /** Give the next order, and tell the devices that listen. */
  async command(kind: Order['kind'], change: Partial<Order> = {}): Promise<string> {
    this.order = await this.signOrder(kind, change);
    this.orderVersion = change.version ?? this.orderVersion + 1;
    this.tell('order');
    return this.order;
  }

  tell(event: string): void {
    for (const stream of this.streams) stream.enqueue(new TextEncoder().encode(`event: ${event}\ndata: {}\n\n`));
  }

  readonly fetch: typeof fetch = async (input, init) => {
    if (this.down || init?.signal?.aborted) throw new TypeError('Failed to fetch');
    const url = new URL(String(input));
    const path = url.pathname + url.search;
    const method = init?.method ?? 'GET';
    this.calls.push(`${method} ${path}`);
    return this.answer(method, path, String(init?.body ?? ''), init);
  };

  private async answer(method: string, path: string, body: string, init?: RequestInit): Promise<Response> {
    const call = path.replace('/api/emergency/v1', '');
    const proof = new Headers(init?.headers).get('Authorization')?.slice(6) ?? '';
    const said = payloadOf<Record<string, unknown>>(openDocument(proof, 'butik-proof'));
    if (said['aud'] !== `emergency/${IDS.chain}` || said['htu'] !== path || said['htm'] !== method) return problem('bad-proof', 401);
    const device = String(said['sub']);
    if (call === '/ready' && this.strict) return problem('old-key', 403);
    if (call === '/ready') {
      const asked = JSON.parse(body) as Record<string, string>;
      const enrolment = await verifyDocument<{ device: { id: string } }>(
        asked['enrolment'] ?? '',
        'butik-enrolment',
        this.store.key.publicKey,
      );
      if (enrolment.device.id !== device) return problem('bad-proof', 401);
      this.devices.set(device, fromBase64url(asked['key'] ?? ''));
      this.ready.push(asked);
    }
    const key = this.devices.get(device);
    if (!key) return problem('unknown-device', 401);
    await verifyDocument(proof, 'butik-proof', key);
    const prices = this.prices && { version: this.prices.version, sha256: this.prices.sha256 };
    const state = { server_time: Date.now() / 1000, order: this.order, prices, staff: { version: 1 }, minimum_app: '0.1.0' };
    if (call === '/ready' || call.split('?')[0] === '/state') return json(state);
    if (call === '/prices') return this.prices ? json({ prices: this.prices.manifest }) : problem('not-found', 404);
    if (call === `/prices/${this.prices?.sha256}`) return new Response(this.prices!.bytes);
    if (call === '/enter') return this.closed ? problem('busy', 503) : this.enter(device, key);
    if (call === '/journal' && this.deaf) return problem('busy', 503);
    if (call === '/journal') return this.journal((JSON.parse(body) as { records: string[] }).records);
    if (path === '/live/pos') return this.stream(init?.signal ?? null);
    return problem('not-found', 404);
  }

  private async enter(device: string, key: Uint8Array): Promise<Response> {
    const order = payloadOf<Order>(openDocument(this.order ?? '', 'butik-order'));
    if (order.kind !== 'ACTIVATE') return problem('not-active', 409);
    const name = `${device} ${order.emergency.id}`;
    const number = order.emergency.number;
    const assignment: Assignment = {
      v: 1,
      org: IDS.org,
      chain: IDS.chain,
      store: IDS.store,
      pos: 3,
      device,
      key: toBase64url(new Uint8Array(key)),
      emergency: order.emergency,
      series: { id: `0193f000-0000-7000-8000-00000000e00${number}`, label: `E${number}` },
      choice: this.backup ? 'EXACT' : 'NONE',
      backup: this.backup,
      issued_at: '2026-11-21T08:00:01Z',
    };
    if (!this.assignments.has(name)) this.assignments.set(name, await signDocument(this.root, 'butik-assignment', assignment));
    const has = this.backup !== null;
    return json({ assignment: this.assigned ?? this.assignments.get(name), prices: has ? this.prices?.manifest : null, staff: has ? this.staff : null });
  }

  private async journal(records: string[]): Promise<Response> {
    const results = [];
    for (const document of records) {
      const known = this.received.includes(document);
      if (!known) this.received.push(document);
      results.push({ hash: await documentHash(document), outcome: known ? 'KNOWN' : 'BOOKED', number: '', reason: '' });
    }
    return json({ results, server_time: Date.now() / 1000 });
  }

  private stream(signal: AbortSignal | null): Response {
    const streams = this.streams;
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        streams.add(controller);
        signal?.addEventListener('abort', () => {
          streams.delete(controller);
          controller.error(new DOMException('aborted', 'AbortError'));
        });
      },
    });
    return new Response(body);
  }

  /** What the devices sent: the kind of each record, in order, with its place in its series. */
  journalOf(): string[] {
    return this.received.map((document) => {
      const typ = (JSON.parse(Buffer.from(document.split('.')[0]!, 'base64url').toString()) as { typ: string }).typ;
      const record = payloadOf<Record<string, unknown>>(openDocument(document, typ as 'butik-sale'));
      if (typ === 'butik-sale') return `${String(record['label'])}-${String(record['counter'])}`;
      return typ === 'butik-series' ? `${String(record['kind'])} ${String(record['label'])} ${String(record['reason'])}` : String(record['kind']);
    });
  }
}
