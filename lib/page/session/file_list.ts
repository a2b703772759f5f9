/** Files of the conversation that is open, as the server lists them, in pages. It is on its own, as trays are. */
import type { ChatMessage, FilesOptions, OpenConversation } from "../../sdk/mod.ts";

export interface FileCounts {
  readonly image: number;
  readonly file: number;
}

/** What is listed: the newest of all, or those of one kind. */
export type ListedFiles = "recent" | "image" | "file";

export class FileList {
  readonly #open: OpenConversation;
  readonly #options: FilesOptions;
  readonly #listeners = new Set<() => void>();
  #messages: readonly ChatMessage[] = [];
  #counts: FileCounts | undefined;
  #next: string | undefined;
  #isLoaded = false;
  #isLoading = false;
  #problem: unknown;

  constructor(open: OpenConversation, options: FilesOptions) {
    this.#open = open;
    this.#options = options;
  }

  /** The messages that have them, the newest first. Another array after each change. */
  get messages(): readonly ChatMessage[] {
    return this.#messages;
  }

  /** How many there are in all, also of those that are not loaded yet. */
  get counts(): FileCounts | undefined {
    return this.#counts;
  }

  get hasMore(): boolean {
    return this.#next !== undefined;
  }

  /** The server has said which are the newest. */
  get isLoaded(): boolean {
    return this.#isLoaded;
  }

  /** Why there are not more of them; `undefined` where nothing went wrong. */
  get problem(): unknown {
    return this.#problem;
  }

  /** Asks for the newest ones: again, where they are there already, since not all that changes is told. */
  load(): void {
    this.#ask(undefined);
  }

  loadMore(): void {
    if (this.#next !== undefined) this.#ask(this.#next);
  }

  /** Takes over what of the conversation's messages is newer than what was listed, or has changed. */
  hear(window: readonly ChatMessage[]): void {
    if (!this.#isLoaded) return;
    const byId = new Map(window.map((each) => [each.id, each]));
    const kept = this.#messages.flatMap((each) => {
      const now = byId.get(each.id) ?? each;
      if (now.deleted) this.#count(each, -1);
      return now.deleted ? [] : [now.changed > each.changed ? now : each];
    });
    const last = this.#messages[0]?.offset ?? 0;
    const isNew = (each: ChatMessage) =>
      each.id > 0 && each.offset > last && each.file !== undefined && !each.deleted &&
      (this.#options.kind ?? each.kind) === each.kind;
    const added = window.filter(isNew).sort((one, other) => other.offset - one.offset);
    for (const each of added) this.#count(each, 1);
    const messages = [...added, ...kept];
    const isSame = messages.length === this.#messages.length &&
      messages.every((each, index) => each === this.#messages[index]);
    if (!isSame) this.#change(() => this.#messages = messages);
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #ask(cursor: string | undefined): void {
    if (this.#isLoading) return;
    this.#isLoading = true;
    this.#open.files({ ...this.#options, ...(cursor === undefined ? {} : { cursor }) })
      .then(({ files, next, counts }) => {
        const messages = files.map(({ message }) => message);
        this.#change(() => {
          this.#take(messages, next, cursor !== undefined);
          this.#counts = counts ?? this.#counts;
          this.#isLoaded = true;
          this.#problem = undefined;
        });
        this.hear(this.#open.messages);
      })
      .catch((error) => this.#change(() => this.#problem = error))
      .finally(() => this.#isLoading = false);
  }

  /** The page is the next one, or the first: then what follows it stays where nothing before it has changed. */
  #take(page: readonly ChatMessage[], next: string | undefined, isNext: boolean): void {
    const isSame = !isNext && page.length > 0 &&
      page.every(({ id }, index) => this.#messages[index]?.id === id);
    this.#messages = isNext
      ? [...this.#messages, ...page]
      : [...page, ...isSame ? this.#messages.slice(page.length) : []];
    if (!isSame || this.#messages.length === page.length) this.#next = next;
  }

  #count({ kind }: ChatMessage, step: 1 | -1): void {
    const counts = this.#counts;
    if (counts === undefined || kind !== "image" && kind !== "file") return;
    this.#counts = { ...counts, [kind]: counts[kind] + step };
  }

  #change(change: () => void): void {
    change();
    for (const listener of this.#listeners) listener();
  }
}
