/** The words of a message: links, code and names that are mentioned stand out; nothing of it is HTML. */
import type { ShownMessage } from "../../state/thread.ts";
import { splitText } from "../../text.ts";
import type { MessageActions } from "./actions.ts";

interface MessageTextProps {
  message: ShownMessage;
  actions: MessageActions;
  /** The message is where the keyboard is, so its links are stops of it. */
  isStop: boolean;
}

export function MessageText({ message, actions, isStop }: MessageTextProps) {
  const mentioned = message.source?.mentions ?? [];
  const names = mentioned.map((userId) => actions.nameOf(userId));
  return (
    <span class={isEmoji(message.text) ? "bubble-text bubble-emoji" : "bubble-text"}>
      {splitText(message.text, names).map(({ text, kind }, index) => {
        if (kind === "code") return <code key={index} dir="ltr">{text}</code>;
        if (kind === "mention") {
          const isMe = mentioned.includes(actions.me) && text === `@${actions.nameOf(actions.me)}`;
          return <bdi key={index} class={isMe ? "mention mention-me" : "mention"}>{text}</bdi>;
        }
        if (kind === "text") return text;
        return (
          <a
            key={index}
            href={text}
            target="_blank"
            rel="noopener noreferrer nofollow"
            tabIndex={isStop ? 0 : -1}
          >
            {text}
          </a>
        );
      })}
    </span>
  );
}

const EMOJI_ALONE =
  /^(?:\p{Extended_Pictographic}(?:\p{Emoji_Modifier}|\ufe0f|\u200d\p{Extended_Pictographic})*\s*){1,3}$/u;

/** One to three emoji and nothing else are drawn larger. */
function isEmoji(text: string): boolean {
  return text.length <= 32 && EMOJI_ALONE.test(text);
}
