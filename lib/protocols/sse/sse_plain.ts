/**
 * Starts streams of events that need no commands: `/sse?user_id=123&room=lobby&topic=T` (`sse_query.ts` reads that). The server
 * introduces the client, and each event says how far the stream has come, so that a browser that comes back gets exactly
 * what it missed.
 */
import { type Channel, roomChannel, topicChannel, userChannel } from "../../core/channel.ts";
import type { Connection } from "../../core/connection.ts";
import { type InboxCommands, inboxFor } from "../../inbox/guest_inbox.ts";
import type { InboxSync } from "../../inbox/store/store.ts";
import type { Position } from "../../core/publication.ts";
import { CodedError, DISCONNECTS, isStoreFailure } from "../../base/errors.ts";
import { userIdOnWire } from "../../base/fields.ts";
import type { ConnectionInbox } from "../../inbox/connection_inbox.ts";
import type { InboxDelivery } from "../../inbox/delivery.ts";
import { notificationOnWire, workOf } from "../../inbox/wire.ts";
import type { UserPresence } from "../../presence/user_presence.ts";
import type { Conversations } from "../../conversations/conversations.ts";
import type { Rooms } from "../../rooms/rooms.ts";
import type { Filter } from "../../topics/filter.ts";
import type { Topics } from "../../topics/topics.ts";
import { eventFrames } from "../../topics/wire.ts";
import { Outgoing, type Place } from "../../core/outgoing.ts";
import { ONE_FRAME } from "../../core/work.ts";
import { VERSION } from "../../base/version.ts";
import { startConversations } from "./sse_conversations.ts";
import type { Positions } from "./sse_positions.ts";
import type { PlainRequest } from "./sse_query.ts";

interface PlainParts {
  readonly session: string;
  readonly inbox: InboxCommands;
  readonly delivery: InboxDelivery;
  readonly presence: UserPresence;
  readonly rooms: Rooms;
  readonly topics: Topics;
  readonly conversations: Conversations;
}

/**
 * Sends what was missed, then what is live. Where a room or a topic is refused, the client is told, and the rest goes on
 * without it. Where the store fails, the connection is closed so that the client comes back.
 */
export async function startPlain(
  connection: Connection,
  request: PlainRequest,
  parts: PlainParts,
): Promise<void> {
  try {
    await startInbox(connection, request, { ...parts, inbox: inboxFor(connection, parts.inbox) });
    if (connection.closed) return; // who is gone joins nothing
    const starting = [
      ...(request.conversations
        ? [startConversations(connection, request.positions, parts.conversations)]
        : []),
      ...request.rooms.map((room) => startRoom(connection, request, parts.rooms, room)),
      ...[...request.topics].map((topic) => startTopic(connection, request, parts.topics, topic)),
    ].map((started) => started.catch((error) => () => tellRefused(connection, error)));
    for (const started of starting) await (await started)();
  } catch (error) {
    connection.reportError(error);
    connection.disconnect(DISCONNECTS.missed);
  }
}

/** Tells the client of a refusal; throws what may be better later. */
function tellRefused(connection: Connection, error: unknown): void {
  if (!(error instanceof CodedError) || isStoreFailure(error)) throw error;
  connection.reportError(error);
}

async function startInbox(
  connection: Connection,
  { user, name, device, positions, isInvalid }: PlainRequest,
  { session, inbox, delivery, presence }: PlainParts,
): Promise<void> {
  const channel = userChannel(connection.site, user);
  const since = positions.get(channel);
  connection.identify(user, name);
  if (device !== undefined) presence.setDevice(connection, device);
  const own = delivery.of(connection);
  await delivery.open(connection, user);
  await connection.allowance();
  let page = await inbox.sync(connection.site, user, since);
  const { offset, epoch, recovered, reason, unread, notifications } = page;
  const sync = { offset, epoch, recovered, reason };
  const at = start(positions, channel, { sync, since, isEmpty: notifications.length === 0 });
  connection.send(framed({
    type: "connected",
    session,
    client_id: connection.id,
    user_id: userIdOnWire(user),
    version: VERSION,
    unread,
    inbox: { ...sync, ...reasonIf(isInvalid) },
  }, at));
  await sendPage(connection, channel, page, own);
  while (page.more && !connection.closed) {
    await connection.allowance();
    page = await inbox.sync(connection.site, user, page, { unreadOnly: !recovered });
    await sendPage(connection, channel, page, own);
  }
  own.releaseInbox([], page);
  if (since !== undefined && (recovered || since.epoch === epoch)) {
    await inbox.acknowledgeUpTo(connection.site, user, since.offset);
  }
}

