/** Enrolment: a one-time code and a fresh key become a device of one store. */
import type { Anchor } from '../shop/clock';
import type { Enrolment } from '../shop/documents';
import { fromBase64url, toBase64url } from './base64url';
import { type DeviceKey } from './jws';
import { API, answered, askTime } from './service';
import { checkRoot, claims, judge, readEnrolment, type Root } from './trust';

export interface Invitation {
  url: string;
  code: string;
  /** The root's key id from a QR; null for a typed code: trust on first use. */
  root: string | null;
}

export interface Enrolled {
  enrolment: Enrolment;
  enrolmentDocument: string;
  certificate: string;
  root: Root;
  /** What the store said of the time. */
  told: Anchor;
}

interface EnrolAnswer {
  enrolment: string;
  certificate: string;
  root: Root;
  server_time: number;
}

/** The address as people write it: https unless it is this machine. */
export function normaliseAddress(typed: string): string {
  const text = typed.trim().replace(/\/+$/, '');
  const withScheme = /^https?:\/\//i.test(text) ? text : `${isLoopback(text.split(/[:/]/)[0] ?? '') ? 'http' : 'https'}://${text}`;
  return new URL(withScheme).origin;
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || host === '127.0.0.1' || host === '[::1]';
}

/** What a QR's address bears behind `#enrol=`; null when there is nothing, or nothing readable. */
export function readInvitation(hash: string): Invitation | null {
  const match = /#enrol=([A-Za-z0-9_-]+)/.exec(hash);
  if (!match?.[1]) return null;
  try {
    const { u, c, r } = JSON.parse(new TextDecoder().decode(fromBase64url(match[1]))) as Record<string, unknown>;
    if (typeof u !== 'string' || typeof c !== 'string') return null;
    return { url: normaliseAddress(u), code: c, root: typeof r === 'string' ? r : null };
  } catch {
    return null;
  }
}

export async function enrol(
  fetcher: typeof fetch,
  invitation: Invitation,
  key: DeviceKey,
  name: string,
  app: string,
  steady: () => number,
): Promise<Enrolled> {
  // The browser may be asking the person whether this page may reach the local network: leave time to read.
  const told = { at: await askTime(fetcher, invitation.url, steady, 60_000), steady: steady() };
  const response = await answered(fetcher, `${invitation.url}${API}/enrol`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ code: invitation.code.trim().toUpperCase(), key: toBase64url(key.publicKey), name, app }),
    signal: AbortSignal.timeout(20_000),
  });
  const answer = (await response.json()) as EnrolAnswer;
  const { org, chain, store } = await judge(async () => {
    await checkRoot(answer.root, invitation.root);
    return claims(answer.certificate);
  });
  const trust = { root: answer.root, certificate: answer.certificate, org, chain, store };
  const enrolment = await readEnrolment(answer.enrolment, trust, told.at, 0, { kid: key.kid });
  return { enrolment, enrolmentDocument: answer.enrolment, certificate: answer.certificate, root: answer.root, told };
}
