/** A store service in memory, for tests: it signs like the real one and checks what devices send. Never shipped. */
import { gzipSync } from 'node:zlib';
import type { Enrolment, PriceManifest, SaleDocument, StaffMember } from '../src/shop/documents';
import type { LabelRule } from '../src/shop/barcode';
import type { PriceFile } from '../src/shop/price-file';
import { receiptNumber } from '../src/shop/receipt';
import { toBase64url, toHex } from '../src/wire/base64url';
import { fromBase64url } from '../src/wire/base64url';
import { type DeviceKey, documentHash, keyId, makeDeviceKey, openDocument, payloadOf, signDocument, verifyDocument } from '../src/wire/jws';

export const IDS = {
  org: '00000000-0000-7000-8000-000000000001',
  chain: '00000000-0000-7000-8000-000000000002',
  store: '00000000-0000-7000-8000-000000000003',
  device: '00000000-0000-7000-8000-000000000004',
  pos: '00000000-0000-7000-8000-000000000005',
  series: '00000000-0000-7000-8000-000000000006',
  maja: '00000000-0000-7000-8000-000000000007',
};

/** Signed documents of these tests hold for a month from whenever they are run; to the day, so that two runs are alike. */
export function inAMonth(): string {
  const days = Math.floor(Date.now() / 86_400_000) + 31;
  return new Date(days * 86_400_000).toISOString();
}

/** As Danish scales print them. */
export const LABELS: LabelRule[] = [
  ...['21', '22', '23', '24'].map((prefix): LabelRule => [prefix, 'PRICE', 5, 0, 1]),
  ...['26', '27', '28'].map((prefix): LabelRule => [prefix, 'WEIGHT', 5, 0, 1]),
];

export const SMALL_FILE: PriceFile = {
  format: 'butik-prices/1',
  count: 6,
  // In the order of their lowest barcode: deposit, milk, beer, crate's bottle, wine; bananas have none.
  numbers: '\n\n\n1003\n1004\n4011',
  texts: 'PANT A\nMINIMÆLK 1L\nPILSNER 33CL\nSPÆRRET OST\nRØDVIN 75CL\nBANANER',
  prices: [100, 1295, 500, 4500, 7995, 2450],
  versions: [1, 411, 0, 0, 0, 0],
  vat_rates: [2500, 0],
  vat: '100000',
  units: ['PCS', 'KG'],
  unit: '000001',
  groups: ['Diverse', 'Mejeri'],
  group: [0, 1, 0, 1, 0, 0],
  barcodes: [100, 5701234567799, 100, 200, 100, 400],
  barcode_articles: [0, 1, 1, 0, 1, 1],
  barcode_quantities: [[3, 24000]],
  codes: [['ABC-1', 1]],
  age_limits: [[4, 18]],
  links: [[2, 0]],
  blocked: [3],
  labels: LABELS,
};

interface Received {
  document: string;
  kid: string;
  outcome: 'BOOKED' | 'KNOWN' | 'QUARANTINED';
}

interface Call {
  method: string;
  path: string;
  status: number;
}

export class FakeStore {
  readonly url = 'http://localhost:8012';
  readonly audience = `store/${IDS.store}`;
  code = 'K7QM-2XWD';
  /** What this service's clock is ahead of the right time, in milliseconds. */
  ahead = 0;
  /** The right time. */
  now: () => number = () => Date.now();
  down = false;
  revoked = false;
  received: Received[] = [];
  calls: Call[] = [];
  /** Answer is lost after the work was done. */
  loseAnswers = 0;
  prices: { manifest: string; sha256: string; version: number; bytes: Uint8Array<ArrayBuffer> } | null = null;
  staff: { document: string; version: number } = { document: '', version: 0 };
  enrolmentVersion = 1;
  certificateVersion = 1;
  largestBatch = 500;
  charged = new Map<string, { state: string; amount: number }>();
  /** The chain's emergency cloud, if it has one: it answers under its own address. */
  cloud: { url: string; fetch: typeof fetch; pairing: string } | null = null;
  terminalMode: 'APPROVE' | 'DECLINE' | 'LOSE_ANSWER' | 'LOSE_REQUEST' | 'DOWN' = 'APPROVE';
  series = { id: IDS.series, label: 'N1' };
  device = IDS.device;
  private deviceKey: Uint8Array<ArrayBuffer> | null = null;

  private constructor(
    readonly root: DeviceKey,
    readonly key: DeviceKey,
  ) {}

  static async open(): Promise<FakeStore> {
    const store = new FakeStore(await makeDeviceKey(), await makeDeviceKey());
    await store.publishStaff([await staffMember('101', 'Maja', '1234')]);
    await store.publishPrices(SMALL_FILE);
    return store;
  }

  certificate(change: object = {}): Promise<string> {
    return signDocument(this.root, 'butik-key', {
      v: 1,
      org: IDS.org,
      chain: IDS.chain,
      store: IDS.store,
      key: toBase64url(this.key.publicKey),
      use: 'store',
      version: this.certificateVersion,
      issued_at: '2026-01-01T00:00:00Z',
      expires_at: '2028-01-01T00:00:00Z',
      ...change,
    });
  }

