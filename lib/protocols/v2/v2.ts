/**
 * Protocol version 2 (`notifyli.v2`): several JSON objects a frame, commands with a `ref` are answered, messages and
 * notifications have offsets, so that nothing is missed.
 */
import { fingerprintOf, type Identity } from "../../auth/identity.ts";
import type { Connection, Protocol } from "../../core/connection.ts";
import type { RoomSync } from "../../rooms/membership.ts";
import { type InboxCommands, inboxFor } from "../../inbox/guest_inbox.ts";
import { DEFAULT_SITE } from "../../base/site.ts";
import type { InboxSync, StoredNotification } from "../../inbox/store/store.ts";
import type { Position } from "../../core/publication.ts";
import type { CodedError } from "../../base/errors.ts";
import { type Fields, parseObject, type UserId, userIdOnWire } from "../../base/fields.ts";
import { errorFrame, pongFrame, sessionFrame } from "../frames.ts";
import { unixSeconds } from "../../base/times.ts";
import { MAX_LINES } from "../../core/frame_queue.ts";
import { Outgoing } from "../../core/outgoing.ts";
import { VERSION } from "../../base/version.ts";
import { type CommandV2, parseCommandV2, refField } from "./v2_commands.ts";

export const SUBPROTOCOL_V2 = "notifyli.v2";

/** @param keepaliveSeconds after which a silent client is pinged */
export function protocolV2(inboxes: InboxCommands, keepaliveSeconds: number): Protocol {
  return {
    hasInbox: true,
    joins: true,
    split: (data) => linesOf(typeof data === "string" ? data : new TextDecoder().decode(data)),
    handle(client, text) {
      client.work(obey, parseObject(text, "frame"));
    },
    warn: (client, expiresAt) => client.send(new Outgoing(sessionFrame(expiresAt))),
    fail: (client, error, fields) => client.send(failure(error, fields)),
  };

  function obey(client: Connection, fields: Fields): Promise<void> {
    return answer(client, fields, run);
  }

  /** Does what a command asks for; resolves with the `data` of its reply. */
  function run(client: Connection, command: CommandV2): Promise<unknown> {
    const inbox = inboxFor(client, inboxes);
    switch (command.type) {
      case "connect":
        return connect(client, inbox, command, keepaliveSeconds);
      case "subscribe":
        return subscribe(client, command);
      case "unsubscribe":
        return unsubscribe(client, command.room);
      case "publish":
        return publish(client, command);
      case "history":
        return history(client, command);
      case "presence":
        return presence(client, command.room);
      case "inbox":
        return command.since === undefined
          ? inbox.page(client.site, client.requireUser(), command).then((
            { notifications, unread },
          ) => ({
            notifications: notifications.map(described),
            unread,
          }))
          : inbox.sync(client.site, client.requireUser(), command.since, command).then(syncData);
      case "ack":
        return inbox.acknowledge(client.site, client.requireUser(), command.ids).then(() => ({}));
      case "read":
        return inbox.change(
          client.site,
          client.requireUser(),
          "read",
          command.ids ?? command.through,
        );
      case "archive":
      case "delete":
        return inbox.change(client.site, client.requireUser(), command.type, command.ids);
      case "auth":
        return client.auth.authenticate(command.token).then(authData);
      case "identity":
        return identify(client, command.token);
      case "ping":
        return Promise.resolve({ timestamp: unixSeconds() });
    }
  }
}

/**
 * The lines of a message; the line break at its end begins none. There may be one more than is taken, by which the client
 * is seen to send too much: no message is cut into more pieces than that.
 */
