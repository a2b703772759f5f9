/** The list of conversations as applications have it; `list.ts` keeps it right. */
import { Emitter, type Handler } from "../core/events.ts";
import type { NotifyliError } from "../core/errors.ts";
import { newMessageId } from "../core/ids.ts";
import type { Link } from "../core/requests.ts";
import type { ArchivedConversations, ConversationList } from "./api.ts";
import type { Known } from "./known.ts";
import type { SyncedList } from "./list.ts";
import { wireId } from "./content.ts";
import type {
  ConversationInfo,
  ConversationsEvents,
  FoundMessages,
  NewGroup,
  SearchOptions,
  UnreadTotals,
} from "./types.ts";
import { readFound, readInfo } from "./wire.ts";

interface ListHost {
  readonly link: Link;
  readonly known: Known;
  readonly list: SyncedList;
  take(answer: ConversationInfo): ConversationInfo;
  failed(error: NotifyliError): void;
}

export class Conversations implements ConversationList {
  readonly #host: ListHost;
  readonly #events: Emitter<ConversationsEvents>;
  /** The items, put together when they are asked for after a change. */
  #items: { open?: readonly ConversationInfo[]; archived?: readonly ConversationInfo[] } = {};
  #archived: ArchivedConversations | undefined;

  constructor(host: ListHost) {
    this.#host = host;
    this.#events = new Emitter((error) => host.failed(error));
  }

  get isLoaded(): boolean {
    return this.#host.list.isLoaded(false);
  }

  get items(): readonly ConversationInfo[] {
    return this.#items.open ??= this.#host.list.items(false);
  }

  get unread(): UnreadTotals {
    return this.#host.known.unread;
  }

  get hasMore(): boolean {
    return this.#host.list.hasMore(false);
  }

  loadMore(limit?: number): Promise<void> {
    return this.#host.list.loadMore(false, limit);
  }

  get archived(): ArchivedConversations {
    if (this.#archived !== undefined) return this.#archived;
    const { list } = this.#host;
    const items = () => this.#items.archived ??= list.items(true);
    this.#archived = {
      get isLoaded() {
        return list.isLoaded(true);
      },
      get items() {
        return items();
      },
      get hasMore() {
        return list.hasMore(true);
      },
      loadMore: (limit) => list.loadMore(true, limit),
      on: (...asked) => this.on(...asked),
    };
    this.#host.list.loadMore(true).catch((error) => this.#host.failed(error));
    return this.#archived;
  }

  on<E extends keyof ConversationsEvents>(
    event: E,
    handler: Handler<ConversationsEvents[E]>,
  ): () => void {
    return this.#events.on(event, handler);
  }

  private(userId: string | number): Promise<ConversationInfo> {
    return this.#open({ type: "conversation", kind: "private", members: [wireId(userId)] });
  }

  createGroup({ name, members, picture, data, history }: NewGroup): Promise<ConversationInfo> {
    return this.#open({
      ...{ type: "conversation", kind: "group", name, members: members.map(wireId) },
      ...(picture === undefined ? {} : { picture }),
      ...(data === undefined ? {} : { data }),
      ...(history === undefined ? {} : { history }),
      id: newMessageId(),
    });
  }

  async search(
    text: string,
    { conversation, limit, cursor, signal }: SearchOptions = {},
  ): Promise<FoundMessages> {
    signal?.throwIfAborted();
    const found = this.#host.link.enqueue({
      ...{ type: "search", q: text },
      ...(conversation === undefined ? {} : { conversation }),
      ...(limit === undefined ? {} : { limit }),
      ...(cursor === undefined ? {} : { cursor }),
    });
    return readFound(await (signal === undefined ? found : unlessAborted(found, signal)));
  }

  /** The client calls this and the next. Returns whether anyone listened. */
  emit<E extends keyof ConversationsEvents>(event: E, value: ConversationsEvents[E]): boolean {
    return this.#events.emit(event, value);
  }

  /** @param isTold whether that is told of soon, with other changes */
  changed(isTold = false): void {
    this.#items = {};
    if (!isTold) this.#events.emit("changed", undefined);
  }

  async #open(command: Parameters<Link["enqueue"]>[0]): Promise<ConversationInfo> {
    const { conversation } = await this.#host.link.enqueue(command);
    return this.#host.take(readInfo(conversation));
  }
}

/** The answer may come all the same; nobody waits for it any more. */
function unlessAborted<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort);
    answer.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