  async enrolment(change: Partial<Enrolment> = {}): Promise<string> {
    const enrolment: Enrolment = {
      v: 1,
      version: this.enrolmentVersion,
      org: IDS.org,
      organisation_name: 'Fjord Handel',
      company: { name: 'Fjord Handel ApS', vat_number: 'DK12345678' },
      chain: { id: IDS.chain, name: 'Fjord' },
      store: {
        id: IDS.store,
        number: 12,
        name: 'Fjord Nørrebro',
        address: 'Nørrebrogade 1, 2200 København N',
        timezone: 'Europe/Copenhagen',
      },
      pos: { id: IDS.pos, number: 3, name: 'Kasse 3' },
      device: { id: this.device, kid: this.deviceKey ? await keyId(this.deviceKey) : '' },
      series: this.series,
      currency: 'DKK',
      cash_rounding: 50,
      language: 'da',
      service: { audience: this.audience, url: this.url },
      emergency: this.cloud?.pairing ?? null,
      terminal: { kind: 'SIMULATED', url: 'http://localhost:8090' },
      issued_at: '2026-11-21T07:00:00Z',
      ...change,
    };
    return signDocument(this.key, 'butik-enrolment', enrolment);
  }

  async publishStaff(staff: StaffMember[]): Promise<void> {
    const version = this.staff.version + 1;
    this.staff = {
      version,
      document: await signDocument(this.key, 'butik-staff', {
        v: 1,
        version,
        org: IDS.org,
        store: IDS.store,
        issued_at: '2026-11-21T07:00:00Z',
        staff,
      }),
    };
  }

