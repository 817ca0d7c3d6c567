import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { StrayCode } from './StrayCode';

/** A question or a list above the screen. The browser's own dialog keeps the focus inside and Escape working. */
export function Sheet({
  label,
  onClose,
  children,
  hasField = false,
}: {
  label: string;
  onClose: () => void;
  children: ComponentChildren;
  hasField?: boolean;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      class="sheet"
      aria-label={label}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      {/* Not on a button: a scanner's Enter must not answer a question. */}
      <h2 tabIndex={-1} autofocus={!hasField}>
        {label}
      </h2>
      <StrayCode />
      {children}
    </dialog>
  );
}
