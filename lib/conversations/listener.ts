/** What other capabilities hear of conversations, on the node where it happened, once it is stored. */
import type { UserId } from "../base/fields.ts";
import type { Actor, Conversation, ConversationKind, Message, Role } from "./types.ts";
import type { OpenRequest, SendRequest } from "./requests.ts";

/** The conversation that something happened in. */
export interface Place {
  readonly site: string;
  readonly id: number;
  readonly kind: ConversationKind;
  readonly name?: string | undefined;
}

/** A member whom a message is for. */
export interface Recipient {
  readonly user: UserId;
  /** Unix time in milliseconds until which the conversation is muted for the user. */
  readonly mutedUntil: number;
}

export interface ConversationListener {
  /**
   * A message was stored that is new. It is not said of one that was there before.
   *
   * @param recipients reads the members but for the sender
   */
  message?(place: Place, message: Message, recipients: () => Promise<readonly Recipient[]>): void;
  /** A user has read a conversation up to an offset, the first time. */
  read?(place: Place, user: UserId, upTo: { offset: number; unread: number }): void;
  added?(place: Place, users: readonly UserId[], by: Actor): void;
  /** Users are not members any more. @param by is the user alone who has left */
  removed?(place: Place, users: readonly UserId[], by: Actor): void;
}

/** What may be refused before it is done. A gate rejects with the error that the caller gets. */
export interface ConversationGate {
  /** @param conversation absent where the message goes to a private one that may not be there yet */
  send?(actor: Actor, request: SendRequest): Promise<void> | void;
  open?(actor: Actor, request: OpenRequest): Promise<void> | void;
}
