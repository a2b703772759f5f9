/**
 * The service of conversations, which their commands and routes use: what each is allowed to do is asked in `access.ts`, what
 * is kept is changed by the works of `store/`, and what has happened goes out by `publisher.ts`.
 */
import type { UserId } from "../base/fields.ts";
import type { Connection } from "../core/connection.ts";
import type { ConversationGate, ConversationListener } from "./listener.ts";
import type {
  ConversationChange,
  ConversationList,
  EditRequest,
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
import type { Actor, Conversation, Message } from "./types.ts";

export class Conversations {
  /** Tells another capability what happens in conversations. */
  listen(_listener: ConversationListener): void {
    throw new TypeError("not yet");
  }

  /** Asks another capability before something is done. */
  addGate(_gate: ConversationGate): void {
    throw new TypeError("not yet");
  }

  /** Subscribes a connection to what happens in its user's conversations. Harmless twice. Throws where it is nobody's yet. */
  subscribe(_connection: Connection): Promise<void> {
    throw new TypeError("not yet");
  }

  /** The conversations of the actor's user. */
  list(_actor: Actor, _request: ListRequest): Promise<ConversationList> {
    throw new TypeError("not yet");
  }

  /** What is unread in all conversations of the actor's user. */
  unread(_actor: Actor): Promise<UnreadTotal> {
    throw new TypeError("not yet");
  }

  /** One conversation, with its first members. Rejects with `not_found` where the actor is no member. */
  get(_actor: Actor, _id: number): Promise<Conversation> {
    throw new TypeError("not yet");
  }

  /** Finds or makes a conversation. */
  open(_actor: Actor, _request: OpenRequest): Promise<OpenedConversation> {
    throw new TypeError("not yet");
  }

  /** Changes a conversation, its members, or what it is to the actor. Resolves with it as it is now. */
  change(_actor: Actor, _id: number, _change: ConversationChange): Promise<Conversation> {
    throw new TypeError("not yet");
  }

  /** Ends a group for all its members: its owner may, and an application. */
  end(_actor: Actor, _id: number): Promise<void> {
    throw new TypeError("not yet");
  }

  /** The members of a conversation. */
  members(_actor: Actor, _id: number, _request: PageRequest): Promise<MemberPage> {
    throw new TypeError("not yet");
  }

  send(_actor: Actor, _request: SendRequest): Promise<SentMessage> {
    throw new TypeError("not yet");
  }

  edit(_actor: Actor, _message: number, _request: EditRequest): Promise<Message> {
    throw new TypeError("not yet");
  }

  /** Takes a message back: what is left says that there was one. */
  unsend(_actor: Actor, _message: number): Promise<Message> {
    throw new TypeError("not yet");
  }

  /** Adds a reaction to a message, or takes it away. Harmless twice. */
  react(_actor: Actor, _message: number, _emoji: string, _isOn: boolean): Promise<Message> {
    throw new TypeError("not yet");
  }

  message(_actor: Actor, _id: number): Promise<Message> {
    throw new TypeError("not yet");
  }

  messages(_actor: Actor, _conversation: number, _request: MessagesRequest): Promise<MessagePage> {
    throw new TypeError("not yet");
  }

  /** Moves the pointer of the actor's user forward. */
  seen(_actor: Actor, _conversation: number, _request: SeenRequest): Promise<Seen> {
    throw new TypeError("not yet");
  }

  /** Who has a message. */
  receipts(_actor: Actor, _message: number): Promise<MessageReceipts> {
    throw new TypeError("not yet");
  }

  /** Tells the other members that the actor's user is typing, or not any more. */
  typing(_actor: Actor, _conversation: number, _isTyping: boolean): Promise<void> {
    throw new TypeError("not yet");
  }

  search(_actor: Actor, _request: SearchRequest): Promise<FoundMessages> {
    throw new TypeError("not yet");
  }

  /** Those of these users with whom a user shares a conversation. */
  fellowsAmong(_site: string, _user: UserId, _others: readonly UserId[]): Promise<UserId[]> {
    throw new TypeError("not yet");
  }
}
