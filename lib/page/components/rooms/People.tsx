/** Who is in a room, ourselves first. */
import type { User } from "../../../sdk/mod.ts";
import type { Identity } from "../../session/identity.ts";
import { Avatar } from "../kit/Avatar.tsx";
import { Name } from "../kit/Name.tsx";

interface PeopleProps {
  users: readonly User[];
  /** How many there are, also where they are too many to be named. */
  count: number;
  me: Identity;
  /** Without a connection the list is what it was. */
  isOnline: boolean;
}

/** More people would only be scrolled past, so they are counted. */
const SHOWN_LIMIT = 200;

function whyNobody(count: number, isOnline: boolean): string {
  if (count > 0) return `${count} people, too many to list.`;
  return isOnline ? "Nobody yet." : "Not known until connected.";
}

export function People({ users, count, me, isOnline }: PeopleProps) {
  if (users.length === 0) {
    return <p class="muted people-empty">{whyNobody(count, isOnline)}</p>;
  }
  const self = users.filter(({ userId }) => userId === me.user_id);
  const others = users.filter(({ userId }) => userId !== me.user_id);
  const hidden = users.length - SHOWN_LIMIT;
  return (
    <ul class={isOnline ? "people" : "people people-stale"} aria-label="People">
      {[...self, ...others].slice(0, SHOWN_LIMIT).map(({ userId, name }) => (
        <li key={userId} class="person">
          <Avatar
            userId={userId}
            name={name}
            size="small"
            status={isOnline ? "online" : "offline"}
          />
          <span class="person-text">
            <span class="person-name">
              <Name>{name}</Name>
              {userId === me.user_id && <span class="you">you</span>}
            </span>
            {name !== userId && (
              <span class="person-id">
                <Name>{userId}</Name>
              </span>
            )}
          </span>
        </li>
      ))}
      {hidden > 0 && <li class="people-empty muted">and {hidden} more</li>}
    </ul>
  );
}
