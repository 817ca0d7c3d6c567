import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';

/** A second tap of the same touch must not press the button that took the first one's place. */
const SETTLE = 350;

/** The one big button, always in the same place. */
export function MainButton({ onPress, disabled = false, children }: { onPress: () => void; disabled?: boolean; children: ComponentChildren }) {
  const born = useRef(performance.now());
  const press = () => {
    if (performance.now() - born.current >= SETTLE) onPress();
  };
  return (
    <button type="button" class="main" data-testid="main" disabled={disabled} onClick={press}>
      {children}
    </button>
  );
}
