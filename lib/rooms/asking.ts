/**
 * Asks the application, where it wants to be asked, before a connection comes into a room, says something there, or tells
 * of an event. The rules for rooms are asked first: what they forbid is no question. `asks/questions.ts` asks.
 */
import { askingOf } from "../asks/asking.ts";
import type { Questions } from "../asks/questions.ts";
import type { Revocations } from "../auth/revocations/revocations.ts";
import type { Connection } from "../core/connection.ts";
import type { TokenFacts } from "../core/identity.ts";
import type { RoomMessage } from "./membership.ts";
import { USER_ROOMS } from "./rules/rule.ts";

/** What somebody wants to tell others in a room. */
interface Told {
  readonly event: string;
  readonly data?: unknown;
}

export class RoomAsking {
  readonly #questions: Questions;
  readonly #revocations: Revocations;

  constructor(questions: Questions, revocations: Revocations) {
    this.#questions = questions;
    this.#revocations = revocations;
  }

  /** Whether a frame may wait for an answer, so that those that concern other rooms should not wait for it. */
  get mayTakeTime(): boolean {
    return this.#questions.asks("say") || this.#questions.asks("enter");
  }

  /** As {@linkcode RoomAsking.mayTakeTime}, for events. */
  get mayHoldEvents(): boolean {
    return this.#questions.asks("event") || this.#questions.asks("enter");
  }

  /** Whether the application is asked about entrances of a room. A user's own room is the user's, whatever it would say. */
  asksOfEntry(room: string): boolean {
    return this.#questions.asksOfRoom("enter", room) && !room.startsWith(USER_ROOMS);
  }

  /**
   * Asks whether a connection may come in. Resolves with what the yes can be revoked by; with `undefined` where there was none,
   * but failures are open, or where nothing has to be proved.
   */
  async entry(connection: Connection, room: string): Promise<TokenFacts | undefined> {
    const askedAt = Date.now();
    const isYes = await this.#questions.enter(askingOf(connection), { room });
    this.#requireUnrevoked(connection);
    const { identity } = connection;
    if (identity === undefined || !isYes) return undefined;
    const { site, user, session } = identity;
    return { site, user, session, issuedAt: askedAt };
  }

  /**
   * Asks whether a connection may say something. `undefined` where nobody is asked, as one look shows: it runs for every
   * message. Resolves with what is to be said.
   */
  speech(
    connection: Connection,
    message: RoomMessage,
    isInRoom: boolean,
  ): Promise<RoomMessage> | undefined {
    const { room } = message;
    const isAsked = this.#questions.asksOfRoom("say", room);
    const isEntry = !isInRoom && this.asksOfEntry(room);
    if (!isAsked && !isEntry) return undefined;
    return this.#speech(connection, message, { isAsked, isEntry });
  }

  async #speech(
    connection: Connection,
    message: RoomMessage,
    { isAsked, isEntry }: { isAsked: boolean; isEntry: boolean },
  ): Promise<RoomMessage> {
    const asking = askingOf(connection, message.name);
    if (isEntry) await this.#questions.enter(asking, { room: message.room });
    const other = isAsked ? await this.#questions.say(asking, message) : undefined;
    this.#requireUnrevoked(connection);
    return other === undefined
      ? message
      : { ...message, message: undefined, data: undefined, ...other };
  }

  /** As {@linkcode RoomAsking.speech}, for an event. */
  event(
    connection: Connection,
    { room, name, event }: { room: string; name: string; event: Told },
    isInRoom: boolean,
  ): Promise<Told> | undefined {
    const isAsked = this.#questions.asksOfRoom("event", room);
    const isEntry = !isInRoom && this.asksOfEntry(room);
    if (!isAsked && !isEntry) return undefined;
    const asking = askingOf(connection, name);
    return (async () => {
      if (isEntry) await this.#questions.enter(asking, { room });
      const other = isAsked ? await this.#questions.event(asking, { room, ...event }) : undefined;
      this.#requireUnrevoked(connection);
      return other === undefined ? event : { ...event, data: other.data };
    })();
  }

  /** Whoever was revoked or blocked while the question was under way does nothing more. */
  #requireUnrevoked({ identity, site, user }: Connection): void {
    if (identity !== undefined) return this.#revocations.require(identity);
    const block = user === undefined ? undefined : this.#revocations.blockOf(site, user);
    if (block !== undefined) throw block;
  }
}
