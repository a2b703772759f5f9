/** How long the pause before the next connection is; `server_connection.ts` asks. */

const FIRST_PAUSE_MS = 1_000;
/** Nobody comes back sooner: the network, too, needs a moment. */
const SHORTEST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 30_000;
const RESTART_SPREAD_MS = 2_000;
const HOP_SPREAD_MS = 1_000;
/** A token says when it was issued in whole seconds: one of the same second would be refused, too. */
const REVOKED_PAUSE_MS = 2_000;
const REVOKED_SPREAD_MS = 2_000;

/** The close code of a server that is shutting down, most likely to come back at once. */
export const SERVER_SHUTDOWN = 3001;

/**
 * The pause before the `attempt`th try (0 is the first), in milliseconds: up to 1, 2, 4, 8, 16, 30 seconds, and up to 30
 * from then on. All of the first one is random, but for a moment, and half of each later one: when a server has crashed, its
 * clients must not come back together.
 */
export function backoffMs(attempt: number, random: () => number): number {
  const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt);
  const shortest = attempt === 0 ? SHORTEST_PAUSE_MS : longest / 2;
  return Math.round(shortest + random() * (longest - shortest));
}

/** The pause after an announced restart: short, and not the same for everyone. */
export function restartMs(random: () => number): number {
  return Math.round(random() * RESTART_SPREAD_MS);
}

/** The pause after the token was revoked: longer, and not the same for everyone of a site. */
export function revokedMs(random: () => number): number {
  return Math.round(REVOKED_PAUSE_MS + random() * REVOKED_SPREAD_MS);
}

/** The pause before the next of several servers: next to none, since not all of them are tried yet. */
export function hopMs(random: () => number): number {
  return Math.round(random() * HOP_SPREAD_MS);
}
