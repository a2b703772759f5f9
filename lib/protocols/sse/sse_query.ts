/**
 * Reads the query of a stream that needs no commands, `/sse?user_id=123&room=lobby&topic=T`, and how far the client says that
 * it has come. Next: `sse_plain.ts`, which starts the stream.
 */
import { CodedError } from "../../base/errors.ts";
import { claimedUser, identifier, invalid, optionalName, type UserId } from "../../base/fields.ts";
import { DEFAULT_SITE } from "../../base/site.ts";
import type { Limits } from "../../base/sizes.ts";
import { chatChannel, roomChannel, topicChannel, userChannel } from "../../core/channel.ts";
import type { Identity } from "../../core/identity.ts";
import { topicField } from "../../topics/fields.ts";
import { EVERYTHING, type Filter, filterField } from "../../topics/filter.ts";
import { type Device, deviceInQuery } from "../../presence/device.ts";
import { namesRoom } from "../v1/v1.ts";
import { Positions } from "./sse_positions.ts";

export interface PlainRequest {
  readonly user: UserId;
  readonly name: string | undefined;
  readonly device: Device | undefined;
  readonly rooms: readonly string[];
  /** The filters by topics: several subscriptions to one topic are begun together. */
  readonly topics: ReadonlyMap<string, readonly Filter[]>;
  /** Whether the stream has what happens in the user's conversations. */
  readonly conversations: boolean;
  /** Whether the last event of a topic comes again that cannot be gone on from. */
  readonly replay: boolean;
  /** How far the stream has come: at first what the client brought back of the channels that it asks for. */
  readonly positions: Positions;
  /** Whether what the client brought back is none of ours, so that there is nothing to go on from. */
  readonly isInvalid: boolean;
}

/** Whether a request asks for a stream that needs no commands. */
export function asksForStream(request: Request): boolean {
  const query = new URL(request.url).searchParams;
  return namesRoom(query) || query.has("topic") || flagIn(query, "conversations");
}

interface Asking {
  readonly limits: Limits;
  readonly identity: Identity | undefined;
  /** Whether the server is open, so that clients need no proof. */
  readonly isOpen: boolean;
}

/** Reads the query. Throws a `CodedError` where something is wrong with it. */
export function parsePlain(request: Request, { limits, identity, isOpen }: Asking): PlainRequest {
  const query = new URL(request.url).searchParams;
  if (identity === undefined && !isOpen) {
    throw new CodedError(
      "unauthorized",
      "Cannot open this stream without a proof of who you are, such as a token",
    );
  }
  const user = claimedUser({ user_id: query.get("user_id") }, limits, identity?.user);
  const site = identity?.site ?? DEFAULT_SITE;
  const rooms = roomsOf(query, limits);
  const topics = topicsOf(query, limits);
  const channels = [
    ...rooms.map((room) => roomChannel(site, room)),
    ...[...topics.keys()].map((topic) => topicChannel(site, topic)),
  ];
  const last = lastEventId(request, query);
  const parsed = Positions.parse(last);
  const conversations = flagIn(query, "conversations");
  return {
    user,
    name: optionalName({ name: query.get("name") }, "name", limits.name),
    device: deviceInQuery(query),
    rooms,
    topics,
    conversations,
    replay: flagIn(query, "replay"),
    positions: (parsed ?? new Positions()).only([
      userChannel(site, user),
      ...(conversations ? [chatChannel(site, user)] : []),
      ...channels,
    ]),
    isInvalid: last !== "" && parsed === undefined,
  };
}

function roomsOf(query: URLSearchParams, limits: Limits): string[] {
  const named = query.getAll("room").map((room) => identifier({ room }, "room", limits.room));
  const rooms = [...new Set(named)];
  if (rooms.length <= limits.rooms) return rooms;
  throw new CodedError(
    "too_many_rooms",
    `Cannot join ${rooms.length} rooms: the limit is ${limits.rooms}`,
    { field: "room" },
  );
}

/**
 * The first `filter` is for the first `topic`, and so on; an empty one, or one too few, is for all of the topic's events. A stream
 * has no more topics than rooms: a browser that comes back says in a header how far it is in each, and a header has its limit.
 */
function topicsOf(query: URLSearchParams, limits: Limits): Map<string, Filter[]> {
  const named = query.getAll("topic").map((topic) => topicField({ topic }, limits));
  const filters = query.getAll("filter");
  if (filters.length > named.length) {
    throw invalid("filter", filters.at(-1), "one filter for each topic, in the same order");
  }
  const topics = new Map<string, Filter[]>();
  for (const [index, topic] of named.entries()) {
    const filter = filterOfText(filters[index] ?? "");
    const known = topics.get(topic);
    if (known === undefined) topics.set(topic, [filter]);
    else known.push(filter);
  }
  if (topics.size <= limits.rooms) return topics;
  throw new CodedError(
    "too_many_subscriptions",
    `Cannot subscribe to ${topics.size} topics by one stream: the limit is ${limits.rooms}`,
    { field: "topic" },
  );
}

function filterOfText(text: string): Filter {
  if (text === "") return EVERYTHING;
  let filter: unknown;
  try {
    filter = JSON.parse(text);
  } catch {
    throw invalid("filter", text, 'JSON such as {"id":5}');
  }
  return filterField({ filter });
}

function flagIn(query: URLSearchParams, name: string): boolean {
  const value = query.get(name) ?? "";
  if (/^(|false|0)$/.test(value)) return false;
  if (/^(true|1)$/.test(value)) return true;
  throw invalid(name, value, "true or false");
}

/** The header wins: a browser that comes back by itself repeats the query of its first request, and adds the header. */
function lastEventId({ headers }: Request, query: URLSearchParams): string {
  return headers.get("last-event-id") ?? query.get("last_event_id") ?? "";
}
