/**
 * The frames of versions 1 and 2, which write publications in the same way. Who receives them: `core/connection.ts`.
 */
import type { ErrorCode } from "../base/errors.ts";
import { type UserId, userIdOnWire } from "../base/fields.ts";
import { inSeconds, unixSeconds } from "../base/times.ts";
import type { Dialect } from "../core/arrival.ts";
import type { Channel } from "../core/channel.ts";
import type { Publication } from "../core/publication.ts";
import { CHAT, chatEventOf } from "../conversations/events.ts";
import { chatFrame, chatText } from "../conversations/frames.ts";

export const JSON_DIALECT: Dialect = {
  frame: publicationFrame,
  encode: (channel, publication, offset) =>
    publication.kind === CHAT
      ? chatText(chatEventOf(publication)) // the channels of all members get it
      : JSON.stringify(publicationFrame(channel, publication, offset)),
  addressed: (frame, subs) => `${frame.slice(0, -1)},"subs":[${subs}]}`,
};

/** The frame of a publication. It runs for every message, so the frames of one kind are objects of one shape. */
function publicationFrame(
  channel: Channel,
  publication: Publication,
  offset?: number,
): Readonly<Record<string, unknown>> {
  const { kind, from } = publication;
  switch (kind) {
    case "message": {
      const place = { room: channel.name, user: from?.user ?? "" };
      return saidFrame("usermsg", place, publication, offset);
    }
    case "notification": {
      const place = { room: publication.room, user: channel.name };
      const frame = saidFrame("direct_message", place, publication, offset);
      return publication.details === undefined ? frame : { ...frame, ...publication.details };
    }
    case "inbox":
      return changeFrame(publication);
    case "join":
    case "leave":
      return comingFrame(channel.name, publication);
    case "presence":
      return presenceFields(channel.name, publication.data);
    case "topic_event":
      return topicFrame(channel.name, publication, offset);
    case "topic_position":
      return positionFrame(channel.name, publication, offset);
    case "left":
      return leftFields(channel.name, publication.data);
    case CHAT:
      return chatFrame(chatEventOf(publication));
    case "contacts_changed":
    case "privacy_changed":
    case "preferences_changed":
      return { type: kind, ...Object(publication.data) };
    default:
      return otherFrame(channel, publication, offset);
  }
}

/** The frame of what people or systems said. */
function saidFrame(
  type: string,
  { room, user }: { readonly room: string | undefined; readonly user: UserId },
  { id, at, from, message, event, data, tags, attachments, image }: Publication,
  offset: number | undefined,
): Readonly<Record<string, unknown>> {
  return {
    offset,
    type,
    id,
    room,
    user_id: userIdOnWire(user),
    name: from?.name,
    message: message ?? "", // what is said for programs alone: clients take this field for a text
    timestamp: at,
    event,
    data,
    tags,
    attachments,
    image,
  };
}

/** What a user did with notifications. */
function changeFrame({ kind, event, data }: Publication): Readonly<Record<string, unknown>> {
  const { ids, unread, ...more } = Object(data);
  return { type: kind, event, ids, unread, ...more };
}

/** Who came into a room, or left it. */
function comingFrame(
  room: string,
  { kind, from, at }: Publication,
): Readonly<Record<string, unknown>> {
  return {
    type: kind,
    room,
    user_id: userIdOnWire(from?.user ?? ""),
    name: from?.name,
    timestamp: at,
  };
}

/** The frame of what happened in a topic. Which subscriptions it is for differs by receiver: see {@linkcode Dialect}. */
function topicFrame(
  topic: string,
  { id, data, at }: Publication,
  offset: number | undefined,
): Readonly<Record<string, unknown>> {
  return { offset, type: "event", topic, id, data, timestamp: at };
}

/** Says how far a topic is. */
function positionFrame(
  topic: string,
  { data }: Publication,
  offset: number | undefined,
): Readonly<Record<string, unknown>> {
  return { type: "position", topic, offset, epoch: Object(data).epoch };
}

/** The frame of a kind that this dialect does not know, because a capability brought it. */
function otherFrame(
  channel: Channel,
  { kind, id, at, from, message, event, data, tags }: Publication,
  offset: number | undefined,
): Readonly<Record<string, unknown>> {
  return {
    offset,
    type: kind,
    id,
    [channel.kind]: channel.name,
    user_id: from?.user === undefined ? undefined : userIdOnWire(from.user),
    name: from?.name,
    message,
    timestamp: at,
    event,
    data,
    tags,
  };
}

/** @param presence has `users`, one entry for each user, and more where these are not all who are in the room */
export function presenceFrame(room: string, presence: object): string {
  return JSON.stringify(presenceFields(room, presence));
}

function presenceFields(room: string, presence: unknown): Readonly<Record<string, unknown>> {
  return { type: "presence", room, ...Object(presence) };
}

export function leftFrame(room: string): string {
  return JSON.stringify(leftFields(room));
}

/** @param reason why the client had to leave; absent where it asked for that */
function leftFields(room: string, reason?: unknown): Readonly<Record<string, unknown>> {
  return { type: "left", room, ...Object(reason) };
}

export function pongFrame(): string {
  return JSON.stringify({ type: "pong", timestamp: unixSeconds() });
}

/** Says that the client has proved that it is this user. */
export function authFrame(user: UserId): string {
  return JSON.stringify({
    type: "auth",
    success: true,
    message: "Authentication successful",
    user_id: userIdOnWire(user),
  });
}

/** Says when the session will end, unless a new token comes. @param expiresAt Unix time in milliseconds */
export function sessionFrame(expiresAt: number): string {
  return JSON.stringify({ type: "session", expires_at: inSeconds(expiresAt) });
}

export function errorFrame(
  error: { code: ErrorCode; message: string; field?: string; id?: string; retry_after_ms?: number },
): string {
  return JSON.stringify({ type: "error", ...error });
}
