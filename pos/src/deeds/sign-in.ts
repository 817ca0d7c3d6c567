/** Signing in with staff ID and PIN, by what the device itself knows. */
import type { StaffMember } from '../shop/documents';
import { isBlocked, mayBePin, triesLeft } from '../shop/pin';
import { clearPinTries, countPinTry, isUntold, noteTold } from '../store/rows';
import { fromBase64url } from '../wire/base64url';
import { askAboutClock } from './clock';
import { follow } from './pay';
import { saveDraft } from './draft';
import { report } from './service';
import type { Till } from './till';

export type SignInAnswer = { kind: 'IN' } | { kind: 'NO_PIN' } | { kind: 'WRONG'; left: number | null } | { kind: 'BLOCKED' };

export async function signIn(till: Till, number: string, pin: string): Promise<SignInAnswer> {
  // Nobody has such a PIN: a barcode has got into the field, and costs no try.
  if (!mayBePin(pin)) return { kind: 'NO_PIN' };
  const member = till.staff.value?.staff.find((one) => one.number === number.trim());
  if (!member) return { kind: 'WRONG', left: null };
  const counted = await countPinTry(till.database, member.id, member.pin_version);
  if (!counted) return blocked(till, member);
  if (await isRightPin(member, pin)) {
    await clearPinTries(till.database, counted);
    await enter(till, member);
    return { kind: 'IN' };
  }
  return isBlocked(counted) ? blocked(till, member) : { kind: 'WRONG', left: triesLeft(counted) };
}

/** The manager hears of it, whatever came in between. */
async function blocked(till: Till, member: StaffMember): Promise<SignInAnswer> {
  if (await isUntold(till.database, member.id)) {
    await report(till, 'PIN_BLOCKED', { staff: member.id });
    await noteTold(till.database, member.id);
  }
  return { kind: 'BLOCKED' };
}

async function isRightPin(member: StaffMember, pin: string): Promise<boolean> {
  const { salt, iterations, hash } = member.pin;
  const secret = await crypto.subtle.importKey('raw', new TextEncoder().encode(pin), 'PBKDF2', false, ['deriveBits']);
  const bits = await crypto.subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt: fromBase64url(salt), iterations }, secret, 256);
  const expected = fromBase64url(hash);
  const actual = new Uint8Array(bits);
  let difference = expected.length ^ actual.length;
  for (let i = 0; i < actual.length; i++) difference |= actual[i]! ^ (expected[i] ?? 0);
  return difference === 0;
}

async function enter(till: Till, member: StaffMember): Promise<void> {
  till.member.value = member;
  till.receipt.value = null;
  till.screen.value = till.card.value || till.payments.value.length ? 'PAY' : 'SALE';
  askAboutClock(till);
  await report(till, 'SIGNED_IN', { staff: member.id });
  if (till.card.value) void follow(till);
}

/** Always works; the open sale and everything unsent stay where they are. */
export async function signOut(till: Till): Promise<void> {
  const member = till.member.value;
  till.member.value = null;
  till.receipt.value = null;
  till.trouble.value = null;
  till.entry.value = '';
  till.screen.value = 'SIGN_IN';
  await saveDraft(till);
  if (member) await report(till, 'SIGNED_OUT', { staff: member.id });
}
