/** Puts the address of Redis together from `REDIS_URL`, or from the single settings, and refuses what does not go together. */
import { ConfigError } from "../../base/config_error.ts";
import type { RedisAddress, UrlParts } from "./address.ts";
import { passwordOf } from "./carried_over.ts";
import type { RedisReader } from "./setting_list.ts";

export function addressOf(read: RedisReader): RedisAddress {
  const url = read.value("REDIS_URL");
  const { host, port, path, username, password, database, tls } = url ?? singleSettings(read);
  return {
    host: host ?? "127.0.0.1",
    port: port ?? 6379,
    ...(path !== undefined && { path }),
    username,
    password,
    database: sameDatabase(read, database),
    tls,
    ...tlsOf(read, tls),
  };
}

/** What the settings say beside `REDIS_URL`. A host with a scheme may have all that a URL has. */
function singleSettings(read: RedisReader): UrlParts {
  const host = read.value("REDIS_HOST");
  const [port, username, password] = [
    read.value("REDIS_PORT"),
    read.value("REDIS_USERNAME") || undefined,
    passwordOf(read),
  ];
  if (host.port !== undefined && read.given("REDIS_PORT") && host.port !== port) {
    throw new ConfigError(
      `Cannot use REDIS_HOST with REDIS_PORT: one says port ${host.port}, the other ${port}`,
    );
  }
  return {
    ...host,
    port: host.port ?? port,
    username: host.username ?? username,
    password: host.password ?? password,
  };
}

function sameDatabase(read: RedisReader, inUrl: number | undefined): number {
  const single = read.value("REDIS_DB");
  if (inUrl !== undefined && read.given("REDIS_DB") && inUrl !== single) {
    throw new ConfigError(
      `Cannot use REDIS_DB=${single}: the address of Redis names database ${inUrl}`,
    );
  }
  return inUrl ?? single;
}

const TLS_FILES = ["REDIS_TLS_CA", "REDIS_TLS_CERT", "REDIS_TLS_KEY"] as const;

function tlsOf(
  read: RedisReader,
  tls: boolean,
): Pick<RedisAddress, "tlsCa" | "tlsCert" | "tlsKey"> {
  const [tlsCa, tlsCert, tlsKey] = TLS_FILES.map((name) => read.value(name) || undefined);
  const set = TLS_FILES.find((name) => read.value(name) !== "");
  if (set !== undefined && !tls) {
    throw new ConfigError(`Cannot use ${set} alone: REDIS_URL does not begin with rediss://`);
  }
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    const [given, missing] = tlsKey === undefined
      ? ["REDIS_TLS_CERT", "REDIS_TLS_KEY"]
      : ["REDIS_TLS_KEY", "REDIS_TLS_CERT"];
    throw new ConfigError(`Cannot use ${given} alone: ${missing} is not set`);
  }
  return {
    tlsCa,
    ...(tlsCert !== undefined && { tlsCert }),
    ...(tlsKey !== undefined && { tlsKey }),
  };
}
