/** What each server wants to hear: how a client comes into a room, and how it speaks there. */
import { createHmac } from "node:crypto";

export const DIALECTS = ["bare", "v1", "v2", "told", "socketio"] as const;
export type DialectName = typeof DIALECTS[number];

/** One client: its number is its user id. */
export interface Speaker {
  readonly user: number;
  readonly room: string;
}

export interface Dialect {
  readonly path: string;
  readonly subprotocol?: string;
  /** Frames to say in turn; the first after the upgrade, or where `waits`, after the server's first frame. */
  hello(speaker: Speaker): readonly string[];
  /** Whether each frame of `hello` answers one of the server's. */
  readonly waits: boolean;
  /** Whether a text from the server may have several frames, one a line. */
  readonly hasLines?: boolean;
  /** Whether what is said does not come back to who said it. */
  readonly sparesSender?: boolean;
  /** @param stamp what the receivers look for */
  publish(speaker: Speaker, stamp: string): string;
  /** A text that is no message: the protocol's own ping; and its answer. */
  readonly ping?: string;
  readonly pong?: string;
}

const V2 = {
  path: "/ws",
  subprotocol: "notifyli.v2",
  hasLines: true,
  waits: false,
  hello: ({ user, room }: Speaker) => [
    `${JSON.stringify({ type: "connect", ref: 1, user_id: user })}\n` +
    JSON.stringify({ type: "subscribe", ref: 2, room }),
  ],
};

export const dialects: Readonly<Record<DialectName, Dialect>> = {
  bare: {
    path: "/ws",
    waits: false,
    hello: ({ user, room }) => [JSON.stringify({ type: "join", user_id: user, room })],
    publish: message,
  },
  v1: {
    path: "/ws",
    waits: false,
    hello: ({ user, room }) => [JSON.stringify({ type: "keepalive", user_id: user, room })],
    publish: message,
  },
  v2: {
    ...V2,
    publish: ({ room }, stamp) =>
      JSON.stringify({ type: "publish", room, message: `${stamp} hello` }),
  },
  told: {
    ...V2,
    sparesSender: true,
    publish: ({ room }, stamp) =>
      JSON.stringify({ type: "event", room, event: "typing", data: `${stamp} hello` }),
  },
  socketio: {
    path: "/socket.io/?EIO=4&transport=websocket",
    waits: true,
    hello: ({ room }) => ["40", `42${JSON.stringify(["join", { room }])}`],
    publish: (speaker, stamp) => `42["msg",${message(speaker, stamp)}]`,
    ping: "2",
    pong: "3",
  },
};

/** The base protocol's, which the peers take, too. */
function message({ user, room }: Speaker, stamp: string): string {
  return JSON.stringify({
    type: "usermsg",
    user_id: user,
    room,
    message: `${stamp} hello`,
    name: "Alice",
  });
}

/** A connection token for this user, good for an hour. @param grants more claims */
export function tokenFor(
  user: number,
  key: string,
  grants: Readonly<Record<string, unknown>> = {},
): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const exp = Math.floor(Date.now() / 1000) + 3600;
  const text = `${part({ alg: "HS256", typ: "JWT" })}.${
    part({ aud: "notifyli:connect", sub: String(user), name: "Alice", exp, ...grants })
  }`;
  return `${text}.${createHmac("sha256", key).update(text).digest("base64url")}`;
}
