/** Reads conversations and messages for those who may see them. */
import type { UserId } from "../base/fields.ts";
import { CodedError } from "../base/errors.ts";
import { invalid } from "../base/fields.ts";
import type { Work } from "../engines/database/database.ts";
import { isWhole, noConversation, requireUser } from "./access.ts";
import type {
  ConversationList,
  FilePage,
  FilesRequest,
  FoundMessages,
  ListRequest,
  MemberPage,
  MessagePage,
  MessageReceipts,
  MessagesRequest,
  PageRequest,
  SearchRequest,
  UnreadTotal,
} from "./requests.ts";
import { listFiles } from "./store/file_list.ts";
import { listOf, pageOfList, plainView, timeOfList, viewConversation } from "./store/listing.ts";
import { withReactions } from "./store/message_rows.ts";
import { unreadTotal } from "./store/own_state.ts";
import { readMessages } from "./store/paging.ts";
import { MOST_WORDS, searchablePlaces, searchMessages } from "./store/searching.ts";
import { enter, enterMessage } from "./store/statements.ts";
import { receiptsOf, withStatuses } from "./store/statuses.ts";
import type { ChatStore } from "./store/store.ts";
import { fellowsAmong, listMembers, namesOf } from "./store/users.ts";
import type { Actor, Conversation, Message } from "./types.ts";
import { wantedWords } from "./words.ts";

/** How many members stand in a conversation that is read alone. */
const FIRST_MEMBERS = 50;

export class Reading {
  readonly #store: ChatStore;

  constructor(store: ChatStore) {
    this.#store = store;
  }

  async list(actor: Actor, request: ListRequest): Promise<ConversationList> {
    const user = requireUser(actor);
    const { site } = actor;
    const store = this.#store;
    const { limit } = request;
    // What hangs on nothing is asked beside the rest: PostgreSQL may be far away.
    const [{ synced, page }, unread, seesReading] = await Promise.all([
      store.read(function* ({ sql }) {
        const synced = yield* timeOfList(sql, request);
        return { synced, page: yield* pageOfList({ site, user }, request) };
      }),
      store.read(() => unreadTotal(site, user)),
      store.read(() => this.#seesReading(actor)),
    ]);
    const list = listOf(page, { site, user, seesReading }, { limit, synced });
    const { show } = store.parts;
    return { ...list, conversations: list.conversations.map((each) => shown(each, show)), unread };
  }

  unread(actor: Actor): Promise<UnreadTotal> {
    const user = requireUser(actor);
    return this.#store.read(() => unreadTotal(actor.site, user));
  }

  get(actor: Actor, id: number): Promise<Conversation> {
    const sees = this.#seesReading(actor);
    return this.#store.read(function* ({ show }) {
      const seesReading = yield* sees;
      const view = isWhole(actor)
        ? plainView((yield* enter(actor, id)).conversation)
        : yield* viewConversation({ site: actor.site, user: requireUser(actor), seesReading }, id);
      if (view === undefined) throw noConversation(id);
      const { members, next } = yield* listMembers(id, { limit: FIRST_MEMBERS }, seesReading);
      return { ...shown(view, show), members, membersNext: next };
    });
  }

  members(actor: Actor, id: number, request: PageRequest): Promise<MemberPage> {
    const sees = this.#seesReading(actor);
    return this.#store.read(function* () {
      yield* enter(actor, id);
      return yield* listMembers(id, request, yield* sees);
    });
  }

  message(actor: Actor, id: number): Promise<Message> {
    const sees = this.#seesReading(actor);
    return this.#store.read(function* ({ show }) {
      const found = yield* enterMessage(actor, id);
      const messages = yield* withReactions([found], actor.user);
      const [message] = yield* withStatuses(messages, actor.user, yield* sees);
      return show(message ?? found.message);
    });
  }

  /** A message with how far it came, where the actor sent it. Never rejects: what was done with it is done. */
  async withStatus(actor: Actor, plain: Message): Promise<Message> {
    const message = this.#store.parts.show(plain);
    if (message.user !== actor.user) return message;
    const sees = this.#seesReading(actor);
    const read = this.#store.read(function* () {
      const [found] = yield* withStatuses([message], actor.user, yield* sees);
      return found ?? message;
    });
    return await read.catch(() => message);
  }

  messages(actor: Actor, id: number, request: MessagesRequest): Promise<MessagePage> {
    const sees = this.#seesReading(actor);
    return this.#store.read(function* ({ show }) {
      const entered = yield* enter(actor, id);
      const page = yield* readMessages(entered, request, yield* sees);
      return { ...page, messages: page.messages.map(show) };
    });
  }

  files(actor: Actor, id: number, request: FilesRequest): Promise<FilePage> {
    return this.#store.read(function* ({ sql, show }) {
      const page = yield* listFiles(sql, yield* enter(actor, id), request);
      return { ...page, messages: page.messages.map(show) };
    });
  }

  receipts(actor: Actor, id: number): Promise<MessageReceipts> {
    const sees = this.#seesReading(actor);
    return this.#store.read(function* () {
      const { message } = yield* enterMessage(actor, id);
      return yield* receiptsOf(message, yield* sees);
    });
  }

  search(actor: Actor, request: SearchRequest): Promise<FoundMessages> {
    const { query, conversation, limit, cursor } = request;
    const words = wantedWords(query, MOST_WORDS);
    if (words.length === 0) throw invalid("q", query, "a text with a letter or a digit");
    if (conversation === undefined && actor.user === undefined) {
      throw new CodedError("missing_field", "Missing field 'conversation'", {
        field: "conversation",
      });
    }
    return this.#store.read(function* ({ sql, show }) {
      const places = conversation === undefined
        ? yield* searchablePlaces(actor.site, requireUser(actor))
        : yield* onePlace(actor, conversation);
      const found = yield* searchMessages(sql, { words, places, limit, cursor });
      return { ...found, messages: found.messages.map(show) };
    });
  }

  fellowsAmong(site: string, user: UserId, others: readonly UserId[]): Promise<UserId[]> {
    return this.#store.read(() => fellowsAmong(site, user, others));
  }

  names(site: string, users: readonly UserId[]): Promise<ReadonlyMap<UserId, string>> {
    return this.#store.read(() => namesOf(site, users));
  }

  /** Whether the actor is told what others have read. A work, which is run once. */
  *#seesReading({ site, user }: Actor): Work<boolean> {
    if (user === undefined) return true;
    const privacies = yield* this.#store.parts.people.privacies(site, [user]);
    return privacies.get(user)?.readReceipts !== false;
  }
}

function shown(conversation: Conversation, show: (message: Message) => Message): Conversation {
  const { lastMessage } = conversation;
  return lastMessage === undefined
    ? conversation
    : { ...conversation, lastMessage: show(lastMessage) };
}

function* onePlace(actor: Actor, id: number): Work<Map<number, number>> {
  const { conversation, member } = yield* enter(actor, id);
  return new Map([[conversation.id, member?.fromOffset ?? 0]]);
}
