/**
 * The chat protocol: messages between users, as clients of a PHP chat server speak it. Each frame is one JSON object, and the
 * set of commands is fixed (`commands.ts`). What is pushed: `delivery.ts`.
 */
import { CodedError } from "../../base/errors.ts";
import { type Fields, parseObject } from "../../base/fields.ts";
import type { Arrival } from "../../core/arrival.ts";
import type { Command, Commands, Outcome } from "../../core/command.ts";
import type { Connection, Protocol } from "../../core/connection.ts";
import { Outgoing } from "../../core/outgoing.ts";
import type { ChatDelivery } from "./delivery.ts";
import { CHAT_DIALECT, failureFrame } from "./frames.ts";

export const SUBPROTOCOL_CHAT = "notifyli.chat";

/** What stands in the query where a client offers no subprotocol: `/ws?protocol=chat`. */
export const CHAT_IN_QUERY = "chat";

/** Every publication goes by {@linkcode Protocol.take}: not all who hear it are to have a frame of it. */
const NO_KINDS: ReadonlySet<string> = new Set();

export class ChatProtocol implements Protocol {
  readonly name = "chat";
  readonly dialect = CHAT_DIALECT;
  readonly recovers = false;
  readonly kinds = NO_KINDS;
  readonly joins = false;
  readonly #commands: Commands;
  readonly #delivery: ChatDelivery;

  constructor(commands: Commands, delivery: ChatDelivery) {
    this.#commands = commands;
    this.#delivery = delivery;
  }

  /** Lets a client that has proved at the handshake who it is go on without `auth`. */
  beginAtOnce(connection: Connection): void {
    const { identity } = connection;
    if (connection.closed || identity === undefined || identity.isGuest) return;
    connection.work(() => this.#delivery.begin(connection, identity.user));
  }

  split(data: string | Uint8Array): string {
    return typeof data === "string" ? data : new TextDecoder().decode(data);
  }

  handle(connection: Connection, text: string): void {
    const fields = parseObject(text, "frame");
    connection.work(obey, fields, this.#commands.of(fields));
  }

  take(connection: Connection, arrival: Arrival): void {
    this.#delivery.take(connection, arrival);
  }

  warn(): void {} // the protocol has no frame for this: the connection is closed when its time has come

  fail(connection: Connection, { code, message }: CodedError): void {
    if (code === "missed") return; // what the connection has missed comes once it can be read
    connection.send(new Outgoing(failureFrame(message)));
  }
}

function obey(
  connection: Connection,
  fields: Fields,
  command: Command | undefined,
): Promise<void> | void {
  if (command === undefined) {
    throw new CodedError("unknown_type", "Unknown message type", { field: "type" });
  }
  return untilDone(command.run(connection, fields));
}

/** Drops a command's answer: the commands of this protocol send their answers themselves. */
function untilDone(outcome: Outcome): Promise<void> | void {
  if (outcome instanceof Promise) return outcome.then(() => {});
}
