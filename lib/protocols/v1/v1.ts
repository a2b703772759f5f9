/** The base protocol: each frame is one JSON object, and the set of commands is fixed (`commands.ts`). */
import { CodedError, type ErrorCode } from "../../base/errors.ts";
import { type Fields, optionalId, parseObject } from "../../base/fields.ts";
import type { Command, Commands, Outcome } from "../../core/command.ts";
import type { Connection, Protocol } from "../../core/connection.ts";
import { Outgoing } from "../../core/outgoing.ts";
import { errorFrame, JSON_DIALECT } from "../frames.ts";

/** The name of the base protocol. A client need not offer it, unless it is a browser that offers a token beside it. */
export const SUBPROTOCOL_V1 = "notifyli.v1";

/** The types of frames that only the server sends. `leave`, `presence` and `usermsg` are types of commands, too. */
const SERVER_TYPES = new Set(["direct_message", "error", "join", "left", "pong"]);

/** The kinds of publications that the base protocol has frames for: clients of it get nothing of later ones. */
const KINDS: ReadonlySet<string> = new Set(["message", "notification", "join", "leave"]);

export interface ProtocolV1 extends Protocol {
  /** Joins a room before the first frame, where the query names one. */
  joinAtOnce(connection: Connection, query: URLSearchParams): void;
}

export function protocolV1(commands: Commands): ProtocolV1 {
  return {
    name: "v1",
    dialect: JSON_DIALECT,
    recovers: false,
    kinds: KINDS,
    joins: false,
    split: (data) => typeof data === "string" ? data : refuseBinary(data),
    handle(connection, text) {
      const fields = parseObject(text, "frame");
      connection.work(obey, fields, commands.of(fields));
    },
    warn() {}, // the base protocol has no frame for this: the connection is closed when its time has come
    fail: (connection, error, fields) => connection.send(failure(error, fields)),
    joinAtOnce(connection, query) {
      if (connection.closed || !namesRoom(query)) return;
      const fields = { ...Object.fromEntries(query), type: "keepalive", token: undefined };
      connection.work(() => obey(connection, fields, commands.of(fields)));
    },
  };

  function obey(
    connection: Connection,
    fields: Fields,
    command: Command | undefined,
  ): Promise<void> | void {
    const { type } = fields;
    connection.proof.admit(type);
    if (command === undefined) throw typeError(type, commands.types);
    return untilDone(command.run(connection, fields));
  }
}

/** Whether a query asks to join a room at once: `/ws?user_id=123&room=lobby&name=Alice`. */
export function namesRoom(query: URLSearchParams): boolean {
  return query.has("room") || query.has("user_id");
}

function refuseBinary(data: Uint8Array): never {
  throw new CodedError(
    "invalid_frame",
    `Cannot take a binary message of ${data.length} bytes: send text`,
  );
}

/** Drops a command's answer: commands of the base protocol send their answers themselves. */
function untilDone(outcome: Outcome): Promise<void> | void {
  if (outcome instanceof Promise) return outcome.then(() => {});
}

function failure({ code, message, options }: CodedError, fields?: Fields): Outgoing {
  const { field, retryAfterMs: retry_after_ms } = options;
  return new Outgoing(errorFrame({ code, message, field, id: idOf(fields), retry_after_ms }));
}

function idOf(fields: Fields | undefined): string | undefined {
  try {
    return fields && optionalId(fields);
  } catch {
    return undefined; // the id itself is what was wrong
  }
}

function typeError(type: unknown, allowed: readonly string[]): CodedError {
  const refused = (code: ErrorCode, message: string) =>
    new CodedError(code, message, { field: "type" });
  if (type === undefined || type === null || type === "") {
    return refused("missing_field", "Missing field 'type'");
  }
  const value = JSON.stringify(type).slice(0, 80);
  if (typeof type !== "string") {
    const message = `Cannot take field 'type': current value is ${value}, allowed is a string`;
    return refused("invalid_field", message);
  }
  if (SERVER_TYPES.has(type)) {
    return refused("forbidden_type", `Field 'type' is ${value}, which only the server sends`);
  }
  const message = `Unknown 'type': current value is ${value}, allowed is ${allowed.join(", ")}`;
  return refused("unknown_type", message);
}
