/** What applications can be told of, and the shape of what they are told. */
import { type Fields, type UserId, userIdOnWire } from "../../base/fields.ts";
import { inSeconds } from "../../base/times.ts";

/** The events, by the names that patterns such as `room.*` match. */
export const EVENT_NAMES = [
  "connection.open",
  "connection.close",
  "room.occupied",
  "room.join",
  "room.leave",
  "room.vacated",
  "message.received",
  "event.received",
  "conversation.message",
  "conversation.message_edited",
  "conversation.message_deleted",
  "conversation.read",
  "conversation.member_added",
  "conversation.member_removed",
  "notification.action",
  "push.taken",
  "push.failed",
  "user.online",
  "user.offline",
] as const;

export type EventName = typeof EVENT_NAMES[number];

/** Says how many events an endpoint is not told of: it comes by itself, before what comes after the gap. */
export const DROPPED = "events.dropped";

/** Something that happened. */
export interface AppEvent {
  readonly event: EventName | typeof DROPPED;
  /** No other event has this id, so that a receiver can drop what comes twice. */
  readonly id: string;
  readonly site: string;
  readonly room?: string;
  readonly user?: UserId;
  /** Unix time in milliseconds. */
  readonly at: number;
  /** What else belongs to the event: docs/events.md lists it. */
  readonly data: Fields;
  /** The position of a message; absent where its room keeps no history. */
  readonly offset?: number;
  readonly epoch?: string;
}

/** The fields of an event as applications see them. */
export function eventOnWire({ event, id, site, room, user, at, data, ...place }: AppEvent): Fields {
  return {
    event,
    id,
    site,
    ...(room !== undefined && { room }),
    ...(user !== undefined && { user_id: userIdOnWire(user) }),
    at: inSeconds(at),
    data,
    ...(place.offset !== undefined && place),
  };
}
