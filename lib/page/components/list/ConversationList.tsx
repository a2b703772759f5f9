/**
 * Conversations and rooms in sections. The list is one stop of the keyboard: arrows move in it. Of a long list, only
 * the rows near the view are in the page.
 */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { usePage } from "../../context.ts";
import type { Identity } from "../../session/identity.ts";
import type { Entry, Filter, Section } from "../../state/listing.ts";
import { Offsets } from "../../state/offsets.ts";
import type { State } from "../../state/store.ts";
import { currentKey } from "../shell/current_key.ts";
import { Icon } from "../kit/Icon.tsx";
import { ListRow } from "./ListRow.tsx";
import { isListComing, ListSkeleton, NothingHere } from "./NothingHere.tsx";

interface ConversationListProps {
  sections: readonly Section[];
  filter: Filter;
  state: State;
  identity: Identity;
}

const TITLES: Record<Section["name"], string> = {
  pinned: "Pinned",
  recent: "Recent",
  muted: "Muted",
  archived: "Archived",
};

/** As `styles/list.css` has them. */
const ROW_PX = 60;
const HEAD_PX = 34;
/** So far beyond the view rows are drawn. */
const DRAWN_PX = 600;
/** From so far on, more conversations are read. */
const NEAR_PX = 600;

interface HeadLine {
  kind: "head";
  key: string;
  section: Section;
  isOpen: boolean;
}

type Line =
  | HeadLine
  | { kind: "entry"; key: string; entry: Entry };

export function ConversationList({ sections, filter, state, identity }: ConversationListProps) {
  const { session } = usePage();
  const { chats } = state;
  const scroller = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 900 });
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set(["archived"]));
  const [focused, setFocused] = useState("");
  const focusWanted = useRef("");

  const lines = linesOf(sections, closed, filter, chats.isLoaded);
  const isArchiveOpen = filter === "all" && !closed.has("archived");
  const offsets = new Offsets(
    lines.map(({ kind }) => kind === "head" ? HEAD_PX : ROW_PX),
    lines.length,
  );
  const [start, end] = offsets.covering(view.top - DRAWN_PX, view.top + view.height + DRAWN_PX);
  const current = currentKey(state.place);
  const stops = lines.filter(({ kind }) => kind === "entry").map(({ key }) => key);
  const stop = [focused, current].find((key) => stops.includes(key)) ?? stops[0];

  const look = () => {
    const element = scroller.current;
    if (element === null) return;
    const { scrollTop: top, clientHeight: height, scrollHeight } = element;
    if (Math.abs(top - view.top) > DRAWN_PX / 3 || height !== view.height) setView({ top, height });
    if (scrollHeight - top - height > NEAR_PX) return;
    if (chats.hasMore) session.chats?.loadMore();
    if (chats.hasMoreArchived && !closed.has("archived")) session.chats?.loadMoreArchived();
  };
  useEffect(() => {
    if (scroller.current === null) return;
    const observer = new ResizeObserver(look);
    observer.observe(scroller.current);
    return () => observer.disconnect();
  });
  useLayoutEffect(() => {
    const row = rowOf(scroller.current, focusWanted.current);
    if (row === null) return;
    focusWanted.current = "";
    row.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  });
  useLayoutEffect(() => {
    rowOf(scroller.current, current)?.scrollIntoView({ block: "nearest" });
  }, [current]);

  const toggle = (name: string) => {
    const next = new Set(closed);
    if (!next.delete(name)) next.add(name);
    else if (name === "archived") session.chats?.loadArchived();
    setClosed(next);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const key = (event.target as Element).closest<HTMLElement>("[data-list-row]")?.dataset.listRow;
    if (key === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    const next = targetOf(event.key, stops, stops.indexOf(key));
    if (next === undefined) return;
    event.preventDefault();
    focusWanted.current = next;
    setFocused(next);
    const index = lines.findIndex((line) => line.key === next);
    if (rowOf(scroller.current, next) === null && scroller.current !== null) {
      scroller.current.scrollTop = offsets.topOf(index) - view.height / 2;
    }
  };

  if (lines.length === 0) return <NothingHere filter={filter} state={state} identity={identity} />;
  return (
    <div
      ref={scroller}
      class="list-scroll"
      onScroll={look}
      onKeyDown={onKeyDown}
      onFocusIn={(event) => {
        const row = (event.target as Element).closest<HTMLElement>("[data-list-row]");
        if (row !== null) setFocused(row.dataset.listRow ?? "");
      }}
    >
      <ul
        class="list-rows"
        aria-label="Conversations and rooms"
        style={{
          paddingTop: `${offsets.topOf(start)}px`,
          paddingBottom: `${offsets.height - offsets.topOf(end)}px`,
        }}
      >
        {lines.slice(start, end).map((line) =>
          line.kind === "head"
            ? <SectionHead key={line.key} line={line} onToggle={toggle} />
            : (
              <ListRow
                key={line.key}
                entry={line.entry}
                isCurrent={line.key === current}
                isStop={line.key === stop}
                presence={presenceOf(line.entry, state)}
                draft={draftOf(line.entry, state)}
                me={identity.user_id}
              />
            )
        )}
      </ul>
      {isListComing(filter, state) && <ListSkeleton />}
      {isArchiveOpen && chats.archived.length === 0 && chats.isArchiveLoaded &&
        <p class="list-note">Nothing is archived.</p>}
    </div>
  );
}

