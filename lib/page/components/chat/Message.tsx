/** One message: ours at the end of the line, with what became of it; the others' at its start, with who said it. */
import { Component } from "preact";
import { clockTime, isoTime } from "../../../sdk/view/times.ts";
import type { ShownMessage } from "../../state/thread.ts";
import type { MessageRow } from "../../state/timeline.ts";
import { elsewhereOf } from "../files/elsewhere.ts";
import { FileRow, SendingFileRow } from "../files/FileRow.tsx";
import { Photo } from "../files/Photo.tsx";
import { isPhoto } from "../files/use_gallery.tsx";
import { Avatar } from "../kit/Avatar.tsx";
import { Icon } from "../kit/Icon.tsx";
import { Name } from "../kit/Name.tsx";
import type { MessageActions } from "./actions.ts";
import { Delivery } from "./Delivery.tsx";
import { Failure } from "./Failure.tsx";
import { MessageText } from "./MessageText.tsx";
import { MessageTools } from "./MessageTools.tsx";
import { Quote } from "./Quote.tsx";
import { Reactions } from "./Reactions.tsx";

interface MessageProps {
  row: MessageRow;
  actions: MessageActions;
  isActive: boolean;
  isFound: boolean;
}

interface MessageState {
  isHovered: boolean;
  /** A menu of the tools is open: they stay. */
  isHeld: boolean;
}

/** The tools come after so long: rows that pass under the pointer while one scrolls get none. */
const HOVER_PAUSE_MS = 60;

export class Message extends Component<MessageProps, MessageState> {
  override state = { isHovered: false, isHeld: false };
  #hovering: number | undefined;

  override componentWillUnmount(): void {
    clearTimeout(this.#hovering);
  }

  render({ row, actions, isActive, isFound }: MessageProps, { isHovered, isHeld }: MessageState) {
    const { message, isOwn, isFirst, isLast } = row;
    const { userId, name, kind, delivery } = message;
    const hasTools = (isActive || isHovered || isHeld) && delivery !== "failed" &&
      message.isDeleted !== true && actions.reply !== undefined && message.id > 0;
    return (
      <article
        class={classOf(row, isFound)}
        data-row={row.key}
        data-testid="message"
        data-delivery={delivery}
        tabIndex={isActive ? 0 : -1}
        onPointerEnter={({ pointerType }) => {
          if (pointerType !== "mouse") return;
          clearTimeout(this.#hovering);
          this.#hovering = setTimeout(() => this.setState({ isHovered: true }), HOVER_PAUSE_MS);
        }}
        onPointerLeave={() => {
          clearTimeout(this.#hovering);
          if (this.state.isHovered) this.setState({ isHovered: false });
        }}
        onKeyDown={(event) => onKey(event, row, actions)}
      >
        {!isOwn && actions.isGroup &&
          (isLast ? <Avatar userId={userId} name={name} /> : <span class="avatar-space" />)}
        <div class="message-body">
          <div class={`bubble bubble-${delivery} bubble-kind-${kind}`} dir="auto">
            <p
              class={isFirst && !isOwn && actions.isGroup ? "message-head" : "visually-hidden"}
              dir="auto"
            >
              <span class="message-name">{isOwn ? "You" : <Name>{name}</Name>}</span>
            </p>
            {message.quote !== undefined && message.isDeleted !== true &&
              <Quote quote={message.quote} actions={actions} isStop={isActive} />}
            <Content row={row} actions={actions} isStop={isActive} />
            <span class="meta">
              {message.isEdited && message.isDeleted !== true && <span>edited ·</span>}
              <time dateTime={isoTime(message.timestamp)} dir="auto">
                {clockTime(message.timestamp)}
              </time>
              {isOwn && <Delivery message={message} isOnline={actions.isOnline} />}
            </span>
            {(message.reactions?.length ?? 0) > 0 &&
              <Reactions message={message} actions={actions} isStop={isActive} />}
          </div>
          {delivery === "failed" && <Failure message={message} actions={actions} />}
          {hasTools && (
            <MessageTools
              message={message}
              isOwn={isOwn}
              actions={actions}
              onHold={(isHeld) => this.setState({ isHeld })}
            />
          )}
        </div>
      </article>
    );
  }
}

function Content(
  { row: { message }, actions, isStop }: {
    row: MessageRow;
    actions: MessageActions;
    isStop: boolean;
  },
) {
  if (message.isDeleted) {
    return (
      <span class="bubble-text bubble-deleted">
        <Icon name="block" small /> Message deleted
      </span>
    );
  }
  return (
    <>
      <Attached {...{ message, actions, isStop }} />
      {message.text !== "" && <MessageText {...{ message, actions, isStop }} />}
    </>
  );
}

interface AttachedProps {
  message: ShownMessage;
  actions: MessageActions;
  isStop: boolean;
}

function Attached({ message, actions, isStop }: AttachedProps) {
  const { kind, file, delivery } = message;
  if (kind !== "image" && kind !== "file") return null;
  if (file === undefined) { // it was sent when messages had no files
    return (
      <span class="attachment">
        <Icon name={kind} /> {kind === "image" ? "Photo" : "File"}
      </span>
    );
  }
  const isSent = delivery !== "pending" && delivery !== "failed";
  if (elsewhereOf(file) !== undefined) return <FileRow file={file} isStop={isStop} />;
  if (kind === "image" && (isSent || file.id !== "" || file.blob !== undefined)) {
    return <Photo {...{ message, actions, isStop }} />;
  }
  return isSent
    ? <FileRow file={file} isStop={isStop} />
    : <SendingFileRow {...{ message, actions, isStop }} />;
}

function classOf({ isOwn, isFirst, isLast, message }: MessageRow, isFound: boolean): string {
  const is = (condition: boolean | undefined, name: string) => condition ? ` ${name}` : "";
  return `message ${isOwn ? "message-own" : "message-other"}${is(isFirst, "message-first")}` +
    `${is(isLast, "message-last")}${is(isFound, "message-found")}` +
    is(message.isDeleted, "message-deleted");
}

/** Keys on the message itself, not on what is in it. */
function onKey(
  event: KeyboardEvent,
  { message, isOwn }: MessageRow,
  actions: MessageActions,
): void {
  if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) {
    return;
  }
  if (event.key === "Enter" && isPhoto(message)) {
    event.preventDefault();
    return actions.openPhoto?.(message);
  }
  if (message.isDeleted || message.id === 0 || !actions.hasKeys()) return;
  if (event.key === "r" && actions.reply !== undefined) actions.reply(message);
  else if (event.key === "e" && isOwn && actions.edit !== undefined) actions.edit(message);
  else return;
  event.preventDefault();
}
