/** What settings come to that were carried over from the PHP server, and what the start says of them. */
import type { RedisReader } from "./setting_list.ts";

/** Says that Redis is not used, where somebody may rely on it. */
export function warnOfUnused(read: RedisReader): void {
  const deaf = "Redis is not used, and what is published on notifyli:messages is not heard";
  if (read.value("REDIS_ENABLED") === false) {
    return read.warn(
      `REDIS_ENABLED=false: ${deaf}. The PHP server took the word "false" for true: ` +
        "write true, or take the setting out, if Redis is to be used",
    );
  }
  const given = UNUSED.find((name) => read.given(name));
  if (given === undefined) return;
  read.warn(
    `${given} is given: ${deaf}, unless REDIS_URL, REDIS_HOST or REDIS_ENABLED=true says so`,
  );
}

/** Settings that somebody gives who uses Redis. */
const UNUSED = [
  "REDIS_PORT",
  "REDIS_USERNAME",
  "REDIS_PASSWORD",
  "REDIS_DB",
  "REDIS_PREFIX",
] as const;

/** What the PHP server's prefix ends with: there it stands before the connection hashes alone. */
const HASHES = "connections:";

export function prefixOf(read: RedisReader): string {
  const prefix = read.value("REDIS_PREFIX");
  if (!prefix.endsWith(HASHES)) return prefix;
  const own = prefix.slice(0, -HASHES.length);
  read.warn(
    `REDIS_PREFIX=${prefix} stands before the connection hashes alone, as in the PHP server: here it ` +
      `stands before all names, and is taken as ${own}`,
  );
  return own;
}

/** A text that PHP programs write for no password. */
export function passwordOf(read: RedisReader): string | undefined {
  const password = read.value("REDIS_PASSWORD");
  if (password !== "null") return password || undefined;
  read.warn("REDIS_PASSWORD=null is taken as no password");
  return undefined;
}
