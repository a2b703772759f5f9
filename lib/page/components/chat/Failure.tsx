/** Why a message was not sent, whole, and what can be done about it. */
import type { ShownMessage } from "../../state/thread.ts";
import { Icon } from "../kit/Icon.tsx";
import type { MessageActions } from "./actions.ts";

export function Failure({ message, actions }: { message: ShownMessage; actions: MessageActions }) {
  return (
    <div class="failure">
      <p>
        <Icon name="alert" small /> Not sent: {message.failure}
      </p>
      {!message.isLost && (
        <button
          type="button"
          class="link-button"
          onClick={() => actions.retry(message)}
        >
          Retry
        </button>
      )}
      {(!message.isLost || message.text !== "") && (
        <button
          type="button"
          class="link-button"
          onClick={() => actions.rewrite(message)}
        >
          Edit
        </button>
      )}
      <button type="button" class="link-button" onClick={() => actions.discard(message)}>
        Delete
      </button>
    </div>
  );
}
