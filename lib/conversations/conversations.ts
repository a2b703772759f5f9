/**
 * The service of conversations, which their commands and routes use: who may do what is said in `access.ts`, what is kept is
 * changed by the works of `store/`, and what has happened goes out by `publisher.ts`. `reading.ts` reads.
 */
import { CodedError } from "../base/errors.ts";
import { optionalId, type UserId } from "../base/fields.ts";
import type { Connection } from "../core/connection.ts";
import type { Work } from "../engines/database/database.ts";
import { noMessage, requireUser } from "./access.ts";
import { changeOf } from "./changes.ts";
import { contentOf, editOf, emojiOf } from "./content.ts";
import type { Doing } from "./doing.ts";
import type { ConversationGate, ConversationListener } from "./listener.ts";
import type { ChatCounters } from "./metrics.ts";
import type { KeptNames } from "./names.ts";
import type { Opening } from "./opening.ts";
import type { MessagePaceLimit } from "./message_pace.ts";
import type { Reading } from "./reading.ts";
import type {
  ConversationChange,
  ConversationList,
  EditRequest,
  FilePage,
  FilesRequest,
  FoundMessages,
  ListRequest,
  MemberPage,
  MessagePage,
  MessageReceipts,
  MessagesRequest,
  OpenedConversation,
  OpenRequest,
  PageRequest,
  SearchRequest,
  Seen,
  SeenRequest,
  SendRequest,
  SentMessage,
  UnreadTotal,
} from "./requests.ts";
import { SentHere } from "./sent_here.ts";
import { edit, react, unsend } from "./store/changing.ts";
import { end } from "./store/membership.ts";
import type { Outcome } from "./store/outcome.ts";
import { seen } from "./store/own_state.ts";
import type { WorkParts } from "./store/parts.ts";
import { send } from "./store/sending.ts";
import { conversationOf } from "./store/statements.ts";
import type { ChatStore } from "./store/store.ts";
import type { ChatSubscribers } from "./subscribers.ts";
import type { Actor, Conversation, Message } from "./types.ts";
import type { Typing } from "./typing.ts";

/** What the service is made of. */
export interface ConversationsParts {
  readonly store: ChatStore;
  readonly doing: Doing;
  readonly opening: Opening;
  readonly reading: Reading;
  readonly typing: Typing;
  readonly subscribers: ChatSubscribers;
  readonly names: KeptNames;
  readonly pace: MessagePaceLimit;
  readonly counters: ChatCounters;
  /** Those who listen; {@linkcode Conversations.listen} adds to them. */
  readonly listeners: ConversationListener[];
}

export class Conversations {
  readonly #parts: ConversationsParts;
  readonly #gates: ConversationGate[] = [];
  readonly #sentHere = new SentHere();

  constructor(parts: ConversationsParts) {
    this.#parts = parts;
  }

  /** Tells another capability what happens in conversations. */
  listen(listener: ConversationListener): void {
    this.#parts.listeners.push(listener);
  }

  /** Asks another capability before something is done. */
  addGate(gate: ConversationGate): void {
    this.#gates.push(gate);
  }

  /** Subscribes a connection to what happens in its user's conversations. Harmless twice. Rejects where it is nobody's yet. */
  subscribe(connection: Connection): Promise<void> {
    this.#parts.names.note(connection);
    return this.#parts.subscribers.subscribe(connection);
  }

  /** The conversations of the actor's user. */
  async list(actor: Actor, request: ListRequest): Promise<ConversationList> {
    return await this.#parts.reading.list(actor, request);
  }

  /** What is unread in all conversations of the actor's user. */
  async unread(actor: Actor): Promise<UnreadTotal> {
    return await this.#parts.reading.unread(actor);
  }

  /** One conversation, with its first members. Rejects with `not_found` where the actor is no member. */
  async get(actor: Actor, id: number): Promise<Conversation> {
    return await this.#parts.reading.get(actor, id);
  }

