/** The pane with all conversations and rooms: what is searched for, what is filtered, and the list itself. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { type Filter, FILTERS, sectionsOf } from "../../state/listing.ts";
import type { Identity } from "../../session/identity.ts";
import type { State } from "../../state/store.ts";
import { AddRoom } from "../rooms/AddRoom.tsx";
import { shortCount } from "../kit/Count.tsx";
import { NewConversation } from "../people/NewConversation.tsx";
import { type Search, SearchField } from "../search/SearchField.tsx";
import { SearchResults } from "../search/SearchResults.tsx";
import { ConversationList } from "./ConversationList.tsx";

interface ListPaneProps {
  state: State;
  identity: Identity;
  search: Search;
  onSearch: (search: Search) => void;
  banner: ComponentChildren;
}

const WORDS: Record<Filter, string> = {
  all: "All",
  unread: "Unread",
  mentions: "Mentions",
  rooms: "Rooms",
};

export function ListPane({ state, identity, search, onSearch, banner }: ListPaneProps) {
  const [filter, setFilter] = useState<Filter>("all");
  const { chats, rooms } = state;
  const unread = chats.unread.messages + rooms.reduce((sum, room) => sum + room.unread, 0);
  return (
    <section class="list-pane" aria-label="Chats">
      <header class="list-head">
        <h1>Chats</h1>
        <AddRoom />
        <NewConversation state={state} identity={identity} />
      </header>
      {banner}
      <SearchField search={search} onSearch={onSearch} />
      {search.text !== "" || search.scope !== undefined
        ? <SearchResults {...{ state, identity, search, onSearch }} />
        : (
          <>
            <div class="chips" role="group" aria-label="Filter">
              {FILTERS.map((each) => (
                <button
                  key={each}
                  type="button"
                  class="chip"
                  aria-pressed={each === filter}
                  onClick={() => setFilter(each)}
                >
                  {WORDS[each]}
                  {each === "unread" && unread > 0 && ` ${shortCount(unread)}`}
                </button>
              ))}
            </div>
            <ConversationList
              sections={sectionsOf(chats, rooms, filter)}
              filter={filter}
              state={state}
              identity={identity}
            />
          </>
        )}
    </section>
  );
}
