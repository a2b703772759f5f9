/** The members of a group: who they are, whether they are there and with what, and what one may do. */
import { useEffect, useState } from "preact/hooks";
import type { ConversationInfo, ConversationMember } from "../../../sdk/mod.ts";
import { usePage } from "../../context.ts";
import type { Identity } from "../../session/identity.ts";
import type { State } from "../../state/store.ts";
import type { Thread } from "../../state/thread.ts";
import { AddMembers } from "./AddMembers.tsx";
import { MemberRow } from "./MemberRow.tsx";

interface MembersProps {
  info: ConversationInfo;
  thread: Thread | null;
  state: State;
  me: Identity;
}

/** So many are shown before one asks for the rest. */
const SHOWN = 8;

export function Members({ info, thread, state, me }: MembersProps) {
  const { session } = usePage();
  const [isWhole, setWhole] = useState(false);
  const [isAdding, setAdding] = useState(false);
  const members = sortedMembers(thread?.members ?? [], state);
  const ids = members.map(({ userId }) => userId).join("\n");
  useEffect(() => session.chats?.watch(ids === "" ? [] : ids.split("\n")), [ids]);
  const shown = isWhole ? members : members.slice(0, SHOWN);
  const hasMore = shown.length < members.length || thread?.hasMoreMembers;
  return (
    <section class="details-part">
      <h3>
        Members · {info.membersCount}
        {info.role !== "member" && (
          <button
            type="button"
            class="link-button"
            onClick={() => setAdding(true)}
          >
            Add
          </button>
        )}
      </h3>
      <ul aria-label="Members" class="members">
        {shown.map((member) => (
          <MemberRow
            key={member.userId}
            member={member}
            info={info}
            presence={state.presences.get(member.userId)}
            isTyping={thread?.typing.some(({ userId }) => userId === member.userId) ?? false}
            isMe={member.userId === me.user_id}
          />
        ))}
      </ul>
      {hasMore && (
        <button
          type="button"
          class="link-button members-more"
          onClick={() => {
            if (isWhole) session.chats?.thread?.loadMoreMembers();
            setWhole(true);
          }}
        >
          {isWhole ? "Show more" : `Show all ${info.membersCount}`}
        </button>
      )}
      {isAdding && (
        <AddMembers
          info={info}
          state={state}
          except={[me.user_id, ...members.map(({ userId }) => userId)]}
          onClose={() => setAdding(false)}
        />
      )}
    </section>
  );
}

const RANKS = { online: 0, away: 1, offline: 2 };
const { compare } = new Intl.Collator();

/** Who is there comes first. */
function sortedMembers(
  members: readonly ConversationMember[],
  { presences }: State,
): ConversationMember[] {
  const rank = (userId: string) => RANKS[presences.get(userId)?.status ?? "offline"];
  return members.toSorted((a, b) => rank(a.userId) - rank(b.userId) || compare(a.name, b.name));
}
