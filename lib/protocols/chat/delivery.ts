/**
 * Gives connections of the chat protocol the messages for their users: those that came while none of the user's clients was
 * there, then those that come. A message is delivered once a socket has taken it.
 */
import { pause } from "../../base/clock.ts";
import { inSlices } from "../../base/slices.ts";
import type { UserId } from "../../base/fields.ts";
import { inSeconds } from "../../base/times.ts";
import type { Arrival } from "../../core/arrival.ts";
import type { Connection } from "../../core/connection.ts";
import type { ConnectionHooks } from "../../core/connection_hooks.ts";
import type { Node } from "../../core/node.ts";
import { Outgoing } from "../../core/outgoing.ts";
import type { RestoreStep } from "../../core/restoring.ts";
import { Slot } from "../../core/slot.ts";
import { actorOf } from "../../conversations/actor.ts";
import type { Conversations } from "../../conversations/conversations.ts";
import { CHAT, chatEventOf } from "../../conversations/events.ts";
import type { Message } from "../../conversations/types.ts";
import { newMessageFrame } from "./frames.ts";
import { TakenMessages, type UpTo } from "./taken.ts";
import { undelivered } from "./undelivered.ts";

/** Most messages that are held back while earlier ones are on their way. Past so many, all of them are read from the store. */
const MOST_HELD = 1000;

/** How soon the store is asked again for what waits for a client. */
const AGAIN_MS = 1000;

const WHAT = "giving a chat client its messages";

/** How many clients are given at once what they have missed while the engine was away. */
const AT_ONCE = 20;

/** Most ids of messages that are known to have been given: a message is told again where its sender repeats it. */
const MOST_GIVEN = 100;

/** What a message of the application itself has as its sender. */
const NO_USER = "0";

/** A connection that is somebody's. */
interface Session {
  readonly taken: TakenMessages;
  /** What came while earlier messages are on their way; `undefined` once those are given. */
  held: Message[] | undefined;
  /** Whether more came than is held. */
  hasMore: boolean;
  /** The ids of the last messages that were given, so that none comes twice. */
  readonly given: Set<number>;
  /** Resolves when earlier messages are given; `undefined` while none are on their way. */
  catchingUp: Promise<void> | undefined;
}

const SESSIONS = new Slot<Session>();

export class ChatDelivery {
  readonly #node: Node;
  readonly #conversations: Conversations;
  readonly #connections = new Set<Connection>();

  constructor(node: Node, conversations: Conversations) {
    this.#node = node;
    this.#conversations = conversations;
  }

  /**
   * The connection hears what is for its user from now on. Resolves once it is subscribed; what its user has missed comes then.
   *
   * @param begun is called before anything comes
   */
  async begin(connection: Connection, user: UserId, begun: () => void = () => {}): Promise<void> {
    if (SESSIONS.of(connection) !== undefined) return begun(); // it has shown another token of the same user
    await connection.identify(user, undefined);
    const taken = new TakenMessages(
      connection,
      (upTo) => this.#node.background.run("delivered messages", this.#mark(connection, upTo)),
    );
    SESSIONS.set(connection, newSession(taken));
    this.#connections.add(connection);
    await this.#conversations.subscribe(connection);
    begun();
    this.#catchUpLater(connection);
  }

  /** Something has happened in a conversation of the connection's user. */
  take(connection: Connection, { publication }: Arrival): void {
    const session = SESSIONS.of(connection);
    if (session === undefined || publication.kind !== CHAT) return;
    const event = chatEventOf(publication);
    if (event.type !== "message" || !isFor(connection, event.message)) return;
    if (session.held === undefined) give(connection, session, event.message);
    else if (session.held.length < MOST_HELD) session.held.push(event.message);
    else session.hasMore = true;
  }

  get hooks(): ConnectionHooks {
    return {
      closing: (connection) => SESSIONS.of(connection)?.taken.finish(),
      closed: (connection) => {
        this.#connections.delete(connection);
        SESSIONS.of(connection)?.taken.close();
      },
    };
  }

