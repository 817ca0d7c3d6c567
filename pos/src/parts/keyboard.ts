/** Keys that mean the same wherever the focus is: a scanner's, and the keypad's on the screens that have one. */
import { goToPay, payKeyed } from '../deeds/pay';
import { heard, isForSelling, stray } from '../deeds/hear';
import { formatsOf, textsOf } from './context';
import { clear, eraseDigit, keyDigits, keyQuantity, refuse, scan } from '../deeds/ring-up';
import type { Till } from '../deeds/till';
import { GS, type Told, Wedge } from './scanner';
import { onUsKeyboard } from './us-keyboard';

/** A code that comes key by key where nothing takes it in is still a code when Enter follows; not one after this pause. */
const FORGOTTEN = 2_000;
const SHORTEST = 4;
/** Letters and digits of one code without its end: no amount and no article number is as long. */
const LONG = 8;

const PRESSED_TYPES = new Set(['checkbox', 'radio', 'file', 'button', 'submit']);
const TEXT_TYPES = new Set(['text', 'search', 'password', 'tel', 'url', 'email', 'number']);

export function listenToKeys(till: Till): () => void {
  const keyboard = new Keyboard(till);
  const down = (event: KeyboardEvent) => keyboard.down(event);
  const up = (event: KeyboardEvent) => keyboard.up(event);
  const touched = () => keyboard.touched();
  const clicked = () => keyboard.clicked();
  const changed = (event: Event) => keyboard.changed(event);
  addEventListener('keydown', down, { capture: true });
  addEventListener('keyup', up, { capture: true });
  addEventListener('pointerdown', touched, { capture: true });
  addEventListener('click', clicked, { capture: true });
  addEventListener('input', changed, { capture: true });
  return () => {
    keyboard.stop();
    removeEventListener('keydown', down, { capture: true });
    removeEventListener('keyup', up, { capture: true });
    removeEventListener('pointerdown', touched, { capture: true });
    removeEventListener('click', clicked, { capture: true });
    removeEventListener('input', changed, { capture: true });
  };
}

class Keyboard {
  private readonly wedge = new Wedge();
  private readonly taken = new Set<string>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private altDigits = '';
  private before = '';
  private nowhere = { text: '', at: 0 };

  constructor(private readonly till: Till) {}

  stop(): void {
    clearTimeout(this.timer);
  }

  /** Whatever was keyed before a tap counts before it. */
  touched(): void {
    this.heed(this.wedge.interrupt());
  }

  /** The word about a stray code goes when the tap is over: while it lasts, no button may move away under the finger. */
  clicked(): void {
    this.till.stray.value = false;
  }

  /** A field was filled in some other way than by a key that was held. */
  changed(event: Event): void {
    if (hasOwnKeys(event.target as Element)) return;
    if (event.isTrusted || !this.wedge.text) this.heed(this.wedge.interrupt());
  }

  down(event: KeyboardEvent): void {
    if (event.isComposing || isModifier(event.key)) return;
    if (this.isAltDigit(event)) return take(event);
    if (hasOwnKeys(document.activeElement)) return this.inOwnField(event, document.activeElement);
    const key = this.scannerKey(event);
    if (key === null) {
      this.heed(this.wedge.settle());
      return this.typed(event);
    }
    const told = this.wedge.press(key, event.timeStamp, onUsKeyboard({ key, code: event.code, shiftKey: event.shiftKey }));
    this.heed(told);
    if (!told.taken) return this.typed(event, told.burst);
    this.taken.add(event.code);
    take(event);
  }

  /** A date takes its keys from the browser only: it gets them, and its value back when they were a scanner's. */
  private inOwnField(event: KeyboardEvent, field: HTMLInputElement): void {
    if (!this.wedge.text) this.before = field.value;
    const key = this.scannerKey(event);
    const told = key === null ? this.wedge.settle() : this.wedge.press(key, event.timeStamp);
    if (!told.code) return;
    if (key === 'Enter' || key === 'Tab') take(event);
    field.value = this.before;
    field.dispatchEvent(new Event('input', { bubbles: true }));
    heard(this.till, told.code);
  }

  /** A button is pressed when Space is let go: also that must not be seen. */
  up(event: KeyboardEvent): void {
    if (event.key === 'Alt' && this.altDigits) {
      this.heed(this.wedge.press(String.fromCharCode(Number(this.altDigits)), event.timeStamp));
      this.altDigits = '';
    }
    if (this.taken.delete(event.code)) take(event);
  }

  private heed(told: Told): void {
    for (const key of told.typed) this.play(key);
    if (told.code) heard(this.till, told.code);
    this.till.incoming.value = this.wedge.text;
    clearTimeout(this.timer);
    if (this.wedge.text) this.timer = setTimeout(() => this.settle(), this.wedge.patience);
  }

  private settle(): void {
    // A machine that was busy has the next key of the scanner lying here.
    const { scheduling } = navigator as { scheduling?: { isInputPending?: () => boolean } };
    if (scheduling?.isInputPending?.()) this.timer = setTimeout(() => this.settle(), 10);
    else this.heed(this.wedge.settle());
  }