function linesOf(message: string): string | string[] {
  if (!message.includes("\n")) return message;
  const lines = message.split("\n", MAX_LINES + 2);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

type Run = (client: Connection, command: CommandV2) => Promise<unknown>;

async function answer(client: Connection, fields: Fields, run: Run): Promise<void> {
  const ref = refField(fields);
  client.auth.admit(fields["type"]);
  const command = parseCommandV2(fields, client.limits, client.auth.identity?.user);
  const data = await run(client, command).catch((error) => {
    release(client, command, { offset: 0, epoch: "" }, []);
    throw error;
  });
  if (ref !== undefined) {
    client.send(new Outgoing(JSON.stringify({ type: "reply", ref, success: true, data })));
  } else if (command.type === "ping") client.send(new Outgoing(pongFrame()));
  const { inbox, offset = 0, epoch = "" } = data as Partial<ConnectData & RoomData>;
  // Without an answer nothing of it was given to the client.
  const given = ref === undefined ? [] : inbox?.notifications.map(({ id }) => String(id)) ?? [];
  release(client, command, inbox ?? { offset, epoch }, given);
}

/** What was held back while a command was worked on follows its reply. */
function release(
  client: Connection,
  { type, ...command }: CommandV2,
  upTo: Position,
  ids: string[],
): void {
  if (type === "connect") client.notifications.releaseInbox(ids, upTo);
  if (type === "subscribe" || type === "presence") {
    const { room } = command as { room: string };
    client.releaseRoom(room, type === "subscribe" ? upTo.offset : 0);
  }
}

function failure({ code, message, options }: CodedError, fields?: Fields): Outgoing {
  const { field, retryAfterMs: retry_after_ms } = options;
  const ref = fields?.["ref"];
  if (typeof ref === "string" || typeof ref === "number") {
    const reply = {
      type: "reply",
      ref,
      success: false,
      code,
      error: message,
      field,
      retry_after_ms,
    };
    return new Outgoing(JSON.stringify(reply));
  }
  return new Outgoing(errorFrame({ code, message, field, retry_after_ms }));
}

interface ConnectData {
  readonly inbox: Position & { readonly notifications: readonly Fields[] };
}

async function connect(
  client: Connection,
  inbox: InboxCommands,
  { user, name, since }: Extract<CommandV2, { type: "connect" }>,
  keepaliveSeconds: number,
): Promise<ConnectData> {
  client.identify(user, name);
  client.notifications.holdInbox();
  await client.node.openInbox(client, user);
  const { unread, ...sync } = await inbox.sync(client.site, user, since);
  if (since !== undefined && since.epoch === sync.epoch) {
    // What is before its position it has; that it said so may have been lost with its last connection.
    inbox.acknowledgeUpTo(client.site, user, since.offset)
      .catch((error) => client.node.logFailure("acknowledgement", error));
  }
  return {
    client_id: client.id,
    ...identityData(client.auth.identity, user),
    version: VERSION,
    ping: keepaliveSeconds,
    unread,
    inbox: syncData(sync),
  } as ConnectData;
}

async function subscribe(
  client: Connection,
  { room, since, replay, token }: Extract<CommandV2, { type: "subscribe" }>,
): Promise<RoomData> {
  await client.join(room, undefined, token);
  client.holdRoom(room);
  const sync = await client.node.recover(client, room, since);
  const data = { room, ...sync, publications: sync.publications.map(parsed) };
  if (!replay || since !== undefined) return data;
  const before = { offset: Math.max(0, sync.offset - 1), epoch: sync.epoch };
  const { publications } = await client.node.history(client, room, { since: before, limit: 1 });
  return { ...data, publications: publications.map((text) => ({ ...parsed(text), replay: true })) };
}

interface RoomData extends Omit<RoomSync, "publications"> {
  readonly room: string;
  readonly publications: readonly Fields[];
}

async function unsubscribe(client: Connection, room: string): Promise<unknown> {
  client.requireMembership(room, "leave");
  await client.node.leave(client, room);
  return { room };
}

async function publish(
  client: Connection,
  { id, room, message }: Extract<CommandV2, { type: "publish" }>,
): Promise<unknown> {
  const user = client.requireUser();
  const name = client.nameIn(room);
  const { id: ownId, published } = await client.publish({ id, room, user, name, message });
  return { id: ownId, offset: published?.offset, epoch: published?.epoch };
}

async function history(
  client: Connection,
  { room, since, limit }: Extract<CommandV2, { type: "history" }>,
): Promise<unknown> {
  client.requireMembership(room, "read");
  const { publications, ...sync } = await client.node.history(client, room, { since, limit });
  return { ...sync, publications: publications.map(parsed) };
}

async function presence(client: Connection, room: string): Promise<unknown> {
  client.requireMembership(room, "list");
  client.holdRoom(room);
  const users = await client.node.watch(client, room);
  return {
    room,
    users: users.map(({ user_id, name, client_id, connected_at }) => (
      { user_id, name, client_id, connected_at }
    )),
  };
}

/** Whose the connection is, or a token: asked before tabs of a browser share one. */
async function identify(client: Connection, token: string | undefined): Promise<unknown> {
  const { identity } = client.auth;
  if (token === undefined) return identityData(identity, identity?.user ?? client.user);
  const examined = await client.auth.examine(token).catch((error) => {
    client.node.noteRefusedToken(error);
    throw error;
  });
  return identityData(examined, examined.user);
}

/** @param identity absent: the server is open, and believes who says that it is this user */
function identityData(identity: Identity | undefined, user: UserId | undefined) {
  return {
    user_id: user === undefined ? undefined : userIdOnWire(user),
    site_id: identity?.site ?? DEFAULT_SITE,
    fingerprint: identity && fingerprintOf(identity),
    guest: identity?.isGuest,
    ...(identity?.expiresAt === undefined
      ? {}
      : { expires_at: inSeconds(identity.expiresAt), timestamp: unixSeconds() }),
  };
}

function authData({ user, expiresAt }: Identity) {
  return { user_id: userIdOnWire(user), expires_at: inSeconds(expiresAt) };
}

function syncData(sync: Omit<InboxSync, "unread"> & Partial<InboxSync>) {
  const { offset, epoch, unread, recovered, reason, more, notifications } = sync;
  return {
    ...{ offset, epoch, unread, recovered, reason, more },
    notifications: notifications.map(described),
  };
}

/** A notification with how far it came, times in seconds. */
export function described(notification: StoredNotification): Record<string, unknown> {
  const { text, readAt, deliveredAt, sentAt, archivedAt } = notification;
  return {
    offset: notification.offset,
    ...parsed(text),
    state: readAt ? "read" : deliveredAt ? "delivered" : sentAt ? "sent" : "queued",
    read_at: inSeconds(readAt),
    archived_at: inSeconds(archivedAt),
  };
}

function inSeconds(milliseconds: number | undefined): number | undefined {
  return milliseconds === undefined ? undefined : Math.floor(milliseconds / 1000);
}

/** Our own frames, which are JSON objects. */
function parsed(text: string): Fields {
  return JSON.parse(text);
}
