/**
 * The connection hashes of the base protocol, in which other systems look who is in a room: their names, and how an entry
 * is read. Beside them is what notifyli itself has to know.
 */
import type { UserId } from "../../base/fields.ts";
import type { RedisKeys } from "../../engines/redis/keys.ts";
import type { UserPresence } from "./store.ts";

/** Hash of {@linkcode connectionField} to JSON: one entry a user in the room. */
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
 * What changes when a client comes or goes, in the order of `presence.lua`: the connection hash; the hash of client id to
 * lease and JSON, which is the user's clients in the room; the hash of {@linkcode connectionField} to how many clients
 * more than one each of the room's users has.
 *
 * The connection hash's name in braces puts all on one slot of a Redis Cluster; the length keeps two pairs of room and
 * user apart.
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
