/** Sessions: streams whose commands come by requests of their own, to whichever node. */
import { randomBase64Url } from "../../base/ids.ts";
import { unixSeconds } from "../../base/times.ts";
import type { Broker } from "../../core/broker.ts";
import { sessionChannel } from "../../core/channel.ts";
import type { Connection } from "../../core/connection.ts";
import type { ConnectionHooks } from "../../core/connection_hooks.ts";
import type { Kinds, Node } from "../../core/node.ts";
import { Slot } from "../../core/slot.ts";

/** 128 random bits, since whoever knows a session may send as its client. */
const SESSION_BYTES = 16;
const SESSION = /^[\w-]{22}$/;

const SESSIONS = new Slot<string>();

/** Gives a session's connection its commands. */
export const SESSION_KINDS: Kinds = {
  command({ connections }, { publication: { message = "" } }) {
    for (const connection of connections) connection.message(message);
  },
};

/** Ends the session of a connection that is gone. */
export function sessionHooks(node: Node): ConnectionHooks {
  return {
    closed(connection) {
      const session = SESSIONS.of(connection);
      if (session === undefined) return;
      node.unsubscribeLater(connection, sessionChannel(session));
    },
  };
}

export function newSession(): string {
  return randomBase64Url(SESSION_BYTES);
}

/**
 * Hands commands to the connection that has the session, on whichever node, and says whether there is one. All commands go
 * by the broker, so that commands which reach two nodes stay in order.
 */
export function sendToSession(broker: Broker, session: string, text: string): Promise<boolean> {
  if (!SESSION.test(session)) return Promise.resolve(false);
  const publication = { kind: "command", id: "-", at: unixSeconds(), message: text };
  return broker.forward(sessionChannel(session), publication);
}

/** From now on the connection takes the commands that are sent to its session, to this node or another. */
export async function openSession(
  node: Node,
  connection: Connection,
  session: string,
): Promise<void> {
  if (connection.closed) return;
  SESSIONS.set(connection, session);
  await node.subscribe(connection, sessionChannel(session));
}