  async publishPrices(file: PriceFile, change: Partial<PriceManifest> = {}, key = this.key): Promise<void> {
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
      issued_at: '2026-11-21T07:00:00Z',
      expires_at: inAMonth(),
      ...change,
    };
    this.prices = {
      manifest: await signDocument(key, 'butik-prices', manifest),
      sha256: manifest.sha256,
      version: manifest.version,
      bytes,
    };
  }

  readonly fetch: typeof fetch = async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : String(input));
    if (url.port === '8090') return this.terminal(url, init);
    if (this.cloud && url.origin === this.cloud.url) return this.cloud.fetch(input, init);
    if (this.down) throw new TypeError('Failed to fetch');
    const path = url.pathname + url.search;
    const method = init?.method ?? 'GET';
    const answer = await this.answer(method, path, String(init?.body ?? ''), init);
    this.calls.push({ method, path, status: answer.status });
    if (this.loseAnswers > 0) {
      this.loseAnswers--;
      throw new TypeError('network changed');
    }
    return answer;
  };

  private async answer(method: string, path: string, body: string, init?: RequestInit): Promise<Response> {
    const now = this.now() + this.ahead;
    if (path === '/api/pos/v1/time') return json({ server_time: now / 1000 });
    if (path === '/api/pos/v1/enrol') return this.enrol(body, now);
    const refused = await this.checkProof(method, path, body, init, now);
    if (refused) return refused;
    if (this.revoked && path !== '/api/pos/v1/journal') return problem('device-revoked', 403);
    const call = path.replace('/api/pos/v1', '');
    if (call.split('?')[0] === '/state') {
      this.asked++;
      this.said = Object.fromEntries(new URLSearchParams(call.split('?')[1]));
      return json({
        series: this.standing(new URLSearchParams(call.split('?')[1]).get('series')),
        server_time: now / 1000,
        prices: this.prices && { version: this.prices.version, sha256: this.prices.sha256 },
        staff: { version: this.staff.version },
        enrolment: { version: this.enrolmentVersion },
        minimum_app: '0.1.0',
      });
    }
    if (call === '/enrolment') return json({ enrolment: await this.enrolment(), certificate: await this.certificate() });
    if (call === '/staff') return json({ staff: this.staff.document });
    if (call === '/prices') return this.prices ? json({ prices: this.prices.manifest }) : problem('not-found', 404);
    if (call === `/prices/${this.prices?.sha256 ?? ''}`) return new Response(this.prices!.bytes);
    if (call === '/journal') return this.journal((JSON.parse(body) as { records: string[] }).records);
    if (call === '/unpair') return json({ unpaired: true });
    return problem('not-found', 404);
  }

  /** What the device said of itself when it asked for the state last. */
  said: Record<string, string> = {};

  /** The chain has nothing that came behind `passedOn`. */
  passedOn = Infinity;
  /** Sales are put aside from now on. */
  quarantines = false;
  /** How often the state was asked for. */
  asked = 0;

  isSale(one: { document: string }): boolean {
    return this.typeOf(one.document) === 'butik-sale';
  }

  private typeOf(document: string): string {
    return (JSON.parse(new TextDecoder().decode(fromBase64url(document.split('.')[0]!))) as { typ: string }).typ;
  }

  private standing(series: string | null): object | null {
    const sales = this.sales().filter((sale) => sale.series === series);
    const opened = this.received.some((one) => this.opens(one.document, series));
    if (!sales.length && !opened) return null;
    const counter = Math.max(0, ...sales.map((sale) => sale.counter));
    return { id: series, counter, hash: '', sales: sales.length, passed_on: Math.min(counter, this.passedOn) };
  }

  private opens(document: string, series: string | null): boolean {
    if (this.typeOf(document) !== 'butik-series') return false;
    return payloadOf<{ series: string }>(openDocument(document, 'butik-series')).series === series;
  }

  private async enrol(body: string, now: number): Promise<Response> {
    const { code, key } = JSON.parse(body) as { code: string; key: string };
    if (code !== this.code) return problem('bad-code', 403);
    this.code = '';
    this.deviceKey = fromBase64url(key);
    const root = { kid: this.root.kid, key: toBase64url(this.root.publicKey) };
    return json({ enrolment: await this.enrolment(), certificate: await this.certificate(), root, server_time: now / 1000 });
  }

  private async checkProof(
    method: string,
    path: string,
    body: string,
    init: RequestInit | undefined,
    now: number,
  ): Promise<Response | null> {
    const header = new Headers(init?.headers).get('Authorization') ?? '';
    if (!header.startsWith('Butik ') || !this.deviceKey) return problem('no-proof', 401);
    try {
      const proof = await verifyDocument<Record<string, unknown>>(header.slice(6), 'butik-proof', this.deviceKey);
      const digest = toBase64url(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(body))));
      if (proof['htm'] !== method || proof['htu'] !== path || proof['bsh'] !== digest || proof['aud'] !== this.audience)
        return problem('bad-proof', 401);
      if (Math.abs(Number(proof['iat']) - now / 1000) > 300) return problem('clock-skew', 401, { server_time: now / 1000 });
    } catch {
      return problem('bad-proof', 401);
    }
    return null;
  }

  private async journal(records: string[]): Promise<Response> {
    if (records.length > this.largestBatch) return problem('too-large', 413);
    const results = [];
    for (const document of records) {
      const hash = await documentHash(document);
      const known = this.received.find((one) => one.document === document);
      const held = this.quarantines && this.typeOf(document) === 'butik-sale';
      const outcome = held ? 'QUARANTINED' : known ? 'KNOWN' : 'BOOKED';
      if (!known && !held) this.received.push({ document, kid: '', outcome });
      results.push({ hash, outcome, number: '', reason: '' });
    }
    return json({ results, server_time: Date.now() / 1000 });
  }

  private async terminal(url: URL, init?: RequestInit): Promise<Response> {
    const id = url.pathname.split('/')[2];
    if (this.terminalMode === 'DOWN') throw new TypeError('terminal is down');
    if (init?.method === 'POST' && !id) {
      const charge = JSON.parse(String(init.body)) as { id: string; amount: number };
      if (this.terminalMode === 'LOSE_REQUEST') throw new TypeError('line broke');
      const state = this.terminalMode === 'DECLINE' ? 'DECLINED' : 'APPROVED';
      if (!this.charged.has(charge.id)) this.charged.set(charge.id, { state, amount: charge.amount });
      if (this.terminalMode === 'LOSE_ANSWER') throw new TypeError('line broke');
      return json({ id: charge.id, ...this.charged.get(charge.id), reference: 'T-1', card: 'VISA •••• 1234' });
    }
    const known = this.charged.get(id ?? '');
    return known ? json({ id, ...known, reference: 'T-1', card: 'VISA •••• 1234' }) : problem('not-found', 404);
  }

  sales(): SaleDocument[] {
    return this.documents('butik-sale') as unknown as SaleDocument[];
  }

  documents(typ: 'butik-sale' | 'butik-series' | 'butik-event'): Record<string, unknown>[] {
    return this.received.flatMap(({ document }) => {
      try {
        return [payloadOf<Record<string, unknown>>(openDocument(document, typ))];
      } catch {
        return [];
      }
    });
  }

  numbers(): string[] {
    return this.sales().map((sale) => receiptNumber(12, sale.pos, sale.label, sale.counter));
  }
}

export async function staffMember(number: string, name: string, pin: string, pinVersion = 1): Promise<StaffMember> {
  const salt = new Uint8Array(16).fill(7);
  const secret = await crypto.subtle.importKey('raw', new TextEncoder().encode(pin), 'PBKDF2', false, ['deriveBits']);
  const hash = await crypto.subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt, iterations: 1000 }, secret, 256);
  return {
    id: IDS.maja,
    number,
    name,
    role: 'OPERATOR',
    pin: { alg: 'PBKDF2-SHA256', iterations: 1000, salt: toBase64url(salt), hash: toBase64url(new Uint8Array(hash)) },
    pin_version: pinVersion,
  };
}

export function json(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } });
}

export function problem(type: string, status: number, more: object = {}): Response {
  return json({ type, title: type, status, detail: '', ...more }, status);
}
