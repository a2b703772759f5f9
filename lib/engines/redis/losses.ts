/** Warns of settings of Redis that would break the promise that no notification is lost. */
import { logFor } from "../../base/log.ts";
import type { Redis } from "ioredis";

const log = logFor("redis");

/** Logs a warning for each setting that can lose what was accepted. A Redis that does not tell is not warned of. */
export async function warnOfLosses(redis: Redis): Promise<void> {
  const info = await redis.info().catch(() => "");
  for (const warning of lossesOf(info)) log.warn("{warning}", { warning });
}

/** The warnings for a text that `INFO` answers. */
export function lossesOf(info: string): string[] {
  const fields = new Map(
    info.split(/\r?\n/).map((line) => [line.split(":")[0] ?? "", line.split(":")[1] ?? ""]),
  );
  const losses: string[] = [];
  const policy = fields.get("maxmemory_policy");
  if (policy !== undefined && policy !== "noeviction" && Number(fields.get("maxmemory")) > 0) {
    losses.push(
      `Redis throws away keys when its memory is full (maxmemory-policy is ${policy}): ` +
        "accepted notifications can be lost; set it to noeviction",
    );
  }
  if (fields.get("aof_enabled") === "0") {
    losses.push(
      "Redis keeps no log of its writes (appendonly is no): " +
        "what was accepted since its last snapshot is lost when it ends; set it to yes",
    );
  }
  return losses;
}
