/** Signed documents: compact JWS over Ed25519, nothing else (docs/formats/signed-documents.md). */
import { fromBase64url, toBase64url, toHex } from './base64url';

export type DocumentType =
  | 'butik-proof'
  | 'butik-sale'
  | 'butik-series'
  | 'butik-event'
  | 'butik-key'
  | 'butik-enrolment'
  | 'butik-prices'
  | 'butik-staff'
  | 'butik-emergency'
  | 'butik-order'
  | 'butik-assignment';

export class BadDocument extends Error {
  override name = 'BadDocument';
}

export interface Envelope {
  kid: string;
  typ: string;
  payload: Uint8Array<ArrayBuffer>;
  signed: Uint8Array<ArrayBuffer>;
  signature: Uint8Array<ArrayBuffer>;
}

/** The half of a key that may be shown, and the private half that nobody can take out of the browser. */
export interface DeviceKey {
  kid: string;
  publicKey: Uint8Array<ArrayBuffer>;
  privateKey: CryptoKey;
}

const utf8 = new TextEncoder();

export async function keyId(publicKey: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', publicKey);
  return toBase64url(new Uint8Array(digest).slice(0, 16));
}

export async function makeDeviceKey(): Promise<DeviceKey> {
  const pair = (await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify'])) as CryptoKeyPair;
  const publicKey = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
  return { kid: await keyId(publicKey), publicKey, privateKey: pair.privateKey };
}

export async function signDocument(key: DeviceKey, typ: DocumentType, payload: object): Promise<string> {
  const part = (value: object) => toBase64url(utf8.encode(JSON.stringify(value)));
  const signed = `${part({ alg: 'Ed25519', kid: key.kid, typ })}.${part(payload)}`;
  const signature = await crypto.subtle.sign('Ed25519', key.privateKey, utf8.encode(signed));
  return `${signed}.${toBase64url(new Uint8Array(signature))}`;
}

/** Take a document apart; nothing in it is believed yet. */
export function openDocument(document: string, typ: DocumentType): Envelope {
  const parts = document.split('.');
  const [head, body, signature] = parts;
  if (parts.length !== 3 || !head || !body || !signature) throw new BadDocument('not a compact JWS');
  try {
    const header = JSON.parse(new TextDecoder().decode(fromBase64url(head))) as Record<string, unknown>;
    const { alg, kid, typ: actual } = header;
    if (Object.keys(header).length !== 3 || alg !== 'Ed25519' || typeof kid !== 'string') throw new BadDocument('bad header');
    if (actual !== typ) throw new BadDocument(`type is ${String(actual)}, expected ${typ}`);
    return { kid, typ, payload: fromBase64url(body), signed: utf8.encode(`${head}.${body}`), signature: fromBase64url(signature) };
  } catch (error) {
    throw error instanceof BadDocument ? error : new BadDocument('malformed');
  }
}

/** The payload, if this key signed it as this type. */
export async function verifyDocument<T>(document: string, typ: DocumentType, publicKey: Uint8Array<ArrayBuffer>): Promise<T> {
  const envelope = openDocument(document, typ);
  if ((await keyId(publicKey)) !== envelope.kid) throw new BadDocument('signed by another key');
  const key = await crypto.subtle.importKey('raw', publicKey, 'Ed25519', false, ['verify']);
  const good = await crypto.subtle.verify('Ed25519', key, envelope.signature, envelope.signed);
  if (!good) throw new BadDocument('signature does not fit');
  return payloadOf<T>(envelope);
}

export function payloadOf<T>(envelope: Envelope): T {
  return JSON.parse(new TextDecoder().decode(envelope.payload)) as T;
}

export async function documentHash(document: string): Promise<string> {
  return toHex(await crypto.subtle.digest('SHA-256', utf8.encode(document)));
}
