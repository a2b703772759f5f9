/** The field that looks for everything: conversations, rooms, people and messages. Ctrl K comes here from anywhere. */
import { useLayoutEffect, useRef } from "preact/hooks";
import { Icon } from "../kit/Icon.tsx";
import { shownName } from "../../../sdk/view/text.ts";

export interface Search {
  readonly text: string;
  /** The conversation in which messages are looked for; all of them where there is none. */
  readonly scope?: { readonly id: number; readonly name: string };
  /** Counts the wishes to be in the field. */
  readonly turn: number;
}

export const NO_SEARCH: Search = { text: "", turn: 0 };

interface SearchFieldProps {
  search: Search;
  onSearch: (search: Search) => void;
}

export const RESULTS_ID = "search-results";

export function SearchField({ search, onSearch }: SearchFieldProps) {
  const { text, scope, turn } = search;
  const input = useRef<HTMLInputElement>(null);
  // At once: the next key may be down before the browser has painted.
  useLayoutEffect(() => {
    if (turn === 0) return;
    input.current?.focus();
    input.current?.select();
  }, [turn]);
  const isSearching = text !== "" || scope !== undefined;
  const end = () => onSearch({ text: "", turn: 0 });
  return (
    <div class="search-field" role="search">
      <Icon name="search" small />
      {scope !== undefined && (
        <button
          type="button"
          class="search-scope"
          title="Search everywhere"
          aria-label={`Only in ${shownName(scope.name)}; search everywhere instead`}
          onClick={() => onSearch({ text, turn: turn + 1 })}
        >
          <bdi>{shownName(scope.name)}</bdi>
          <Icon name="close" small />
        </button>
      )}
      <input
        ref={input}
        type="search"
        placeholder={scope === undefined ? "Search everything" : "Search messages"}
        aria-label="Search"
        aria-controls={isSearching ? RESULTS_ID : undefined}
        aria-keyshortcuts="Control+K"
        autocomplete="off"
        spellcheck={false}
        value={text}
        onInput={({ currentTarget }) => onSearch({ ...search, text: currentTarget.value })}
        onKeyDown={(event) => {
          if (event.key === "Escape" && isSearching) {
            event.stopPropagation();
            end();
          } else if (event.key === "ArrowDown" || event.key === "Enter") {
            const first = document.querySelector<HTMLElement>(`#${RESULTS_ID} [data-result]`);
            if (first === null) return;
            event.preventDefault();
            if (event.key === "Enter") first.click();
            else first.focus();
          }
        }}
      />
      {isSearching
        ? (
          <button type="button" class="icon-button" aria-label="End the search" onClick={end}>
            <Icon name="close" small />
          </button>
        )
        : <kbd class="search-keys" aria-hidden="true">Ctrl K</kbd>}
    </div>
  );
}
