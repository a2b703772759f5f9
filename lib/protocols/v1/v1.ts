/** Seed 000's protocol: one JSON object a frame, a client is in a room by speaking there. */
import type { Connection, Protocol } from "../../core/connection.ts";
import type { PublishedMessage } from "../../rooms/membership.ts";
import { CodedError } from "../../base/errors.ts";
import { type Fields, optionalId, parseObject } from "../../base/fields.ts";
import { authFrame, errorFrame, leftFrame, pongFrame, presenceFrame } from "../frames.ts";
import { type Command, namesRoom, parseCommand, parseQuery } from "./commands.ts";
import { Outgoing } from "../../core/outgoing.ts";

/** Its name where a client offers one, as a browser must that offers a token beside it. */
export const SUBPROTOCOL_V1 = "notifyli.v1";

export const PROTOCOL_V1: Protocol = {
  hasInbox: false,
  joins: false,
  split(data) {
    if (typeof data === "string") return data;
    throw new CodedError(
      "invalid_frame",
      `Cannot take a binary message of ${data.length} bytes: send text`,
    );
  },
  handle(client, text) {
    client.work(obey, parseObject(text, "frame"));
  },
  warn() {}, // seed 000 knows no such frame: the connection is closed when the time has come
  fail(client, { code, message, options: { field, retryAfterMs } }, fields) {
    const id = idOf(fields);
    client.send(
      new Outgoing(errorFrame({ code, message, field, id, retry_after_ms: retryAfterMs })),
    );
  },
};

/** Joins a room before the first frame, where a query asks for one and the client was not closed as it came. */
export function joinAtOnce(client: Connection, query: URLSearchParams): void {
  if (client.closed || !namesRoom(query)) return;
  client.work(() => {
    client.auth.admit("keepalive");
    return execute(client, parseQuery(query, client.limits, client.auth.identity?.user));
  });
}

function obey(client: Connection, fields: Fields): Promise<void> | void {
  client.auth.admit(fields["type"]);
  return execute(client, parseCommand(fields, client.limits, client.auth.identity?.user));
}

/** Returns a promise only where later frames of this client must wait. */
function execute(client: Connection, command: Command): Promise<void> | void {
  switch (command.type) {
    case "usermsg": {
      client.identify(command.user, command.name);
      const joining = client.join(command.room, command.name, command.token);
      return joining ? joining.then(() => publish(client, command)) : publish(client, command);
    }
    case "keepalive":
      client.identify(command.user, command.name);
      return client.join(command.room, command.name, command.token);
    case "leave":
      return leave(client, command.room);
    case "presence":
      return presence(client, command.room);
    case "auth":
      return authenticate(client, command.token);
    case "ping":
      return client.send(new Outgoing(pongFrame()));
  }
}

/** Does not wait for the engine: what is published later comes later, and errors say which message they mean. */
function publish(client: Connection, command: Extract<Command, { type: "usermsg" }>): void {
  const { user, id, room, message } = command;
  const publishing = client.publish({ id, room, user, name: client.nameIn(room), message });
  if (!(publishing instanceof Promise)) return repeat(client, publishing);
  publishing.then(
    (published) => repeat(client, published),
    (error) => client.reportError(error, id === undefined ? undefined : { id }),
  );
}

/** The sender of a message that was there before does not know that it was taken then: here is the proof. */
function repeat(client: Connection, { published, text }: PublishedMessage): void {
  if (published?.isDuplicate) client.send(new Outgoing(text));
}

async function authenticate(client: Connection, token: string): Promise<void> {
  const { user } = await client.auth.authenticate(token);
  client.send(new Outgoing(authFrame(user)));
}

async function leave(client: Connection, room: string): Promise<void> {
  client.requireMembership(room, "leave");
  await client.node.leave(client, room);
  client.send(new Outgoing(leftFrame(room)));
}

async function presence(client: Connection, room: string): Promise<void> {
  client.requireMembership(room, "list");
  client.holdRoom(room);
  try {
    const users = await client.node.watch(client, room);
    client.send(new Outgoing(presenceFrame(room, users)));
  } finally {
    client.releaseRoom(room);
  }
}

function idOf(fields: Fields | undefined): string | undefined {
  try {
    return fields && optionalId(fields);
  } catch {
    return undefined; // the id is what was wrong
  }
}
