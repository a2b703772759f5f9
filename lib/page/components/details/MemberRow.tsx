/** One member of a group, and what one may do with that member: their role, handing the group over, putting them out. */
import { useState } from "preact/hooks";
import type { ConversationInfo, ConversationMember, UserPresence } from "../../../sdk/mod.ts";
import { usePage } from "../../context.ts";
import { lastSeen } from "../../../sdk/view/times.ts";
import { shownName } from "../../../sdk/view/text.ts";
import { Avatar } from "../kit/Avatar.tsx";
import { Confirm } from "../kit/Confirm.tsx";
import { Icon } from "../kit/Icon.tsx";
import { Menu, type MenuItem } from "../kit/Menu.tsx";
import { Name } from "../kit/Name.tsx";
import { devicesOf } from "./devices.ts";

interface MemberRowProps {
  member: ConversationMember;
  info: ConversationInfo;
  presence: UserPresence | undefined;
  isTyping: boolean;
  isMe: boolean;
}

const ROLES = { owner: "Owner", admin: "Admin", member: "" };

export function MemberRow({ member, info, presence, isTyping, isMe }: MemberRowProps) {
  const { session } = usePage();
  const [asked, setAsked] = useState<"remove" | "owner" | null>(null);
  const { userId, name, role } = member;
  const shown = shownName(name);
  const { chats } = session;
  const write = () => {
    const opening = chats?.private(userId).then(({ id }) =>
      session.go({ kind: "conversation", id })
    );
    if (opening !== undefined) chats?.tell(opening);
  };
  const setRole = (to: "admin" | "member" | "owner") =>
    chats?.tell(chats.setRole(info.id, userId, to));
  const items: MenuItem[] = [{ label: "Write to", icon: "chat", choose: write }];
  if (info.role === "owner") {
    items.push(
      role === "admin"
        ? { label: "Make a member", icon: "person", choose: () => setRole("member") }
        : { label: "Make an admin", icon: "shield", choose: () => setRole("admin") },
      { label: "Hand the group over", icon: "crown", choose: () => setAsked("owner") },
    );
  }
  if (mayRemove(info.role, role)) {
    items.push({
      label: "Remove from the group",
      icon: "trash",
      isDangerous: true,
      choose: () => setAsked("remove"),
    });
  }
  return (
    <li class="member" data-testid="member">
      <Avatar
        userId={userId}
        name={name}
        size="small"
        status={isMe ? "online" : presence?.status}
      />
      <span class="person-text">
        <span class="person-name" title={shown}>
          <Name>{name}</Name>
          {isMe && " (you)"}
        </span>
        <span class="person-id">
          {[ROLES[role], wordsOf(presence, isTyping, isMe)].filter((word) => word !== "").join(
            " · ",
          )}
        </span>
      </span>
      <span class="devices">
        {devicesOf(presence?.devices ?? []).map(({ icon, word }) => (
          <span key={word} title={word}>
            <Icon name={icon} small />
            <span class="visually-hidden">{word}</span>
          </span>
        ))}
      </span>
      {!isMe && (
        <Menu
          label={`Actions for ${shown}`}
          class="icon-button icon-button-small member-menu"
          button={<Icon name="more" small />}
          items={items}
        />
      )}
      {asked === "remove" && (
        <Confirm
          title={`Remove ${shown}?`}
          text={`${shown} cannot read or write in ${
            shownName(info.name)
          } any more. What they wrote stays.`}
          action="Remove"
          onConfirm={() => chats?.tell(chats.remove(info.id, userId))}
          onClose={() => setAsked(null)}
        />
      )}
      {asked === "owner" && (
        <Confirm
          title={`Hand the group over to ${shown}?`}
          text={`${shown} becomes the owner of ${shownName(info.name)}, and you an admin.`}
          action="Hand over"
          onConfirm={() => setRole("owner")}
          onClose={() => setAsked(null)}
        />
      )}
    </li>
  );
}

function mayRemove(own: ConversationMember["role"], role: ConversationMember["role"]): boolean {
  return own === "owner" || (own === "admin" && role === "member");
}

function wordsOf(presence: UserPresence | undefined, isTyping: boolean, isMe: boolean): string {
  if (isTyping) return "Typing…";
  if (isMe || presence?.status === "online") return "Online";
  if (presence?.status === "away") return "Away";
  return presence?.lastSeen === undefined ? "Offline" : lastSeen(presence.lastSeen);
}