function SectionHead(
  { line: { section, isOpen }, onToggle }: { line: HeadLine; onToggle: (name: string) => void },
) {
  const { name, entries } = section;
  const title = TITLES[name];
  if (name === "pinned" || name === "recent") {
    return (
      <li class="section-head">
        <h2>
          {name === "pinned" && <Icon name="pin" small />}
          {title}
        </h2>
      </li>
    );
  }
  return (
    <li class="section-head">
      <h2>
        <button type="button" aria-expanded={isOpen} onClick={() => onToggle(name)}>
          <Icon name={isOpen ? "down" : "right"} small />
          {title}
        </button>
      </h2>
      {entries.length > 0 && <span class="section-count">{entries.length}</span>}
    </li>
  );
}

/** A section that has nothing is left out, and so is the head of a section that is alone. */
function linesOf(
  sections: readonly Section[],
  closed: ReadonlySet<string>,
  filter: Filter,
  isLoaded: boolean,
): Line[] {
  const shown = sections.filter(({ name, entries }) =>
    entries.length > 0 || (name === "archived" && filter === "all" && isLoaded)
  );
  if (shown.every(({ entries }) => entries.length === 0)) return [];
  const isAlone = shown.filter(({ name }) => name !== "archived").length === 1;
  return shown.flatMap((section): Line[] => {
    const isOpen = !closed.has(section.name);
    const head: Line = { kind: "head", key: section.name, section, isOpen };
    const entries = section.entries.map((entry): Line => ({
      kind: "entry",
      key: entry.key,
      entry,
    }));
    const hasHead = !isAlone || section.name !== "recent";
    return [...hasHead ? [head] : [], ...isOpen ? entries : []];
  });
}

function presenceOf(entry: Entry, { presences }: State) {
  const other = entry.kind === "conversation" ? entry.info.with?.userId : undefined;
  return other === undefined ? undefined : presences.get(other)?.status;
}

/** What is being written elsewhere; where one is, the composer shows it. */
function draftOf(entry: Entry, { drafts, place }: State) {
  if (entry.key === currentKey(place)) return undefined;
  return drafts.get(entry.kind === "room" ? `room ${entry.room.room}` : `chat ${entry.info.id}`);
}

function rowOf(scroller: Element | null, key: string): HTMLElement | null {
  if (key === "" || scroller === null) return null;
  return scroller.querySelector<HTMLElement>(`[data-list-row="${CSS.escape(key)}"]`);
}

function targetOf(key: string, stops: readonly string[], index: number): string | undefined {
  switch (key) {
    case "ArrowDown":
      return stops[index + 1];
    case "ArrowUp":
      return stops[Math.max(0, index - 1)];
    case "Home":
      return stops[0];
    case "End":
      return stops.at(-1);
    default:
      return undefined;
  }
}
