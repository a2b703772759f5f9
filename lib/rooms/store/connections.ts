/**
 * The names of the connection hashes, in which other systems look up who is in a room (the base protocol), and of what
 * notifyli itself keeps beside them; and how an entry is read.
 */
import type { UserId } from "../../base/fields.ts";
import type { RedisKeys } from "../../engines/redis/keys.ts";
import type { PresenceEntry, UserPresence } from "./store.ts";

/** What a user's field begins with. */
const USER_FIELD = "user_";

/** The connection hash of a room, {@linkcode connectionField} to JSON: one entry for each user. */
export function connectionsKey(keys: RedisKeys, site: string, room: string): string {
  return `${keys.of(site)}connections:${room}`;
}

export function connectionField(user: UserId): string {
  return USER_FIELD + user;
}

/**
 * The field in which the old broker looks a user up. A user whose id begins with `user_` has none: it would be the field of
 * another user.
 */
export function plainField(user: UserId): string | undefined {
  return user.startsWith(USER_FIELD) ? undefined : user;
}

/** The entry of a {@linkcode plainField}, as the old server wrote it: its `client_id` is the user's id. */
export function plainEntry({ user_id, room, name, connected_at }: PresenceEntry): string {
  return JSON.stringify({ client_id: user_id, room, name, connected_at });
}

/** The user of a field of a connection hash; `undefined` where it is no user's. */
export function userOfField(field: string): UserId | undefined {
  const user = field.startsWith(USER_FIELD) ? field.slice(USER_FIELD.length) : "";
  return user === "" ? undefined : user;
}

/** Reads an entry of a connection hash; `undefined` for one that somebody else wrote, and that says of no client. */
export function parsePresence(entry: string): UserPresence | undefined {
  try {
    const presence = JSON.parse(entry);
    return isPresence(presence) ? presence : undefined;
  } catch {
    return undefined;
  }
}

function isPresence(value: unknown): value is UserPresence {
  const { client_id, name, user_id, connected_at } = Object(value);
  return typeof client_id === "string" && typeof name === "string" &&
    typeof connected_at === "number" && ["number", "string"].includes(typeof user_id);
}

/** What is kept of a room beside its connection hash, in the order of `presence_list.lua`. */
export interface RoomKeys {
  readonly connections: string;
  /** The room's users by the version with which they came, and `""` by the room's last version: a sorted set. */
  readonly present: string;
  /** The plain fields that nodes wrote into the connection hash: a hash of {@linkcode plainField} to 1. */
  readonly plain: string;
}

export function roomKeys(keys: RedisKeys, site: string, room: string): RoomKeys {
  const connections = connectionsKey(keys, site, room);
  const prefix = keys.of(site);
  return {
    connections,
    present: `${prefix}present:{${connections}}`,
    plain: `${prefix}plain:{${connections}}`,
  };
}

/** A user's clients in a room: a hash of client id to lease and JSON. The length keeps two pairs of room and user apart. */
export function clientsKey(keys: RedisKeys, { site, room, user }: PlaceOfUser): string {
  return `${keys.of(site)}clients:${user.length}:{${connectionsKey(keys, site, room)}}:${user}`;
}

interface PlaceOfUser {
  readonly site: string;
  readonly room: string;
  readonly user: UserId;
}

/**
 * The keys that change when a client comes or goes, in the order of `presence.lua`. The name of the connection hash in
 * braces puts all of them on one slot of a Redis Cluster.
 */
export function presenceKeys(keys: RedisKeys, place: PlaceOfUser): string[] {
  const { site, room } = place;
  const { connections, present, plain } = roomKeys(keys, site, room);
  const several = `${keys.of(site)}several:{${connections}}`; // how many clients more than one a room's users have
  return [connections, clientsKey(keys, place), several, present, plain];
}

/** The list of a site's rooms with somebody in them: a sorted set, in the order of their names. */
export function occupiedKey(keys: RedisKeys, site: string): string {
  return `${keys.of(site)}occupied`;
}
