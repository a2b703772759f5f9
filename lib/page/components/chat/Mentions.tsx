/** Offers the names of a group's members behind an `@` in the composer: arrows choose, Enter or Tab takes. */
import { useId, useState } from "preact/hooks";
import type { User } from "../../../sdk/mod.ts";
import { Avatar } from "../kit/Avatar.tsx";
import { Name } from "../kit/Name.tsx";
import type { Draft } from "../../state/drafts.ts";

/** More do not fit above the composer. */
const SHOWN = 6;

/** An `@` at the start of a word, and what is typed of the name. */
const BEGUN = /(?:^|\s)@([^@\n]{0,40})$/u;

interface Asked {
  /** Where the `@` is. */
  readonly at: number;
  readonly found: readonly User[];
  readonly chosen: number;
}

export function useMentions(
  area: { current: HTMLTextAreaElement | null },
  people: readonly User[],
  write: (change: Pick<Draft, "text" | "mentions">) => void,
) {
  const id = useId();
  const [asked, setAsked] = useState<Asked | null>(null);
  const [taken, setTaken] = useState<Record<string, string>>({});
  const look = () => setAsked(area.current === null ? null : askedAt(area.current, people));
  const take = (user: User | undefined) => {
    const element = area.current;
    if (asked === null || user === undefined || element === null) return;
    const end = element.selectionStart;
    const before = `${element.value.slice(0, asked.at)}@${user.name} `;
    const mentions = { ...taken, [user.userId]: user.name };
    setTaken(mentions);
    setAsked(null);
    write({ text: before + element.value.slice(end), mentions });
    queueMicrotask(() => {
      element.focus();
      element.setSelectionRange(before.length, before.length);
    });
  };
  /** Returns whether the key was for the list. */
  const onKey = (event: KeyboardEvent): boolean => {
    if (asked === null) return false;
    const { found, chosen } = asked;
    const step = { ArrowDown: 1, ArrowUp: found.length - 1 }[event.key];
    if (step !== undefined) setAsked({ ...asked, chosen: (chosen + step) % found.length });
    else if (event.key === "Enter" || event.key === "Tab") take(found[chosen]);
    else if (event.key === "Escape") setAsked(null);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  };
  const isOpen = asked !== null;
  return {
    ...{ id, asked, isOpen, look, take, onKey },
    attributes: isOpen
      ? {
        "aria-autocomplete": "list" as const,
        "aria-controls": id,
        "aria-activedescendant": `${id}-${asked.chosen}`,
      }
      : {},
  };
}

export function Mentions(
  { id, asked, take }: Pick<ReturnType<typeof useMentions>, "id" | "asked" | "take">,
) {
  return (
    <ul class="mentions" id={id} role="listbox" aria-label="People to mention">
      {asked?.found.map((user, index) => (
        <li
          key={user.userId}
          id={`${id}-${index}`}
          role="option"
          aria-selected={index === asked.chosen}
          onPointerDown={(event) => {
            event.preventDefault(); // the composer keeps the focus
            take(user);
          }}
        >
          <Avatar userId={user.userId} name={user.name} size="small" />
          <Name>{user.name}</Name>
        </li>
      ))}
    </ul>
  );
}

function askedAt(
  { value, selectionStart, selectionEnd }: HTMLTextAreaElement,
  people: readonly User[],
): Asked | null {
  if (selectionStart !== selectionEnd || people.length === 0) return null;
  const begun = BEGUN.exec(value.slice(0, selectionStart))?.[1];
  if (begun === undefined) return null;
  const wanted = begun.toLocaleLowerCase();
  const found = people.filter(({ name }) =>
    name.toLocaleLowerCase().split(/\s+/u).some((_, index, words) =>
      words.slice(index).join(" ").startsWith(wanted)
    )
  ).slice(0, SHOWN);
  return found.length === 0 ? null : { at: selectionStart - begun.length - 1, found, chosen: 0 };
}
