import { useTexts } from './context';

export interface KeypadProps {
  onDigits: (digits: string) => void;
  onClear: () => void;
  onErase: () => void;
  onEnter: () => void;
  /** `×`; where quantities make no sense the place stays empty, so that no key moves. */
  onTimes?: () => void;
  enterLabel?: string;
}

const ROWS = [
  ['7', '8', '9'],
  ['4', '5', '6'],
  ['1', '2', '3'],
  ['0', '00', ','],
] as const;

export function Keypad({ onDigits, onClear, onErase, onEnter, onTimes, enterLabel }: KeypadProps) {
  const t = useTexts();
  const acts = [
    { label: t.clear, face: 'C', act: onClear, kind: 'key-clear' },
    { label: t.erase, face: '⌫', act: onErase, kind: 'key-side' },
    onTimes ? { label: t.times, face: '×', act: onTimes, kind: 'key-side' } : null,
    { label: enterLabel ?? t.add, face: '↵', act: onEnter, kind: 'key-enter' },
  ];
  return (
    <div class="keypad" role="group" aria-label={t.keypad}>
      {ROWS.map((row, place) => {
        const act = acts[place];
        return [
          ...row.map((digits) => (
            <button type="button" key={digits} class="key" onClick={() => onDigits(digits)}>
              {digits}
            </button>
          )),
          act ? (
            <button type="button" key={act.face} class={`key ${act.kind}`} aria-label={act.label} onClick={act.act}>
              {act.face}
            </button>
          ) : (
            <span key="none" />
          ),
        ];
      })}
    </div>
  );
}
