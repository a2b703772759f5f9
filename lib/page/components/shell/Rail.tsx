/** The way around the page: beside the list, and on a phone below it. */
import { usePage } from "../../context.ts";
import { formatPlace } from "../../state/place.ts";
import type { Identity } from "../../session/identity.ts";
import type { State } from "../../state/store.ts";
import type { ThemeControl } from "../../theme.ts";
import { useNarrow } from "../../layout.ts";
import { Inbox } from "../inbox/Inbox.tsx";
import { Icon } from "../kit/Icon.tsx";
import { Logo } from "../kit/Logo.tsx";
import { ThemeButton } from "../kit/ThemeSwitch.tsx";
import { AccountMenu } from "./AccountMenu.tsx";
import { shortCount } from "../kit/Count.tsx";

interface RailProps {
  state: State;
  identity: Identity;
  theme: ThemeControl;
  onKeys: () => void;
}

export function Rail({ state, identity, theme, onKeys }: RailProps) {
  const { place, chats, rooms, config, connection } = state;
  const { session } = usePage();
  const isNarrow = useNarrow();
  const unread = chats.unread.messages + rooms.reduce((sum, room) => sum + room.unread, 0);
  const isPeople = place.kind === "people";
  // On a wide screen the list stands beside what is open, which stays so.
  const chatsAddress = isNarrow || isPeople ? "#/" : formatPlace(place);
  return (
    <nav class="rail" aria-label="Main">
      <Logo />
      <a
        class="rail-item"
        href={chatsAddress}
        aria-current={isPeople ? undefined : "page"}
        aria-label={unread === 0 ? "Chats" : `Chats, ${unread} unread`}
        title="Chats"
      >
        <Icon name="chat" />
        {unread > 0 && <span class="badge" aria-hidden="true">{shortCount(unread)}</span>}
        <span class="rail-word" aria-hidden="true">Chats</span>
      </a>
      <Inbox rooms={rooms} userId={identity.user_id} />
      <a
        class="rail-item"
        href="#/people"
        aria-current={isPeople ? "page" : undefined}
        aria-label="People"
        title="People"
        onClick={() => session.chats?.loadContacts()}
      >
        <Icon name="people" />
        <span class="rail-word" aria-hidden="true">People</span>
      </a>
      <span class="rail-gap" />
      <ThemeButton {...theme} />
      <AccountMenu
        {...{ identity, config, theme, onKeys }}
        isOnline={connection.kind === "online"}
      />
    </nav>
  );
}
