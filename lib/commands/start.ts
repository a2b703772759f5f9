/** `notifyli start` runs the server until a signal ends it. */
import { getLogger } from "@logtape/logtape";
import { type LoadedConfig, loadEnvironment, readConfig } from "../configuration.ts";
import { placeOf } from "../engines/redis/address.ts";
import { requirePossibleFolder } from "../engines/sqlite/data_dir.ts";
import { configureLogging } from "../log/logging.ts";
import { loadRooms } from "../rooms/rules/rooms_file.ts";
import { startFailure } from "../base/start_failure.ts";
import { Server } from "../server.ts";
import { catchAll } from "../core/uncaught.ts";
import { VERSION } from "../base/version.ts";
import type { Values } from "./options.ts";
import { subcommand } from "./subcommand.ts";

const log = getLogger(["notifyli"]);

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
  const { config, warnings, settings } = loadConfigWith(options);
  if (config.redis === undefined) requirePossibleFolder(config.store.dataDir);
  const { warnings: ofRooms } = loadRooms(config); // read here, so that what is wrong is said before anything is opened
  configureLogging(config.log);
  using _hangUp = ignoreHangUp();
  for (const warning of [...warnings, ...ofRooms]) log.warn("{warning}", { warning });

  let server: Server;
  try {
    server = await Server.start(config, { settings });
  } catch (error) {
    log.error("cannot start: {reason}", { reason: startFailure(error, config.listeners) });
    return 1;
  }
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
function loadConfigWith({ host, port }: Values<typeof HELP.options>): LoadedConfig {
  const { env, file } = loadEnvironment();
  return readConfig({
    ...env,
    ...(host !== undefined && { APP_HOST: host }),
    ...(port !== undefined && { APP_PORT: port }),
  }, file);
}

/**
 * A SIGHUP, as a terminal that closes and many a script for log rotation send it, does not end the server: until disposal it
 * is logged. There is nothing to read anew: settings, rules and certificates are those of the start.
 */
function ignoreHangUp(): Disposable {
  const note = () =>
    log.info("SIGHUP: ignored; restart the server for new settings, rules or certificates");
  Deno.addSignalListener("SIGHUP", note);
  return { [Symbol.dispose]: () => Deno.removeSignalListener("SIGHUP", note) };
}

/** Signals that end the server: the first one stops it, and a second one stops it without waiting for clients to go. */
class Signals {
  readonly first: Promise<Deno.Signal>;
  readonly #hurry = new AbortController();

  constructor() {
    const { promise, resolve } = Promise.withResolvers<Deno.Signal>();
    this.first = promise;
    let count = 0;
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      Deno.addSignalListener(signal, () => ++count === 1 ? resolve(signal) : this.hurry());
    }
  }

  get hurried(): AbortSignal {
    return this.#hurry.signal;
  }

  hurry(): void {
    this.#hurry.abort();
  }
}
