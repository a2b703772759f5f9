/** The ways out: leaving a group, blocking the other one of a private conversation. Each asks first. */
import { useState } from "preact/hooks";
import type { ConversationInfo, ConversationMember } from "../../../sdk/mod.ts";
import { usePage } from "../../context.ts";
import type { Identity } from "../../session/identity.ts";
import { isBlocked } from "../../state/chats.ts";
import type { State } from "../../state/store.ts";
import { shownName } from "../../../sdk/view/text.ts";
import { HOME } from "../../state/place.ts";
import { Confirm } from "../kit/Confirm.tsx";
import { Icon } from "../kit/Icon.tsx";

interface LeavingProps {
  info: ConversationInfo;
  state: State;
  members: readonly ConversationMember[];
  me: Identity;
}

export function Leaving({ info, state }: LeavingProps) {
  const { session } = usePage();
  const [isAsking, setAsking] = useState(false);
  const { chats } = session;
  const name = shownName(info.name);
  const other = info.with?.userId ?? "";
  const hasBlocked = isBlocked(state.contacts, other);
  const isGroup = info.kind === "group";
  if (!isGroup && other === "") return null;
  const leave = async () => {
    await chats?.leave(info.id);
    session.go(HOME);
  };
  return (
    <section class="details-part">
      <button
        type="button"
        class="button button-quiet button-danger-quiet"
        onClick={() => {
          if (hasBlocked) chats?.tell(chats.block(other, false));
          else setAsking(true);
        }}
      >
        <Icon name={isGroup ? "signOut" : hasBlocked ? "unlock" : "block"} small />
        {isGroup ? "Leave the group" : hasBlocked ? `Unblock ${name}` : `Block ${name}`}
      </button>
      {isAsking && (
        <Confirm
          title={isGroup ? `Leave ${name}?` : `Block ${name}?`}
          text={isGroup
            ? leavingText(info)
            : "Neither of you can write to the other, or sees whether the other is there."}
          action={isGroup ? "Leave" : "Block"}
          onConfirm={() => chats?.tell(isGroup ? leave() : chats.block(other, true))}
          onClose={() => setAsking(false)}
        />
      )}
    </section>
  );
}

function leavingText({ role, membersCount }: ConversationInfo): string {
  const common = "You see nothing of it any more, and what you wrote stays.";
  if (role !== "owner" || membersCount < 2) return common;
  return `${common} You are its owner: hand it over first, or the one who is in it longest gets it.`;
}
