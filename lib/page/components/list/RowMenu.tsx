/** What can be done with a conversation from the list; the details have the same. */
import type { ConversationInfo } from "../../../sdk/mod.ts";
import { usePage } from "../../context.ts";
import type { Session } from "../../session/session.ts";
import { isMuted } from "../../state/chats.ts";
import type { Entry } from "../../state/listing.ts";
import { shownName } from "../../../sdk/view/text.ts";
import { Icon } from "../kit/Icon.tsx";
import { Menu, type MenuItem } from "../kit/Menu.tsx";

export function RowMenu({ entry }: { entry: Entry }) {
  const { session } = usePage();
  const name = entry.kind === "room" ? entry.room.room : entry.info.name;
  return (
    <Menu
      label={`Actions for ${shownName(name)}`}
      class="icon-button row-menu"
      button={<Icon name="more" />}
      tabIndex={-1}
      items={entry.kind === "room"
        ? [{ label: "Leave", icon: "signOut", choose: () => session.closeRoom(entry.room.room) }]
        : conversationItems(entry.info, session)}
    />
  );
}

export function conversationItems(info: ConversationInfo, session: Session): MenuItem[] {
  const muted = isMuted(info);
  return [
    ...(info.unread > 0
      ? [{ label: "Mark as read", icon: "checks", choose: () => session.chats?.markRead(info) }]
      : []) as MenuItem[],
    {
      label: info.pinned ? "Unpin" : "Pin",
      icon: "pin",
      choose: () => session.chats?.pin(info),
    },
    {
      label: muted ? "Unmute" : "Mute",
      icon: muted ? "bell" : "mute",
      choose: () => session.chats?.mute(info, !muted),
    },
    {
      label: info.archived ? "Move back to the list" : "Archive",
      icon: "archive",
      choose: () => session.chats?.archive(info, !info.archived),
    },
  ];
}
