import { useTexts, useTill } from './context';

/** The word to the beep: a code was scanned where none makes sense. It goes with the next key or touch. */
export function StrayCode() {
  const till = useTill();
  const t = useTexts();
  return (
    <p role="alert" class="stray" data-testid="stray">
      {till.stray.value ? `▲ ${t.strayCode}` : ''}
    </p>
  );
}
