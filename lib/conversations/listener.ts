/** What other capabilities hear of conversations, on the node where it happens, and what they may refuse. */
import type { UserId } from "../base/fields.ts";
import type { Statement } from "../engines/database/database.ts";
import type { EditRequest, OpenRequest, SendRequest } from "./requests.ts";
import type { Actor, ConversationKind, Message } from "./types.ts";

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
  /** The offset up to which the user has read the conversation. */
  readonly read: number;
}

/** Reads members of a conversation, as they are now. @param among only those of these who are in it */
export type ReadRecipients = (among?: readonly UserId[]) => Promise<readonly Recipient[]>;

/** Something that happens in a conversation. */
export type Happening =
  /** A message that is new, a system message too. It is not said of one that was there before. */
  | {
    readonly what: "message";
    readonly message: Message;
    /** Who is in the conversation, the sender too. */
    readonly members: readonly UserId[];
    /** Whether the sender had read all that came before. */
    readonly isCaughtUp: boolean;
  }
  | { readonly what: "changed"; readonly message: Message; readonly change: "edited" | "deleted" }
  /** A user has read it up to an offset, the first time. */
  | {
    readonly what: "read";
    readonly user: UserId;
    readonly offset: number;
    readonly unread: number;
  }
  /** Users are members from now on, or not any more. Who leaves is removed by nobody else. */
  | {
    readonly what: "added" | "removed";
    /** The offset of the event in the conversation. */
    readonly offset: number;
    readonly users: readonly UserId[];
    readonly by: Actor;
  };

export interface ConversationListener {
  /**
   * The statements that belong into the transaction that stores what happens, so that a crash loses neither without the other.
   * As a transaction may run again, this may be asked of the same again.
   */
  storing?(place: Place, happening: Happening): readonly Statement[];
  /**
   * Hears of it, by the same object, once it is stored. Must not throw.
   *
   * @param recipients reads the members but for the sender of a message
   */
  stored?(place: Place, happening: Happening, recipients: ReadRecipients): void;
}

/** What may be refused before it is done. A gate throws, or rejects with, the error that the caller gets. */
export interface ConversationGate {
  /**
   * Gives what is to be said in place of what the caller says, or nothing. The request has no `conversation` where the message
   * goes to a private one that may not be there yet.
   */
  send?(actor: Actor, request: SendRequest): Promise<SendRequest | void> | SendRequest | void;
  /** As `send`, before a message gets other words. */
  edit?(
    actor: Actor,
    message: Message,
    request: EditRequest,
  ): Promise<EditRequest | void> | EditRequest | void;
  open?(actor: Actor, request: OpenRequest): Promise<void> | void;
}
