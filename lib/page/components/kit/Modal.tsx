/** A modal on the browser's own <dialog>, which holds the focus and gives it back. */
import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { Icon } from "./Icon.tsx";

interface ModalProps {
  title: string;
  class: string;
  onClose: () => void;
  children: ComponentChildren;
}

export function Modal({ title, class: name, onClose, children }: ModalProps) {
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  // Before the next key: it belongs to what is in the dialog, not to what was there before.
  useLayoutEffect(() => {
    dialog.current?.showModal();
  }, []);

  return (
    <dialog
      ref={dialog}
      class={`modal ${name}`}
      aria-labelledby={id}
      onClose={onClose}
      onKeyDown={(event) => {
        // It closes the dialog alone, and nothing that lies below.
        if (event.key === "Escape") event.stopPropagation();
      }}
      onClick={(event) => {
        // The dialog's own box is filled by its content: a click on the element itself is beside it.
        if (event.target === event.currentTarget) dialog.current?.close();
      }}
    >
      <div class="modal-body">
        <div class="panel-head">
          <h2 id={id}>{title}</h2>
          <button
            type="button"
            class="icon-button"
            aria-label="Close"
            onClick={() => dialog.current?.close()}
          >
            <Icon name="close" />
          </button>
        </div>
        {children}
      </div>
    </dialog>
  );
}
