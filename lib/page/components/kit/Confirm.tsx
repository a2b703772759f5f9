/** Asks before something that cannot be undone, and names what it is done to. */
import { Modal } from "./Modal.tsx";

interface ConfirmProps {
  title: string;
  text: string;
  action: string;
  onConfirm: () => void;
  onClose: () => void;
}

export function Confirm({ title, text, action, onConfirm, onClose }: ConfirmProps) {
  return (
    <Modal title={title} class="modal-center" onClose={onClose}>
      <div class="confirm">
        <p>{text}</p>
        <div class="confirm-actions">
          <button type="button" class="button" onClick={onClose}>Cancel</button>
          <button
            type="button"
            class="button button-danger"
            onClick={() => {
              onConfirm();
              onClose();
            }}
          >
            {action}
          </button>
        </div>
      </div>
    </Modal>
  );
}
