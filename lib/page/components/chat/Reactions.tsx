/** The reactions below a message: each says how many there are, and choosing one adds the own, or takes it back. */
import type { ShownMessage } from "../../state/thread.ts";
import type { MessageActions } from "./actions.ts";
import { emojiName } from "./emoji.ts";

interface ReactionsProps {
  message: ShownMessage;
  actions: MessageActions;
  isStop: boolean;
}

export function Reactions({ message, actions, isStop }: ReactionsProps) {
  return (
    <div class="reactions" role="group" aria-label="Reactions">
      {message.reactions?.map(({ emoji, count, isOwn }) => (
        <button
          key={emoji}
          type="button"
          class="reaction"
          aria-pressed={isOwn}
          aria-label={`${emojiName(emoji)}, ${count}${isOwn ? ", you reacted" : ""}`}
          title={whoReacted(message, emoji, actions)}
          tabIndex={isStop ? 0 : -1}
          onClick={() => actions.react?.(message, emoji, !isOwn)}
        >
          <span aria-hidden="true">{emoji}</span> {count}
        </button>
      ))}
    </div>
  );
}

function whoReacted(message: ShownMessage, emoji: string, actions: MessageActions): string {
  const reaction = message.source?.reactions.find((each) => each.emoji === emoji);
  const names = (reaction?.userIds ?? []).map((id) =>
    id === actions.me ? "You" : actions.nameOf(id)
  );
  return names.join(", ");
}
