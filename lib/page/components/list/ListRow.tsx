/** One conversation or room of the list: who it is with, the last words there, and what is unread. */
import { Component } from "preact";
import type { UserPresence } from "../../../sdk/mod.ts";
import { type Draft, draftWords } from "../../state/drafts.ts";
import type { Entry } from "../../state/listing.ts";
import { formatPlace } from "../../state/place.ts";
import { Avatar, SignAvatar } from "../kit/Avatar.tsx";
import { Count } from "../kit/Count.tsx";
import { Icon } from "../kit/Icon.tsx";
import { Name } from "../kit/Name.tsx";
import { isoTime, listTime } from "../../../sdk/view/times.ts";
import { shownName } from "../../../sdk/view/text.ts";
import { LastWords } from "./LastWords.tsx";
import { RowMenu } from "./RowMenu.tsx";
import { summaryOf } from "./summary.ts";

interface ListRowProps {
  entry: Entry;
  isCurrent: boolean;
  /** It is where Tab stops in the list. */
  isStop: boolean;
  presence: UserPresence["status"] | undefined;
  draft: Draft | undefined;
  me: string;
}

/** It is a class for `shouldComponentUpdate`: what happens in one conversation must not draw all others again. */
export class ListRow extends Component<ListRowProps> {
  override shouldComponentUpdate(next: ListRowProps): boolean {
    const { entry, isCurrent, isStop, presence, draft } = this.props;
    return isOther(entry, next.entry) || next.isCurrent !== isCurrent || next.isStop !== isStop ||
      next.presence !== presence || next.draft !== draft;
  }

  render({ entry, isCurrent, isStop, presence, draft, me }: ListRowProps) {
    const shown = summaryOf(entry, me);
    const { name, unread, mentions, isMuted, isPinned, timestamp } = shown;
    const words = draftWords(draft);
    const isNew = unread > 0 && !isMuted;
    return (
      <li class="list-item">
        <a
          class={isNew ? "row row-new" : "row"}
          href={addressOf(entry)}
          aria-current={isCurrent ? "page" : undefined}
          tabIndex={isStop ? 0 : -1}
          data-list-row={entry.key}
          data-testid="row"
          title={shownName(name)}
        >
          <RowAvatar entry={entry} presence={presence} />
          <span class="row-name">
            <span class="row-name-text">
              <Name>{name}</Name>
            </span>
            {presence !== undefined && presence !== "offline" && (
              <span class="visually-hidden">, {presence}</span>
            )}
            {isMuted && (
              <>
                <Icon name="mute" small />
                <span class="visually-hidden">, muted</span>
              </>
            )}
            {isPinned && <span class="visually-hidden">, pinned</span>}
          </span>
          {timestamp === undefined
            ? <span class="row-time" />
            : <time class="row-time" dateTime={isoTime(timestamp)}>{listTime(timestamp)}</time>}
          <LastWords shown={shown} draft={words} />
          <span class="row-end">
            {shown.isFailed && (
              <span class="row-failed" title="Not sent">
                <Icon name="alert" small />
                <span class="visually-hidden">A message was not sent</span>
              </span>
            )}
            {mentions > 0 && (
              <span class="count count-mention">
                <span aria-hidden="true">@</span>
                <span class="visually-hidden">You were mentioned</span>
              </span>
            )}
            {unread > 0 && (
              <span data-testid={entry.kind === "room" ? "tab-unread" : "row-unread"}>
                <Count count={unread} isQuiet={isMuted} />
              </span>
            )}
          </span>
        </a>
        <RowMenu entry={entry} />
      </li>
    );
  }
}

function RowAvatar({ entry, presence }: Pick<ListRowProps, "entry" | "presence">) {
  if (entry.kind === "room") return <SignAvatar icon="hash" size="list" />;
  const { kind, name, picture, with: other } = entry.info;
  if (kind === "group") return <SignAvatar icon="people" picture={picture} size="list" />;
  const userId = other?.userId ?? "";
  return <Avatar {...{ userId, name, picture }} size="list" status={presence} />;
}

function addressOf(entry: Entry): string {
  return formatPlace(
    entry.kind === "room"
      ? { kind: "room", room: entry.room.room }
      : { kind: "conversation", id: entry.info.id },
  );
}

function isOther(entry: Entry, next: Entry): boolean {
  if (entry.kind === "room" && next.kind === "room") return entry.room !== next.room;
  if (entry.kind === "conversation" && next.kind === "conversation") {
    return entry.info !== next.info;
  }
  return true;
}
