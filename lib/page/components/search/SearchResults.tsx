/** What was found, as it is typed: places to jump to, people to write to, and messages. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { ChatMessage } from "../../../sdk/mod.ts";
import { usePage } from "../../context.ts";
import type { Identity } from "../../session/identity.ts";
import { findConversation } from "../../state/chats.ts";
import { type PlaceFound, placesFor } from "../../state/finding.ts";
import type { State } from "../../state/store.ts";
import { listTime } from "../../../sdk/view/times.ts";
import { Avatar, SignAvatar } from "../kit/Avatar.tsx";
import { Icon } from "../kit/Icon.tsx";
import { Name } from "../kit/Name.tsx";
import { Excerpt } from "./Excerpt.tsx";
import { RESULTS_ID, type Search } from "./SearchField.tsx";

interface SearchResultsProps {
  state: State;
  identity: Identity;
  search: Search;
  onSearch: (search: Search) => void;
}

/** Until so long after the last key the server is not asked. */
const PAUSE_MS = 220;

export function SearchResults({ state, identity, search, onSearch }: SearchResultsProps) {
  const { session } = usePage();
  const { text, scope } = search;
  const wanted = text.trim();
  const found = useMessages(wanted, scope?.id);
  const places = scope === undefined ? placesFor(wanted, state) : [];
  const isNothing = found.isAnswer && found.problem === "" && places.length === 0 &&
    found.messages.length === 0;
  const end = () => onSearch({ text: "", turn: 0 });
  const choose = (place: PlaceFound) => {
    end();
    document.getElementById("main")?.focus({ preventScroll: true }); // whatever opens there takes it on
    if (place.kind === "conversation") session.go({ kind: "conversation", id: place.id });
    else if (place.kind === "room") session.openRoom(place.name);
    else {
      const made = session.chats?.private(place.userId);
      if (made === undefined) return;
      session.chats?.tell(made.then(({ id }) => session.go({ kind: "conversation", id })));
    }
  };
  return (
    <div id={RESULTS_ID} class="list-scroll results" onKeyDown={moveAmongResults}>
      {places.length > 0 && (
        <Results title="Jump to">
          {places.map((place) => (
            <Result key={place.key} onChoose={() => choose(place)}>
              <FoundAvatar place={place} />
              <span class="row-name">
                <span class="row-name-text">
                  <Name>{place.name}</Name>
                </span>
              </span>
              <span class="row-last">{place.hint}</span>
            </Result>
          ))}
        </Results>
      )}
      {found.messages.length > 0 && (
        <Results title="Messages">
          {found.messages.map((message) => (
            <Result
              key={message.key}
              onChoose={() =>
                session.go({
                  kind: "conversation",
                  id: message.conversation,
                  message: message.id,
                })}
            >
              <Avatar userId={message.userId} name={message.name} size="list" />
              <span class="row-name">
                <span class="row-name-text">
                  <Name>{message.name}</Name>
                  {scope === undefined && <InName message={message} state={state} />}
                </span>
              </span>
              <time class="row-time">{listTime(message.createdAt)}</time>
              <span class="row-last">
                <Excerpt text={message.text} wanted={wanted} />
              </span>
            </Result>
          ))}
        </Results>
      )}
      {found.more !== undefined && (
        <button type="button" class="button button-quiet button-small" onClick={found.more}>
          More messages
        </button>
      )}
      {isNothing && wanted !== "" && (
        <div class="nothing" role="status">
          <span class="nothing-icon nothing-icon-soft">
            <Icon name="search" />
          </span>
          <strong>
            Nothing for “<bdi>{wanted}</bdi>”
          </strong>
          <p>Names of people and rooms were looked through, and all messages that you may read.</p>
          {scope !== undefined && (
            <button
              type="button"
              class="button"
              onClick={() => onSearch({ text, turn: search.turn + 1 })}
            >
              Search everywhere
            </button>
          )}
        </div>
      )}
      {found.problem !== "" && <p class="results-problem" role="alert">{found.problem}</p>}
      <p class="visually-hidden" role="status">
        {found.isAnswer && wanted !== "" &&
          `${places.length + found.messages.length} found for ${wanted}, as ${identity.name}`}
      </p>
    </div>
  );
}

function Results({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section class="results-part">
      <h2 class="section-head">{title}</h2>
      <ul aria-label={title}>{children}</ul>
    </section>
  );
}

function Result({ onChoose, children }: { onChoose: () => void; children: ComponentChildren }) {
  return (
    <li>
      <button type="button" class="row" data-result data-testid="result" onClick={onChoose}>
        {children}
      </button>
    </li>
  );
}

function FoundAvatar({ place }: { place: PlaceFound }) {
  if (place.kind === "room") return <SignAvatar icon="hash" size="list" />;
  if (place.kind === "conversation" && place.userId === undefined) {
    return <SignAvatar icon="people" picture={place.picture} size="list" />;
  }
  return (
    <Avatar userId={place.userId ?? ""} name={place.name} picture={place.picture} size="list" />
  );
}

function InName({ message, state }: { message: ChatMessage; state: State }) {
  const info = findConversation(state.chats, message.conversation);
  if (info === undefined || (info.kind === "private" && info.with?.userId === message.userId)) {
    return null;
  }
  return (
    <span class="row-in">
      in <Name>{info.name}</Name>
    </span>
  );
}

/** What the server has found: it is shown until it has found something else. */
interface Found {
  /** The words that it was asked for, and where. */
  readonly wanted: string;
  readonly conversation: number | undefined;
  readonly messages: readonly ChatMessage[];
  readonly next?: string;
  readonly problem: string;
}

const NOTHING: Found = { wanted: "", conversation: undefined, messages: [], problem: "" };

/** Asks the server for messages, once the typing pauses; what comes too late is not shown. */
function useMessages(wanted: string, conversation: number | undefined) {
  const { session } = usePage();
  const [found, setFound] = useState<Found>(NOTHING);
  const asking = useRef(new AbortController());
  const ask = async (before: readonly ChatMessage[], cursor?: string) => {
    asking.current.abort();
    const { signal } = asking.current = new AbortController();
    try {
      const page = await session.chats?.search(wanted, { conversation, cursor, signal });
      if (page === undefined || signal.aborted) return;
      const { messages, next } = page;
      setFound({ wanted, conversation, messages: [...before, ...messages], next, problem: "" });
    } catch (error) {
      if (signal.aborted) return;
      const reason = error instanceof Error ? error.message : error;
      const problem = `Messages cannot be searched now: ${reason}`;
      setFound({ wanted, conversation, messages: before, next: cursor, problem });
    }
  };
  useEffect(() => {
    if (wanted === "") return setFound(NOTHING);
    const timer = setTimeout(() => ask([]), PAUSE_MS);
    return () => {
      clearTimeout(timer);
      asking.current.abort();
    };
  }, [wanted, conversation]);
  const { messages, next, problem } = found;
  const isAnswer = found.wanted === wanted && found.conversation === conversation;
  const more = isAnswer && next !== undefined ? () => ask(messages, next) : undefined;
  return { messages, problem, isAnswer, more };
}

function moveAmongResults(event: KeyboardEvent): void {
  const all = [
    ...(event.currentTarget as Element).querySelectorAll<HTMLElement>("[data-result]"),
  ];
  const index = all.indexOf(document.activeElement as HTMLElement);
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step === undefined || index < 0) return;
  event.preventDefault();
  const field = document.querySelector<HTMLElement>('[role="search"] input');
  (all[index + step] ?? (step < 0 ? field : all[index]))?.focus();
}
