/** The settings of Redis. */
import { slice } from "../../config/slice.ts";
import type { RedisAddress } from "./address.ts";
import { addressOf } from "./address_settings.ts";
import { prefixOf, warnOfUnused } from "./carried_over.ts";
import { type RedisReader, SETTINGS } from "./setting_list.ts";

export interface RedisConfig extends RedisAddress {
  /** The prefix of every name in Redis. */
  readonly prefix: string;
  /** Whether users stand in the connection hashes by their bare ids, too. */
  readonly plainFields: boolean;
  /** How long a node may be silent before others take it for dead. */
  readonly leaseSeconds: number;
  /** The name of this server's connections in `CLIENT LIST`. */
  readonly connectionName: string;
}

/** The config is `undefined` if the embedded engine is used. */
export const redis = slice({
  name: "redis",
  title: "Redis",
  settings: SETTINGS,
  carriedOver: {
    REDIS_HOST: "",
    REDIS_PORT: "",
    REDIS_PASSWORD: "",
    BOT_NAME:
      "here it names this server's connections in Redis' CLIENT LIST; a notification without " +
      "'from' comes from \"system\"",
  },
  config(read): RedisConfig | undefined {
    if (!isUsed(read)) {
      warnOfUnused(read);
      return undefined;
    }
    return {
      ...addressOf(read),
      prefix: prefixOf(read),
      plainFields: read.value("REDIS_PLAIN_FIELDS"),
      leaseSeconds: read.value("REDIS_LEASE_SECONDS"),
      connectionName: read.value("BOT_NAME"),
    };
  },
});

function isUsed(read: RedisReader): boolean {
  return read.value("REDIS_ENABLED") ?? (read.given("REDIS_URL") || read.given("REDIS_HOST"));
}
