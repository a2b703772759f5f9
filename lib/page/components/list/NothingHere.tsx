/** A list with nothing in it: why, and what can be done. */
import type { Identity } from "../../session/identity.ts";
import type { Filter } from "../../state/listing.ts";
import type { State } from "../../state/store.ts";
import { Icon, type IconName } from "../kit/Icon.tsx";

const WORDS: Record<Filter, { icon: IconName; title: string; text: string }> = {
  all: {
    icon: "chat",
    title: "No conversations yet",
    text: "Write to somebody, make a group, or join a room: the buttons above do it.",
  },
  unread: { icon: "check", title: "You are all caught up", text: "Nothing is unread." },
  mentions: {
    icon: "person",
    title: "No mentions",
    text: "Nobody has named you in what is unread.",
  },
  rooms: { icon: "hash", title: "No room is open", text: "The # above joins one." },
};

/** Skeletons are drawn after this long, so that a quick answer shows none. `styles/list.css` waits as long. */
export function NothingHere(
  { filter, state }: { filter: Filter; state: State; identity: Identity },
) {
  if (isListComing(filter, state)) return <ListSkeleton />;
  const { icon, title, text } = WORDS[filter];
  return (
    <div class="nothing">
      <span class="nothing-icon">
        <Icon name={icon} />
      </span>
      <strong>{title}</strong>
      <p>{text}</p>
    </div>
  );
}

/** The conversations are on their way; rooms may be there already. */
export function isListComing(filter: Filter, { chats, connection }: State): boolean {
  return filter !== "rooms" && !chats.isLoaded && connection.kind !== "stopped";
}

export function ListSkeleton({ label = "Loading the conversations" }: { label?: string }) {
  return (
    <div class="list-skeleton" aria-busy="true" role="status" aria-label={label}>
      {Array.from({ length: 6 }, (_, index) => (
        <div key={index} class="row">
          <span class="skeleton skeleton-avatar" />
          <span class="skeleton skeleton-name" />
          <span />
          <span class="skeleton skeleton-words" />
        </div>
      ))}
    </div>
  );
}
