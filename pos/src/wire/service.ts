/** Calls to a service, the store's or the emergency cloud: each with a proof signed by the device's key and bound to that one service. */
import { toBase64url } from './base64url';
import { type DeviceKey, signDocument } from './jws';

export const API = '/api/pos/v1';
export const EMERGENCY_API = '/api/emergency/v1';

/** No answer came: the line is down, the service is, or the browser does not let us out. */
export class NoAnswer extends Error {
  override name = 'NoAnswer';
}

/** The service answered with a problem document. `type` is one of those in signed-documents.md. */
export class Problem extends Error {
  override name = 'Problem';
  constructor(
    readonly type: string,
    readonly status: number,
    readonly detail: string,
    readonly serverTime: number | null,
    readonly retryAfter: number | null,
  ) {
    super(`${type} (${status}) ${detail}`);
  }
}

export interface Identity {
  url: string;
  api: string;
  audience: string;
  org: string;
  device: string;
  key: DeviceKey;
}

export interface Clock {
  /** What the service's clock says now, as far as this device knows. */
  now(): number;
  /** The service has said it. */
  told(time: number): void;
}

export interface CallOptions {
  method?: 'GET' | 'POST';
  body?: object;
  timeout?: number;
  signal?: AbortSignal;
  /** What nobody waits for stands behind everything else. */
  priority?: 'low';
}

export class Service {
  /** Once `line` is aborted nothing is sent any more, and what is under way is broken off. */
  constructor(
    readonly identity: Identity,
    readonly clock: Clock,
    private readonly fetcher: typeof fetch,
    readonly line: AbortSignal,
  ) {}

  async json<T>(path: string, options: CallOptions = {}): Promise<T> {
    const response = await this.call(this.identity.api + path, options);
    return (await response.json()) as T;
  }

  async bytes(path: string, options: CallOptions = {}): Promise<ArrayBuffer> {
    const response = await this.call(this.identity.api + path, { timeout: 120_000, ...options });
    return response.arrayBuffer();
  }

  /** Call with a proof; when it is not the time that we thought, take the service's and try once more. */
  async call(path: string, options: CallOptions = {}): Promise<Response> {
    try {
      return await this.callOnce(path, options);
    } catch (error) {
      if (!(error instanceof Problem) || error.type !== 'clock-skew' || error.serverTime === null) throw error;
      this.clock.told(error.serverTime * 1000);
      return this.callOnce(path, options);
    }
  }

  private async callOnce(path: string, options: CallOptions): Promise<Response> {
    const method = options.method ?? 'GET';
    const body = options.body ? JSON.stringify(options.body) : '';
    const headers: Record<string, string> = { Authorization: `Butik ${await this.proof(method, path, body)}` };
    if (body) headers['Content-Type'] = 'application/json';
    // The last moment before the call: no await between this and it.
    if (this.line.aborted) throw new NoAnswer('this line is closed');
    const signals = [this.line, AbortSignal.timeout(options.timeout ?? 15_000)];
    if (options.signal) signals.push(options.signal);
    return answered(this.fetcher, this.identity.url + path, {
      method,
      headers,
      ...(body ? { body } : {}),
      ...(options.priority ? { priority: options.priority } : {}),
      signal: AbortSignal.any(signals),
    });
  }

  private async proof(method: string, path: string, body: string): Promise<string> {
    const { identity, clock } = this;
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(body));
    return signDocument(identity.key, 'butik-proof', {
      org: identity.org,
      sub: identity.device,
      aud: identity.audience,
      htm: method,
      htu: path,
      bsh: toBase64url(new Uint8Array(digest)),
      iat: Math.floor(clock.now() / 1000),
      jti: toBase64url(crypto.getRandomValues(new Uint8Array(16))),
    });
  }
}

/** A good answer, or NoAnswer, or the Problem that the service told. */
export async function answered(fetcher: typeof fetch, url: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetcher(url, { ...init, cache: 'no-store', credentials: 'omit', redirect: 'error', referrerPolicy: 'no-referrer' });
  } catch (error) {
    throw new NoAnswer(error instanceof Error ? error.message : String(error));
  }
  if (response.ok) return response;
  const problem = (await response.json().catch(() => ({}))) as Record<string, unknown>;
  throw new Problem(
    typeof problem['type'] === 'string' ? problem['type'] : 'http',
    response.status,
    String(problem['detail'] || problem['title'] || ''),
    typeof problem['server_time'] === 'number' ? problem['server_time'] : null,
    Number(response.headers.get('Retry-After')) || null,
  );
}

/** The service's time as its answer arrives, the answer taken to come from the middle of the wait. `steady` only counts. */
export async function askTime(fetcher: typeof fetch, url: string, steady: () => number, timeout = 10_000): Promise<number> {
  const before = steady();
  const response = await answered(fetcher, `${url}${API}/time`, { method: 'GET', signal: AbortSignal.timeout(timeout) });
  const { server_time: serverTime } = (await response.json()) as { server_time: number };
  return serverTime * 1000 + (steady() - before) / 2;
}
