/** `notifyli start` runs the server until a signal ends it. */
import { logFor } from "../base/log.ts";
import type { LoadedEnvironment } from "../config/config.ts";
import { loadEnvironment, readConfig } from "../configuration.ts";
import { placeOf } from "../engines/redis/address.ts";
import { requirePossibleFolder } from "../engines/sqlite/data_dir.ts";
import { configureLogging } from "../log/logging.ts";
import { loadRooms } from "../rooms/rules/rooms_file.ts";
import { startFailure } from "../base/start_failure.ts";
import { Server } from "../server.ts";
import { catchAll } from "../core/uncaught.ts";
import { VERSION } from "../base/version.ts";
import type { Values } from "./options.ts";
import { Reloading } from "./reloading.ts";
import { subcommand } from "./subcommand.ts";

const log = logFor();

const HELP = {
  usage: ["start [options]"],
  about:
    "Runs the server. The settings come from the environment and from a .env file in this folder.",
  options: {
    host: { value: "ADDRESS", help: "Address to listen on, in place of APP_HOST" },
    port: { short: "p", value: "PORT", help: "Port to listen on, in place of APP_PORT" },
  },
  exitCodes: "0 a signal ended it, 1 it could not start or go on, 2 wrong options or settings.",
} as const;

export const start = subcommand(HELP, async (options) => {
  const read = () => environmentWith(options);
  const { env, file } = read();
  const { config, warnings, settings: inForce } = readConfig(env, file);
  const settings = [...inForce];
  if (config.redis === undefined) requirePossibleFolder(config.store.dataDir);
  const { warnings: ofRooms } = loadRooms(config); // read here, so that what is wrong is said before anything is opened
  configureLogging(config.log);
  if (Deno.env.get("OTEL_DENO") === "true") {
    const { traceByOpenTelemetry } = await import("../log/opentelemetry.ts");
    traceByOpenTelemetry();
  }
  using reloading = new Reloading(read, { env, settings });
  for (const warning of [...warnings, ...ofRooms]) log.warn("{warning}", { warning });

  let server: Server;
  try {
    server = await Server.start(config, { settings });
  } catch (error) {
    log.error("cannot start: {reason}", { reason: startFailure(error, config.listeners) });
    return 1;
  }
  reloading.of(server);
  log.info("notifyli {version} listens on {url} (listener {listener}, engine {engine})", {
    version: VERSION,
    url: server.url,
    listener: config.listeners.listener,
    engine: config.redis ? `redis at ${placeOf(config.redis)}` : "embedded",
  });

  using _ = catchAll(server.metrics);
  const signals = new Signals();
  const end = await Promise.race([
    signals.first,
    server.drained.then(() => signals.goBefore("drained by an operator")),
    server.failed.then((reason) => ({ reason })),
  ]);
  if (typeof end === "string") log.info("{signal}: stopping", { signal: end });
  else log.error("accepts no connection any more: {reason}; stopping, to be started anew", end);
  if (typeof end !== "string") signals.hurry();
  await server.stop(signals.hurried);
  log.info("stopped");
  return typeof end === "string" ? 0 : 1;
});

/** Options are read as the settings are whose place they take, and so are refused in the same words. */
function environmentWith({ host, port }: Values<typeof HELP.options>): LoadedEnvironment {
  const { env, file } = loadEnvironment();
  const given = {
    ...(host !== undefined && { APP_HOST: host }),
    ...(port !== undefined && { APP_PORT: port }),
  };
  return { env: { ...env, ...given }, file };
}

/** Signals that end the server: the first one stops it, and a second one stops it without waiting for clients to go. */
class Signals {
  readonly first: Promise<Deno.Signal>;
  readonly #hurry = new AbortController();
  #count = 0;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<Deno.Signal>();
    this.first = promise;
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      Deno.addSignalListener(signal, () => ++this.#count === 1 ? resolve(signal) : this.hurry());
    }
  }

  /** Something else stops the server first: the next signal is the second one. @returns what it is */
  goBefore(what: string): string {
    this.#count++;
    return what;
  }

  get hurried(): AbortSignal {
    return this.#hurry.signal;
  }

  hurry(): void {
    this.#hurry.abort();
  }
}
