/** The head of a conversation: who it is with, whether they are there, and the ways to search it and to see its details. */
import type { ConversationInfo } from "../../../sdk/mod.ts";
import type { Identity } from "../../session/identity.ts";
import { isMuted, typingSentence } from "../../state/chats.ts";
import type { State } from "../../state/store.ts";
import type { Thread } from "../../state/thread.ts";
import { lastSeen } from "../../../sdk/view/times.ts";
import { shownName } from "../../../sdk/view/text.ts";
import { Avatar, SignAvatar } from "../kit/Avatar.tsx";
import { Icon } from "../kit/Icon.tsx";
import { Name } from "../kit/Name.tsx";
import { DetailsButton } from "./DetailsButton.tsx";

interface ConversationHeadProps {
  info: ConversationInfo | undefined;
  thread: Thread | null;
  state: State;
  me: Identity;
  onSearch: () => void;
}

export function ConversationHead({ info, thread, state, me, onSearch }: ConversationHeadProps) {
  const label = `Search in ${shownName(info?.name ?? "")}`;
  return (
    <header class="conversation-head">
      <a class="icon-button back-button" href="#/" aria-label="Back to the chats">
        <Icon name="back" />
      </a>
      <HeadAvatar info={info} state={state} />
      <div class="conversation-title">
        <h2 tabIndex={-1} id="conversation-name">
          <span class="cut" title={shownName(info?.name ?? "")}>
            {info === undefined
              ? <span class="skeleton skeleton-title" />
              : <Name>{info.name}</Name>}
          </span>
          {info?.pinned && <Icon name="pin" small />}
          {info !== undefined && isMuted(info) && <Icon name="mute" small />}
        </h2>
        <p class="conversation-sub">{subOf(info, thread, state, me)}</p>
      </div>
      {info?.kind === "group" && <Stack thread={thread} count={info.membersCount} me={me} />}
      <button type="button" class="icon-button" aria-label={label} title={label} onClick={onSearch}>
        <Icon name="search" />
      </button>
      <DetailsButton place={state.place} />
    </header>
  );
}

function HeadAvatar({ info, state }: Pick<ConversationHeadProps, "info" | "state">) {
  if (info === undefined) return <span class="skeleton skeleton-avatar" />;
  if (info.kind === "group") return <SignAvatar icon="people" picture={info.picture} />;
  const userId = info.with?.userId ?? "";
  const status = state.presences.get(userId)?.status;
  return <Avatar userId={userId} name={info.name} picture={info.picture} status={status} />;
}

function subOf(
  info: ConversationInfo | undefined,
  thread: Thread | null,
  { presences, connection }: State,
  me: Identity,
) {
  if (info === undefined) return null;
  if (connection.kind === "waiting" || connection.kind === "stopped") return "You are offline";
  const typing = typingSentence(
    (thread?.typing ?? []).map(({ userId, name }) => ({ userId, name: shownName(name) })),
    info.kind === "private",
  );
  if (typing !== "") return <span class="sub-typing">{typing}</span>;
  if (info.kind === "private") {
    const { status, lastSeen: seen } = presences.get(info.with?.userId ?? "") ?? {};
    if (status === "online") return <b class="sub-online">Online</b>;
    if (status === "away") return "Away";
    return seen === undefined ? "Private conversation" : lastSeen(seen);
  }
  const members = thread?.members ?? [];
  const online =
    members.filter(({ userId }) =>
      userId === me.user_id || presences.get(userId)?.status === "online"
    ).length;
  if (info.membersCount === 1) return "Only you, for now";
  const isAllKnown = thread !== null && !thread.hasMoreMembers && members.length > 0;
  return isAllKnown
    ? (
      <span dir="auto">
        <b class="sub-online">{online} online</b> of {info.membersCount}
      </span>
    )
    : `${info.membersCount} members`;
}

/** The first members, and how many more there are. */
function Stack(
  { thread, count, me }: { thread: Thread | null; count: number; me: Identity },
) {
  const others = (thread?.members ?? []).filter(({ userId }) => userId !== me.user_id);
  const shown = others.slice(0, 3);
  if (shown.length === 0) return null;
  const more = count - shown.length - 1;
  return (
    <span class="stack" aria-hidden="true">
      {shown.map(({ userId, name }) => (
        <Avatar key={userId} userId={userId} name={name} size="small" />
      ))}
      {more > 0 && <span class="avatar avatar-small avatar-more">+{more}</span>}
    </span>
  );
}
