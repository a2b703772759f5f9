/** One message: ours on the right, with what became of it; the others' on the left. */
import { Component } from "preact";
import { usePage } from "../../context.ts";
import { clockTime, isoTime, splitLinks } from "../../text.ts";
import type { MessageRow } from "../../state/timeline.ts";
import { Avatar } from "../kit/Avatar.tsx";
import { Icon } from "../kit/Icon.tsx";

interface MessageProps {
  row: MessageRow;
  isOnline: boolean;
}

/** It is a class for `shouldComponentUpdate`: one new message must not draw five hundred old ones again. */
export class Message extends Component<MessageProps> {
  override shouldComponentUpdate({ row: next, isOnline }: MessageProps): boolean {
    const { row } = this.props;
    if (next.delivery === "pending" && isOnline !== this.props.isOnline) return true;
    return row.message !== next.message || row.isFirst !== next.isFirst ||
      row.isOwn !== next.isOwn || row.delivery !== next.delivery || row.failure !== next.failure;
  }

  render({ row, isOnline }: MessageProps) {
    const { message, isOwn, isFirst, delivery } = row;
    const { userId, name, timestamp } = message;
    const side = isOwn ? "message-own" : "message-other";
    return (
      <article
        class={`message ${side} ${isFirst ? "message-first" : ""}`}
        data-testid="message"
        data-delivery={delivery}
      >
        {!isOwn && isFirst && <Avatar userId={userId} name={name} />}
        <div class="message-body">
          <p class={isFirst ? "message-head" : "visually-hidden"}>
            <span class="message-name">{isOwn ? "You" : <bdi>{name}</bdi>}</span>{" "}
            <time class="time" dateTime={isoTime(timestamp)}>{clockTime(timestamp)}</time>
          </p>
          <p class={`bubble bubble-${delivery}`} title={clockTime(timestamp)} dir="auto">
            <MessageText message={message.message} />
          </p>
          {delivery === "pending" && (
            <p class="delivery">
              <Icon name="clock" /> {isOnline ? "Sending…" : "Waiting to be sent"}
            </p>
          )}
          {delivery === "failed" && <Failure id={message.id} reason={row.failure} />}
        </div>
      </article>
    );
  }
}

function MessageText({ message }: { message: string }) {
  return (
    <>
      {splitLinks(message).map(({ text, href }, index) =>
        href === undefined
          ? text
          : <a key={index} href={href} target="_blank" rel="noopener noreferrer nofollow">{text}</a>
      )}
    </>
  );
}

function Failure({ id, reason }: { id: string; reason: string }) {
  const { session } = usePage();
  return (
    <div class="failure">
      <p>
        <Icon name="alert" /> Not sent: {reason}
      </p>
      <button
        type="button"
        class="button button-quiet button-small"
        onClick={() => session.retryMessage(id)}
      >
        Retry
      </button>
      <button
        type="button"
        class="button button-quiet button-small"
        onClick={() => session.discardMessage(id)}
      >
        Discard
      </button>
    </div>
  );
}
