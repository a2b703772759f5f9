/**
 * Protocol version 2 (`notifyli.v2`): a text message has one or more JSON objects, commands with a `ref` are answered, and
 * messages and notifications have offsets, so that nothing is missed.
 */
import { CodedError } from "../../base/errors.ts";
import { tracer } from "../../base/tracing.ts";
import { type Fields, parseObject, requiredText } from "../../base/fields.ts";
import type { Command, Commands } from "../../core/command.ts";
import { refField } from "../../core/command_fields.ts";
import type { Connection, Protocol } from "../../core/connection.ts";
import { MAX_LINES } from "../../core/frame_queue.ts";
import { Outgoing } from "../../core/outgoing.ts";
import { errorFrame, JSON_DIALECT, pongFrame, sessionFrame } from "../frames.ts";

export const SUBPROTOCOL_V2 = "notifyli.v2";

/**
 * How long one of several answers that are there at once waits for a client that reads slowly: as long as a client may be
 * slow.
 */
const DRAIN_MS = 1000;

/**
 * After an answer of so many characters, the next command waits until the client has taken the better part of what waits for
 * it. Otherwise a client that asks for much at once would be closed for what it asked.
 */
const LONG_ANSWER = 10_000;

/** The types of frames that only the server sends. `inbox` is the type of a command, too. */
const SERVER_TYPES = new Set([
  "usermsg",
  "direct_message",
  "error",
  "reply",
  "join",
  "leave",
  "left",
  "pong",
  "position",
  "session",
  "new_message",
  "message_changed",
  "receipt",
  "conversation_changed",
  "user_presence",
]);

export function protocolV2(commands: Commands): Protocol {
  return {
    name: "v2",
    dialect: JSON_DIALECT,
    recovers: true,
    joins: true,
    split: (data) => linesOf(typeof data === "string" ? data : new TextDecoder().decode(data)),
    handle(connection, text) {
      const fields = parseObject(text, "frame");
      connection.work(obey, fields, commands.of(fields));
    },
    warn: (connection, expiresAt) => connection.send(new Outgoing(sessionFrame(expiresAt))),
    fail: (connection, error, fields) => connection.send(failure(error, fields)),
  };

  async function obey(
    connection: Connection,
    fields: Fields,
    command: Command | undefined,
    turn?: Promise<void>,
  ): Promise<void> {
    const ref = refField(fields);
    connection.proof.admit(fields["type"]);
    if (command === undefined) throw typeError(requiredText(fields, "type", 32));
    const answer = await (tracer === undefined ? command.run(connection, fields) : tracer.run(
      `command ${command.type}`,
      { kind: "server", isRoot: true },
      async () => await command.run(connection, fields),
    ));
    if (turn !== undefined) await turn.then(() => connection.drained(DRAIN_MS));
    let length = 0;
    if (ref !== undefined) {
      const reply = JSON.stringify({ type: "reply", ref, success: true, data: answer?.data });
      length = reply.length;
      connection.send(new Outgoing(reply));
    } else if (command.type === "ping") connection.send(new Outgoing(pongFrame()));
    answer?.sent?.(ref !== undefined);
    if (length > LONG_ANSWER) await connection.drained();
  }
}

function typeError(type: string): CodedError {
  const field = "type";
  if (SERVER_TYPES.has(type)) {
    const message = `Field 'type' is "${type}", which only the server sends`;
    return new CodedError("forbidden_type", message, { field });
  }
  const message = `Unknown 'type': current value is ${JSON.stringify(type)}`;
  return new CodedError("unknown_type", message, { field });
}

/**
 * The lines of a message, but for an empty one at its end. A message is cut into one piece more than is taken, and no more:
 * by that piece the client is seen to send too much.
 */
function linesOf(message: string): string | string[] {
  if (!message.includes("\n")) return message;
  const lines = message.split("\n", MAX_LINES + 2);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

function failure({ code, message, options }: CodedError, fields?: Fields): Outgoing {
  const { field, retryAfterMs: retry_after_ms } = options;
  const ref = fields?.["ref"];
  if (typeof ref === "string" || typeof ref === "number") {
    const told = { code, error: message, field, retry_after_ms };
    return new Outgoing(JSON.stringify({ type: "reply", ref, success: false, ...told }));
  }
  return new Outgoing(errorFrame({ code, message, field, retry_after_ms }));
}
