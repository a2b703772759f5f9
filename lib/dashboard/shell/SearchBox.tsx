/** Finds a user, a room or a notification by its name or id. "/" goes there from anywhere. */
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { Icon, type IconName } from "../../page/components/kit/Icon.tsx";
import { Name } from "../../page/components/kit/Name.tsx";
import { part, query } from "../api/api.ts";
import type { LiveChannel, LiveUser, Page } from "../api/shapes.ts";
import { useDashboard } from "../state/context.ts";
import { go } from "../state/route.ts";

/** The types of JSX would have a combobox with a list of the browser's own. */
const COMBOBOX: object = { type: "search", role: "combobox" };

interface Found {
  readonly icon: IconName;
  readonly kind: string;
  readonly name: string;
  readonly path: readonly string[];
}

const TYPED_MS = 200;
/** How many of each kind are shown. */
const MOST = 5;

export function SearchBox() {
  const { api } = useDashboard();
  const [text, setText] = useState("");
  const [found, setFound] = useState<readonly Found[]>([]);
  const [isOpen, setOpen] = useState(false);
  const [index, setIndex] = useState(0);
  const input = useRef<HTMLInputElement>(null);
  const id = useId();

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const isWriting = event.target instanceof Element &&
        event.target.closest("input, textarea, select, dialog") !== null;
      if (event.key !== "/" || isWriting || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      input.current?.focus();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);

  useEffect(() => {
    const q = text.trim();
    if (q === "") return setFound([]);
    const abort = new AbortController();
    const timer = setTimeout(async () => {
      const { signal } = abort;
      const asked = query({ q, limit: MOST });
      const [users, rooms, isThere] = await Promise.all([
        api.get<Page<"users", LiveUser>>(`/live/users${asked}`, signal).catch(() => undefined),
        api.get<Page<"rooms", LiveChannel>>(`/live/rooms${asked}`, signal).catch(() => undefined),
        isNotification(q) &&
        api.get(`/notifications/${part(q)}`, signal).then(() => true, () => false),
      ]);
      if (signal.aborted) return;
      setIndex(0);
      setFound([
        ...(isThere ? [notification(q)] : []),
        ...(users?.users ?? []).slice(0, MOST).map(({ user_id }) => user(String(user_id))),
        ...(rooms?.rooms ?? []).slice(0, MOST).map(({ room = "" }) => roomOf(room)),
        // Who is not here now has a page, too.
        ...(users?.users.some(({ user_id }) => String(user_id) === q) ? [] : [user(q)]),
      ]);
    }, TYPED_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [text, api]);

  const open = (target: Found | undefined) => {
    if (target === undefined) return;
    setText("");
    setOpen(false);
    input.current?.blur();
    go(target.path);
  };
  const isShown = isOpen && found.length > 0;
  return (
    <div
      class="search"
      onFocusOut={({ relatedTarget, currentTarget }) => {
        if (!(relatedTarget instanceof Node && currentTarget.contains(relatedTarget))) {
          setOpen(false);
        }
      }}
    >
      <Icon name="search" small />
      <input
        ref={input}
        {...COMBOBOX}
        aria-label="Find a user, room or notification"
        aria-expanded={isShown}
        aria-controls={id}
        aria-autocomplete="list"
        aria-activedescendant={isShown ? `${id}-${index}` : undefined}
        placeholder="User, room or notification"
        autocomplete="off"
        spellcheck={false}
        value={text}
        onFocus={() => setOpen(true)}
        onInput={({ currentTarget }) => {
          setText(currentTarget.value);
          setOpen(true);
        }}
        onKeyDown={(event) => {
          if (event.key === "Escape") {
            setText("");
            input.current?.blur();
          } else if (event.key === "Enter") open(found[index]);
          else if (event.key === "ArrowDown") setIndex((index + 1) % Math.max(1, found.length));
          else if (event.key === "ArrowUp") {
            setIndex((index + found.length - 1) % Math.max(1, found.length));
          } else return;
          event.preventDefault();
        }}
      />
      <kbd aria-hidden="true">/</kbd>
      <ul id={id} class="search-results" role="listbox" aria-label="Found" hidden={!isShown}>
        {isShown && found.map((each, at) => (
          <li
            key={`${each.kind} ${each.name}`}
            id={`${id}-${at}`}
            role="option"
            aria-selected={at === index}
            onPointerDown={(event) => {
              event.preventDefault();
              open(each);
            }}
          >
            <Icon name={each.icon} small />
            <span class="cut">
              <Name>{each.name}</Name>
            </span>
            <small>{each.kind}</small>
          </li>
        ))}
      </ul>
    </div>
  );
}

function user(name: string): Found {
  return { icon: "person", kind: "User", name, path: ["users", name] };
}

function roomOf(name: string): Found {
  return { icon: "hash", kind: "Room", name, path: ["rooms", name] };
}

function notification(name: string): Found {
  return { icon: "bell", kind: "Notification", name, path: ["notifications", name] };
}

/** Whether a text may be the id of a notification. */
function isNotification(text: string): boolean {
  return /^[\w-]{8,64}$/.test(text);
}