async function sendPage(
  connection: Connection,
  channel: Channel,
  { offset: end, epoch, notifications }: InboxSync,
  own: ConnectionInbox,
): Promise<void> {
  for (const [index, notification] of notifications.entries()) {
    const isLast = index === notifications.length - 1;
    const offset = isLast ? Math.max(end, notification.offset) : notification.offset;
    await connection.drained();
    connection.send(
      framed(notificationOnWire(connection, notification), {
        channel,
        position: { offset, epoch },
      }),
    );
  }
  own.noteGiven(notifications.map(({ id }) => id));
  connection.charge(workOf(connection, notifications));
}

/** Enters a room and reads what was missed. Resolves with what sends that: rooms are entered beside each other, and told in order. */
async function startRoom(
  connection: Connection,
  { positions, isInvalid }: PlainRequest,
  rooms: Rooms,
  room: string,
): Promise<() => void | Promise<void>> {
  const channel = roomChannel(connection.site, room);
  const since = positions.get(channel);
  await connection.allowance();
  connection.charge(ONE_FRAME); // as a client pays with commands
  await rooms.join(connection, room, undefined);
  if (!connection.closed) connection.hold(channel);
  const { publications, ...sync } = await rooms.recover(connection, room, since);
  return async () => {
    const at = start(positions, channel, { sync, since, isEmpty: publications.length === 0 });
    connection.send(framed({ type: "subscribed", room, ...sync, ...reasonIf(isInvalid) }, at));
    for (const { offset, publication } of publications) {
      const position = { offset, epoch: sync.epoch };
      const text = connection.protocol.dialect.encode(channel, publication, offset);
      await connection.drained();
      connection.send(new Outgoing(text, { channel, position }));
    }
    connection.release(channel, sync);
  };
}

/** Subscribes to a topic and reads what was missed, as {@linkcode startRoom} does with a room. */
async function startTopic(
  connection: Connection,
  { positions, isInvalid, replay }: PlainRequest,
  topics: Topics,
  [topic, filters]: readonly [string, readonly Filter[]],
): Promise<() => void | Promise<void>> {
  const since = positions.get(topicChannel(connection.site, topic));
  await connection.allowance();
  connection.charge(ONE_FRAME);
  const subscribed = await topics.subscribe(connection, { topic, filters, since, replay });
  return async () => {
    const { channel, subs, events, offset, epoch, recovered, reason } = subscribed;
    const isEmpty = events.length === 0;
    const at = recovered && isEmpty
      ? { channel, position: { offset, epoch } }
      : start(positions, channel, { sync: subscribed, since, isEmpty });
    const sync = { offset, epoch, recovered, reason, ...reasonIf(isInvalid) };
    connection.send(framed({ type: "subscribed", topic, subs, ...sync }, at));
    for (const [index, frame] of eventFrames(connection, subscribed).entries()) {
      const isLast = index === events.length - 1;
      // Once it has the last one, the client has all that concerns it of what was published by now.
      const position = { offset: isLast ? offset : events[index]?.offset ?? offset, epoch };
      await connection.drained();
      connection.send(framed(frame, { channel, position }));
    }
    connection.release(channel);
  };
}

/**
 * The place in a channel from which its stream goes on: after what the client has, or after all there is. `undefined` while
 * there is something to send that has no place: a client that comes back before it has that begins anew.
 */
function start(
  positions: Positions,
  channel: Channel,
  { sync: { offset, epoch, recovered }, since, isEmpty }: {
    sync: Position & { readonly recovered: boolean };
    since: Position | undefined;
    isEmpty: boolean;
  },
): Place | undefined {
  if (recovered && since !== undefined) return { channel, position: since };
  if (isEmpty && epoch !== "") return { channel, position: { offset, epoch } };
  positions.forget(channel);
  return undefined;
}

function framed(fields: unknown, place: Place | undefined): Outgoing {
  return new Outgoing(JSON.stringify(fields), place);
}

function reasonIf(isInvalid: boolean): { reason?: "invalid_id" } {
  return isInvalid ? { reason: "invalid_id" } : {};
}