  /** Finds or makes a conversation. */
  async open(actor: Actor, request: OpenRequest): Promise<OpenedConversation> {
    const { opening, names, counters } = this.#parts;
    names.note(actor);
    for (const gate of this.#gates) await gate.open?.(actor, request);
    const { id, isCreated } = await opening.open(actor, request);
    if (isCreated) counters.conversations.value++;
    return { conversation: await this.get(actor, id), isCreated };
  }

  /**
   * Changes a conversation, its members, or what it is to the actor. Resolves with it as it is now, or where the actor has
   * left it, as it was before.
   */
  async change(actor: Actor, id: number, change: ConversationChange): Promise<Conversation> {
    const { doing, store, names } = this.#parts;
    names.note(actor);
    const before = change.leave ? await this.get(actor, id) : undefined;
    await doing.change(actor.site, id, changeOf(actor, id, change, store.parts.limits));
    return before ?? await this.get(actor, id);
  }

  /** Ends a group for all its members: its owner may, and an application. */
  async end(actor: Actor, id: number): Promise<void> {
    await this.#parts.doing.change(actor.site, id, (parts) => end(parts, actor, id));
  }

  /** The members of a conversation. */
  async members(actor: Actor, id: number, request: PageRequest): Promise<MemberPage> {
    return await this.#parts.reading.members(actor, id, request);
  }

  /** Sends a message. It is stored, and on the disk, before this resolves and before anybody sees it. */
  async send(actor: Actor, asked: SendRequest): Promise<SentMessage> {
    const { doing, store, opening, pace, names, counters } = this.#parts;
    pace.limit(actor);
    names.note(actor);
    const request = await this.#passed(actor, asked);
    const content = contentOf(request, store.parts.limits);
    const ownId = optionalId({ id: request.id });
    const conversation = request.conversation ??
      (await opening.with(actor, requireTo(request))).id;
    const sent = await doing.change(
      actor.site,
      conversation,
      (parts) => send(parts, actor, { conversation, content, ownId }),
      {
        isTold: ({ message, isDuplicate }) => this.#sentHere.tell(message) || !isDuplicate,
        holding: "nothing", // it says so itself
      },
    );
    if (sent.isDuplicate) {
      return { ...sent, message: await this.#parts.reading.withStatus(actor, sent.message) };
    }
    counters.messages.value++;
    return sent;
  }

  async edit(actor: Actor, id: number, asked: EditRequest): Promise<Message> {
    let request = asked;
    for (const gate of this.#gates) {
      if (gate.edit === undefined) continue;
      request = await gate.edit(actor, await this.message(actor, id), request) ?? request;
    }
    const { kind } = await this.message(actor, id);
    const edited = editOf(kind, request, this.#parts.store.parts.limits);
    return await this.#changeMessage(actor, id, (parts) => edit(parts, actor, id, edited));
  }

  /** Takes a message back: what is left says that there was one. */
  async unsend(actor: Actor, id: number): Promise<Message> {
    return await this.#changeMessage(actor, id, (parts) => unsend(parts, actor, id));
  }

  /** Adds a reaction to a message, or takes it away. Harmless twice. */
  async react(actor: Actor, id: number, emoji: string, isOn: boolean): Promise<Message> {
    const by = { ...actor, user: requireUser(actor) };
    const reaction = { id, emoji: emojiOf(emoji), isOn };
    this.#parts.pace.limit(actor);
    return await this.#changeMessage(actor, id, (parts) => react(parts, by, reaction));
  }

  async message(actor: Actor, id: number): Promise<Message> {
    return await this.#parts.reading.message(actor, id);
  }

  async messages(actor: Actor, id: number, request: MessagesRequest): Promise<MessagePage> {
    return await this.#parts.reading.messages(actor, id, request);
  }

  /** The files of a conversation, as far as the actor sees the messages that have them. */
  async files(actor: Actor, id: number, request: FilesRequest): Promise<FilePage> {
    return await this.#parts.reading.files(actor, id, request);
  }

  /** Moves the pointers of the actor's user forward. */
  async seen(actor: Actor, id: number, request: SeenRequest): Promise<Seen> {
    const { doing, counters } = this.#parts;
    const work = (parts: WorkParts) => seen(parts, actor, id, request);
    const result = await doing.change(actor.site, id, work, { holding: "private" });
    if (request.state !== "delivered") counters.reads.value++;
    return result;
  }

  /** Who has a message. */
  async receipts(actor: Actor, message: number): Promise<MessageReceipts> {
    return await this.#parts.reading.receipts(actor, message);
  }

  /** Tells the other members that the actor's user is typing, or not any more. */
  async typing(actor: Actor, id: number, isTyping: boolean): Promise<void> {
    await this.#parts.typing.tell(actor, id, isTyping);
  }

  async search(actor: Actor, request: SearchRequest): Promise<FoundMessages> {
    return await this.#parts.reading.search(actor, request);
  }

  /** Those of these users with whom a user shares a conversation. */
  fellowsAmong(site: string, user: UserId, others: readonly UserId[]): Promise<UserId[]> {
    return this.#parts.reading.fellowsAmong(site, user, others);
  }

  /** The names by which those of the users were known last who have used conversations. */
  names(site: string, users: readonly UserId[]): Promise<ReadonlyMap<UserId, string>> {
    return this.#parts.reading.names(site, users);
  }

  /** What is to be said once all gates have had their word. */
  async #passed(actor: Actor, asked: SendRequest): Promise<SendRequest> {
    let request = asked;
    for (const gate of this.#gates) request = await gate.send?.(actor, request) ?? request;
    return request;
  }

  async #changeMessage(
    actor: Actor,
    id: number,
    work: (parts: WorkParts) => Work<Outcome<Message>>,
  ): Promise<Message> {
    const { doing, store, counters, reading } = this.#parts;
    const conversation = await store.read(() => conversationOf(actor.site, id));
    if (conversation === undefined) throw noMessage(id);
    const message = await doing.change(actor.site, conversation, work);
    counters.changes.value++;
    return await reading.withStatus(actor, message);
  }
}

function requireTo({ to }: SendRequest): UserId {
  if (to !== undefined) return to;
  throw new CodedError("missing_field", "Missing field 'conversation', or 'to'", {
    field: "conversation",
  });
}
