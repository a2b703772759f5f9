/** Finds people by name or id: contacts, those one writes with, and, by the whole id, anybody. Arrows move, Enter picks. */
import { useId, useState } from "preact/hooks";
import type { User } from "../../../sdk/mod.ts";
import { problemOf } from "../../session/identity.ts";
import { partnersOf } from "../../state/chats.ts";
import { rankOf } from "../../state/finding.ts";
import type { State } from "../../state/store.ts";
import { shownName } from "../../../sdk/view/text.ts";
import { Avatar } from "../kit/Avatar.tsx";
import { Icon } from "../kit/Icon.tsx";
import { Name } from "../kit/Name.tsx";

interface PeoplePickerProps {
  state: State;
  /** Ids of those who are not offered. */
  except: readonly string[];
  /** Who is picked, where several can be. */
  picked?: readonly User[];
  onPick: (user: User) => void;
}

/** More are found by more letters. */
const SHOWN = 60;

export function PeoplePicker({ state, except, picked, onPick }: PeoplePickerProps) {
  const [wanted, setWanted] = useState("");
  const [chosen, setChosen] = useState(0);
  const id = useId();
  const found = peopleFor(wanted, state, except);
  const pick = (user: User | undefined) => {
    if (user === undefined) return;
    onPick(user);
    if (picked !== undefined) setWanted("");
  };
  const isPicked = (user: User) => picked?.some(({ userId }) => userId === user.userId) ?? false;
  return (
    <div class="picker">
      {picked !== undefined && picked.length > 0 && (
        <ul class="picked" aria-label="Picked">
          {picked.map((user) => (
            <li key={user.userId}>
              <button
                type="button"
                class="picked-person"
                aria-label={`Take ${shownName(user.name)} out`}
                onClick={() => onPick(user)}
              >
                <Name>{user.name}</Name>
                <Icon name="close" small />
              </button>
            </li>
          ))}
        </ul>
      )}
      <div class="search-field">
        <Icon name="search" small />
        <input
          type="text"
          role="combobox"
          placeholder="Name or user id"
          aria-label="People"
          aria-expanded="true"
          aria-controls={id}
          aria-autocomplete="list"
          aria-activedescendant={found.length > 0 ? `${id}-${chosen}` : undefined}
          autocomplete="off"
          spellcheck={false}
          autofocus={picked === undefined}
          value={wanted}
          onInput={({ currentTarget }) => {
            setWanted(currentTarget.value);
            setChosen(0);
          }}
          onKeyDown={(event) => {
            const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
            if (step !== undefined) {
              event.preventDefault();
              const next = Math.max(0, Math.min(found.length - 1, chosen + step));
              setChosen(next);
              document.getElementById(`${id}-${next}`)?.scrollIntoView({ block: "nearest" });
            } else if (event.key === "Enter") {
              event.preventDefault();
              pick(found[chosen]);
            } else if (event.key === "Backspace" && wanted === "") {
              const last = picked?.at(-1);
              if (last !== undefined) onPick(last);
            }
          }}
        />
      </div>
      <ul
        id={id}
        class="picker-list"
        role="listbox"
        aria-label="People"
        aria-multiselectable={picked !== undefined}
      >
        {found.map((user, index) => (
          <li
            key={user.userId}
            id={`${id}-${index}`}
            class={index === chosen ? "picker-person picker-person-chosen" : "picker-person"}
            role="option"
            aria-selected={picked === undefined ? index === chosen : isPicked(user)}
            onClick={() => pick(user)}
          >
            <Avatar
              userId={user.userId}
              name={user.name}
              status={state.presences.get(user.userId)?.status}
            />
            <span class="person-text">
              <span class="person-name">
                <Name>{user.name}</Name>
              </span>
              {user.name !== user.userId && (
                <span class="person-id">
                  <Name>{user.userId}</Name>
                </span>
              )}
            </span>
            {isPicked(user) && <Icon name="check" />}
          </li>
        ))}
        {found.length === 0 && (
          <li class="picker-nothing" role="presentation">
            {wanted === ""
              ? "Nobody is known yet. Type a user id."
              : "Nobody of that name is known."}
          </li>
        )}
      </ul>
    </div>
  );
}

/** Who is known, in the order in which they fit; behind them, whoever may have what was typed as an id. */
function peopleFor(wanted: string, state: State, except: readonly string[]): User[] {
  const { contacts, chats, rooms } = state;
  const known = new Map<string, User>();
  const blocked = new Set(contacts?.filter((each) => each.blocked).map(({ userId }) => userId));
  const all = [...contacts ?? [], ...partnersOf(chats), ...rooms.flatMap(({ users }) => users)];
  for (const { userId, name } of all) {
    if (!known.has(userId) && !except.includes(userId) && !blocked.has(userId)) {
      known.set(userId, { userId, name });
    }
  }
  const text = wanted.trim();
  const people = [...known.values()];
  if (text === "") return people.slice(0, SHOWN);
  const found = people
    .map((user) => ({
      user,
      rank: Math.max(rankOf(user.name, text), user.userId === text ? 4 : 0),
    }))
    .filter(({ rank }) => rank > 0)
    .toSorted((a, b) => b.rank - a.rank)
    .map(({ user }) => user);
  const isId = problemOf.user_id(text) === null && !known.has(text) && !except.includes(text);
  return [...found, ...isId ? [{ userId: text, name: text }] : []].slice(0, SHOWN);
}
