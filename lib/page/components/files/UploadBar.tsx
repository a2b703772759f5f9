/** How much of a file is sent, and the way to end that. */
import { fileName, percentOf, progressWords, sizeWords } from "../../file_words.ts";
import type { ShownMessage } from "../../state/thread.ts";
import type { MessageActions } from "../chat/actions.ts";
import { Icon } from "../kit/Icon.tsx";

/** What is said of a file that is on its way. */
export function uploadWords({ file, progress }: ShownMessage, isOnline: boolean): string {
  const bytes = progress?.bytes ?? file?.bytes ?? 0;
  const sent = progress?.sent ?? bytes;
  if (sent === 0) return `${sizeWords(bytes)} · ${isOnline ? "waiting" : "sent later"}`;
  return `${progressWords(sent, bytes)} · ${percentOf(sent, bytes)} %`;
}

export function UploadBar({ message }: { message: ShownMessage }) {
  const { file = { id: "" }, progress } = message;
  const bytes = progress?.bytes ?? file.bytes ?? 0;
  const percent = percentOf(progress?.sent ?? bytes, bytes);
  return (
    <span
      class="upload-bar"
      role="progressbar"
      aria-label={`Sending ${fileName(file)}`}
      aria-valuenow={percent}
      aria-valuemin={0}
      aria-valuemax={100}
    >
      <span class="upload-bar-done" style={{ transform: `scaleX(${percent / 100})` }} />
    </span>
  );
}

export function CancelButton(
  { message, actions, isStop }: {
    message: ShownMessage;
    actions: MessageActions;
    isStop: boolean;
  },
) {
  const name = fileName(message.file ?? {});
  return (
    <button
      type="button"
      class="icon-button upload-cancel"
      aria-label={`Cancel ${name}`}
      title="Cancel"
      tabIndex={isStop ? 0 : -1}
      onClick={() => actions.discard(message)}
    >
      <Icon name="close" />
    </button>
  );
}