  /** One character, Enter or Tab as scanners send them; null for what only a person presses. */
  private scannerKey(event: KeyboardEvent): string | null {
    const { key } = event;
    const pending = this.wedge.text !== '';
    if (event.repeat) return null;
    if (event.ctrlKey && !event.getModifierState('AltGraph')) {
      // How wedges send what has no key of its own.
      if (key === ']') return GS;
      return pending ? ({ j: 'Enter', m: 'Enter', i: 'Tab' }[key.toLowerCase()] ?? null) : null;
    }
    if (event.metaKey || (event.altKey && !event.getModifierState('AltGraph'))) return null;
    if (key === 'F8' && pending) return GS;
    if (key === ' ' && !pending && !isPressable(document.activeElement) && !textField()) return null;
    return key.length === 1 || key === 'Enter' || (key === 'Tab' && !event.shiftKey) ? key : null;
  }

  /** Alt and 0, 2, 9 on the number pad: a sign by its number. */
  private isAltDigit(event: KeyboardEvent): boolean {
    const digit = /^Numpad([0-9])$/.exec(event.code)?.[1];
    if (!event.altKey || !digit || !this.wedge.text) return false;
    this.altDigits += digit;
    return true;
  }

  /** A person's key that was held: what the browser would have done with it is done here. */
  private play(key: string): void {
    const field = textField();
    if (field) return insert(field, key);
    const target = document.activeElement;
    if (key === ' ' && isPressable(target)) return target.click();
    this.act(key, target);
  }

  /** A person's key that nobody held. */
  private typed(event: KeyboardEvent, burst = ''): void {
    if (event.key !== 'Enter') this.till.stray.value = false;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (textField() ? this.isNoAnswer(burst) : this.act(event.key, document.activeElement, burst)) take(event);
  }

  /** A scanner's end must not send off what its few digits have put into the field of a question. */
  private isNoAnswer(burst: string): boolean {
    if (!burst || !this.till.question.value) return false;
    stray(this.till);
    return true;
  }

  private act(key: string, target: Element | null, burst = ''): boolean {
    const { till } = this;
    const screen = till.screen.value;
    if (!isForSelling(till) || till.sheet.value) return this.note(key, burst);
    this.nowhere.text = '';
    if (screen === 'RECEIPT') return /^[0-9]$/.test(key) && (newSale(till), keyDigits(till, key), true);
    return handled(till, key, target, burst);
  }

  /** Keys that mean nothing here, kept for a moment: a slow scanner's code must not end by pressing a button. */
  private note(key: string, burst: string): boolean {
    const now = performance.now();
    if (now - this.nowhere.at > FORGOTTEN) this.nowhere.text = '';
    const { text } = this.nowhere;
    this.nowhere = { text: key.length === 1 ? text + key : '', at: now };
    if (key !== 'Enter' || (text.length < SHORTEST && !burst)) return false;
    stray(this.till);
    return true;
  }
}

function take(event: Event): void {
  event.preventDefault();
  event.stopImmediatePropagation();
}

function isModifier(key: string): boolean {
  return ['Shift', 'Control', 'Alt', 'AltGraph', 'Meta', 'CapsLock', 'NumLock', 'Process', 'Unidentified', 'Dead'].includes(key);
}

function textField(): HTMLInputElement | null {
  const { activeElement } = document;
  return activeElement instanceof HTMLInputElement && TEXT_TYPES.has(activeElement.type) ? activeElement : null;
}

/** What Space presses. */
function isPressable(element: Element | null): element is HTMLElement {
  return element instanceof HTMLButtonElement || (element instanceof HTMLInputElement && PRESSED_TYPES.has(element.type));
}

function hasOwnKeys(element: Element | null): element is HTMLInputElement {
  return element instanceof HTMLInputElement && !TEXT_TYPES.has(element.type) && !PRESSED_TYPES.has(element.type);
}

function insert(field: HTMLInputElement, text: string): void {
  const start = field.selectionStart ?? field.value.length;
  const end = field.selectionEnd ?? start;
  if (field.maxLength >= 0 && field.value.length - (end - start) + text.length > field.maxLength) return;
  field.setRangeText(text, start, end, 'end');
  field.dispatchEvent(new InputEvent('input', { bubbles: true, data: text, inputType: 'insertText' }));
}

function newSale(till: Till): void {
  till.receipt.value = null;
  till.screen.value = 'SALE';
}

function handled(till: Till, key: string, target: Element | null, burst: string): boolean {
  const isBurst = burst !== '' && burst === till.entry.value;
  if (/^[0-9]$/.test(key)) keyDigits(till, key);
  else if (key === ',' || key === '.') keyDigits(till, ',');
  else if (/^[A-Za-z-]$/.test(key) && (till.entry.value || !/[cx]/i.test(key))) keyDigits(till, key);
  else if (key === 'Escape' || key === 'c' || key === 'C') clear(till);
  else if (key === 'Backspace') eraseDigit(till);
  else if (key === '*' || key === 'x') keyQuantity(till);
  else if (key === 'Enter' || (key === 'Tab' && isBurst)) return entered(till, target, isBurst);
  else if (key === 'Tab' && till.entry.value.length >= LONG) scan(till, till.entry.value);
  else return false;
  return true;
}

function readMoney(till: Till): number | null {
  const { locale } = textsOf(till.settings.value.language);
  return formatsOf(locale, till.device.value?.enrolment.currency ?? 'DKK').readMoney(till.entry.value);
}

/** Enter adds what was keyed; on a focused button it presses that button, as everywhere. */
function entered(till: Till, target: Element | null, isBurst: boolean): boolean {
  const selling = till.screen.value === 'SALE';
  if (!till.entry.value) {
    if (target instanceof HTMLButtonElement) return false;
    if (selling) goToPay(till);
    else refuse(till);
    return true;
  }
  if (selling) scan(till, till.entry.value);
  else payKeyed(till, readMoney(till), isBurst);
  return true;
}
