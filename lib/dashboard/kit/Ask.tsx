/** Asks before something is done, and names what it is done to; stays open with the reason where the server says no. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { Modal } from "../../page/components/kit/Modal.tsx";
import { reasonOf } from "../api/api.ts";

interface AskProps {
  title: string;
  action: string;
  isDangerous?: boolean;
  /** May be done right now. @default true */
  isReady?: boolean;
  children: ComponentChildren;
  /** Does it. Where it rejects, the reason is shown. */
  onConfirm: () => Promise<unknown>;
  onClose: () => void;
}

export function Ask(props: AskProps) {
  const { title, action, isDangerous = false, isReady = true, children, onConfirm, onClose } =
    props;
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<string | undefined>();
  const confirm = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await onConfirm();
      onClose();
    } catch (error) {
      setError(reasonOf(error));
      setBusy(false);
    }
  };
  return (
    <Modal title={title} class="modal-center" onClose={onClose}>
      <form
        class="confirm"
        onSubmit={(event) => {
          event.preventDefault();
          void confirm();
        }}
      >
        {children}
        {error !== undefined && <p class="field-problem" role="alert">{error}</p>}
        <div class="confirm-actions">
          <button type="button" class="button" onClick={onClose}>Cancel</button>
          <button
            type="submit"
            class={isDangerous ? "button button-danger" : "button button-primary"}
            disabled={isBusy || !isReady}
          >
            {action}
          </button>
        </div>
      </form>
    </Modal>
  );
}
