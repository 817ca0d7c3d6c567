import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';

/** The second tap of a double tap must not press the button that took the first one's place. */
const SETTLE = 400;

/** The one big button, always in the same place. */
export function MainButton({
  onPress,
  disabled = false,
  children,
}: {
  onPress: () => void;
  disabled?: boolean;
  children: ComponentChildren;
}) {
  const born = useRef(performance.now());
  const press = (event: MouseEvent) => {
    if (event.detail > 1 && performance.now() - born.current < SETTLE) return;
    onPress();
  };
  return (
    <button type="button" class="main" data-testid="main" disabled={disabled} onClick={press}>
      {children}
    </button>
  );
}
