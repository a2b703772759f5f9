/** What a notification says: its title, which leads to where it belongs, who sent it, its words, and how far it is. */
import type { ComponentChildren } from "preact";
import type { Notification } from "../../../sdk/mod.ts";
import { isNamesAlone } from "../../../sdk/view/lines.ts";
import { linkTo } from "../../../sdk/view/links.ts";
import { userRoom } from "../../session/identity.ts";
import { isUrgent } from "../../../sdk/view/toasts.ts";
import { isoTime, listTime, shortTime } from "../../../sdk/view/times.ts";
import { shownText } from "../../../sdk/view/text.ts";
import { Name } from "../kit/Name.tsx";
import { Markdown } from "./Markdown.tsx";

interface NotificationTextProps {
  notification: Notification;
  userId: string;
  /** It was unread when the list was opened. */
  isFresh: boolean;
  /** What people call its kind. */
  kind: string | undefined;
  /** Shows the room that it is about, where that is open. */
  onChosen: (() => void) | undefined;
}

export function NotificationText(
  { notification, userId, isFresh, kind, onChosen }: NotificationTextProps,
) {
  const { name, room, timestamp, tags = [], details = {} } = notification;
  const { title, markdown, progress } = details;
  const text = isNamesAlone(notification) ? "" : shownText(notification);
  return (
    <>
      <h3 class="notification-head">
        {isUrgent(notification) && <span class="visually-hidden">Urgent:</span>}
        <Title url={details.url} onChosen={onChosen}>
          <Name>{title ?? name}</Name>
        </Title>
        {isFresh && <span class="visually-hidden">, new,</span>}
        <time class="time" dateTime={isoTime(timestamp)} title={shortTime(timestamp)}>
          {listTime(timestamp)}
        </time>
      </h3>
      {(title !== undefined || markdown !== true && text !== "") && (
        <p class="notification-message">
          {title !== undefined && (
            <b class="notification-name">
              <Name>{name}</Name>
            </b>
          )}
          {title !== undefined && markdown !== true && text !== "" && " · "}
          {markdown !== true && <bdi>{text}</bdi>}
        </p>
      )}
      {markdown === true && <Markdown text={text} />}
      {progress !== undefined && <Progress percent={progress} />}
      <p class="notification-about">
        {room !== userRoom(userId) && <Name>{room}</Name>}
        {kind !== undefined && <span class="tag">{kind}</span>}
        {tags.map((tag) => (
          <span key={tag} class="tag">
            <Name>{tag}</Name>
          </span>
        ))}
      </p>
    </>
  );
}

interface TitleProps {
  url: string | undefined;
  onChosen: (() => void) | undefined;
  children: ComponentChildren;
}

/** What opens it lies over all of the notification, and under its own buttons and links. */
function Title({ url, onChosen, children }: TitleProps) {
  const link = linkTo(url);
  if (link !== undefined) return <a class="notification-open" {...link}>{children}</a>;
  if (onChosen === undefined) return <span class="notification-title">{children}</span>;
  return <button type="button" class="notification-open" onClick={onChosen}>{children}</button>;
}

function Progress({ percent }: { percent: number }) {
  return (
    <p class="notification-progress">
      <progress max={100} value={percent} aria-label="Progress" />
      <span aria-hidden="true">{percent} %</span>
    </p>
  );
}