  /** Gives again what may have been missed while the engine was away. */
  get restore(): RestoreStep {
    return {
      begin: (hasGap) => {
        for (const connection of hasGap ? this.#connections : []) {
          const session = SESSIONS.of(connection);
          if (session === undefined) continue;
          session.held ??= [];
          session.hasMore = true; // what is read already may have the gap, too
        }
      },
      restore: (signal) =>
        inSlices([...this.#connections], (connection) => this.#catchUpOrLater(connection), {
          atOnce: AT_ONCE,
          signal,
        }),
    };
  }

  async #catchUpOrLater(connection: Connection): Promise<void> {
    await this.#catchUp(connection).catch((error) => {
      this.#node.logFailure(WHAT, error);
      this.#catchUpLater(connection, AGAIN_MS);
    });
  }

  #catchUpLater(connection: Connection, waitMs = 0): void {
    const work = async () => {
      for (let ms = waitMs; !connection.closed; ms = AGAIN_MS) {
        if (ms > 0) await pause(ms);
        try {
          return await this.#catchUp(connection);
        } catch (error) {
          this.#node.logFailure(WHAT, error);
        }
      }
    };
    void work();
  }

  /** Gives what the user's clients have not got yet, then what came meanwhile. Rejects where the store cannot be reached. */
  async #catchUp(connection: Connection): Promise<void> {
    const session = SESSIONS.of(connection);
    if (session?.held === undefined) return;
    session.catchingUp ??= this.#give(connection, session)
      .finally(() => session.catchingUp = undefined);
    await session.catchingUp;
  }

  async #give(connection: Connection, session: Session): Promise<void> {
    while (session.held !== undefined && !connection.closed) {
      session.hasMore = false;
      const upTo = await this.#giveUndelivered(connection, session);
      const { held } = session;
      session.held = session.hasMore ? [] : undefined; // what was not held is read
      for (const message of held) {
        if (message.offset > (upTo.get(message.conversation) ?? 0)) {
          give(connection, session, message);
        }
      }
    }
  }

  /** Gives what is in the store; resolves with how far that is, by conversation. */
  async #giveUndelivered(connection: Connection, session: Session): Promise<UpTo> {
    const upTo = new Map<number, number>();
    for await (const page of undelivered(this.#conversations, actorOf(connection))) {
      await connection.drained();
      for (const message of page) {
        upTo.set(message.conversation, message.offset);
        if (isFor(connection, message) && !session.taken.has(message)) {
          give(connection, session, message);
        }
      }
      connection.charge({ entries: page.length });
      if (connection.closed) break;
    }
    return upTo;
  }

  /** Notes how far a user's messages have come. What cannot be noted comes again with the next connection. */
  async #mark(connection: Connection, upTo: UpTo): Promise<void> {
    const actor = actorOf(connection);
    for (const [conversation, offset] of upTo) {
      try {
        await this.#conversations.seen(actor, conversation, { offset, state: "delivered" });
      } catch (error) {
        this.#node.logFailure("delivered messages", error);
      }
    }
  }
}

function newSession(taken: TakenMessages): Session {
  return { taken, held: [], hasMore: false, given: new Set(), catchingUp: undefined };
}

/** Whether a client of the protocol is told of a message: it is of another, and of a kind that the protocol has. */
function isFor({ user }: Connection, message: Message): boolean {
  return message.kind !== "system" && message.user !== user && !message.isDeleted;
}

function give(connection: Connection, { taken, given }: Session, message: Message): void {
  const { id, conversation, offset, kind, user = NO_USER, text, file, createdAt } = message;
  if (given.has(id)) return;
  given.add(id);
  if (given.size > MOST_GIVEN) given.delete(given.values().next().value ?? 0);
  const content = file?.url ?? file?.id ?? text ?? "";
  const frame = newMessageFrame({
    ...{ id, conversation, user, content, file, kind, at: inSeconds(createdAt) },
  });
  connection.send(new Outgoing(frame));
  taken.note(conversation, offset);
}
