/** What a dead letter says, and why it was not taken. */
import { Modal } from "../../../page/components/kit/Modal.tsx";
import type { DeadLetter } from "../../api/shapes.ts";
import { fully } from "../../state/format.ts";

export function LookInside({ letter, onClose }: { letter: DeadLetter; onClose: () => void }) {
  const { id, reason, at, payload } = letter;
  const text = typeof payload === "string" ? payload : JSON.stringify(payload, null, 2);
  return (
    <Modal title={id} class="modal-center modal-large" onClose={onClose}>
      <div class="confirm">
        <p>{reason}</p>
        <p class="muted">{fully(at)}</p>
        <pre class="code-block" tabIndex={0}>{text}</pre>
      </div>
    </Modal>
  );
}
