/**
 * The names of the connection hashes, in which other systems look up who is in a room (the base protocol), and of what
 * notifyli itself keeps beside them; and how an entry is read.
 */
import type { UserId } from "../../base/fields.ts";
import type { RedisKeys } from "../../engines/redis/keys.ts";
import type { UserPresence } from "./store.ts";

/** The connection hash of a room, {@linkcode connectionField} to JSON: one entry for each user. */
export function connectionsKey(keys: RedisKeys, site: string, room: string): string {
  return `${keys.of(site)}connections:${room}`;
}

export function connectionField(user: UserId): string {
  return `user_${user}`;
}

/** Reads an entry of a connection hash; `undefined` for one that somebody else wrote and that is not JSON. */
export function parsePresence(entry: string): UserPresence | undefined {
  try {
    return JSON.parse(entry) as UserPresence;
  } catch {
    return undefined;
  }
}

/**
 * The keys that change when a client comes or goes, in the order of `presence.lua`:
 *
 * - the connection hash;
 * - the user's clients in the room, a hash of client id to lease and JSON;
 * - how many clients more than one the room's users have, a hash of {@linkcode connectionField} to a number.
 *
 * The name of the connection hash in braces puts all of them on one slot of a Redis Cluster; the length keeps two pairs of
 * room and user apart.
 */
export function presenceKeys(
  keys: RedisKeys,
  { site, room, user }: { readonly site: string; readonly room: string; readonly user: UserId },
): string[] {
  const connections = connectionsKey(keys, site, room);
  return [
    connections,
    `${keys.of(site)}clients:${user.length}:{${connections}}:${user}`,
    `${keys.of(site)}several:{${connections}}`,
  ];
}
