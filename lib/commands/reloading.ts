/**
 * What a SIGHUP does: the settings, `.env`, the rules for rooms and the certificate are read anew, and what can be is taken over while
 * the server runs. Where anything is wrong, nothing is, and the log says why.
 */
import { logFor } from "../base/log.ts";
import { ConfigError } from "../base/config_error.ts";
import type { Environment } from "../config/environment.ts";
import type { LoadedEnvironment } from "../config/config.ts";
import type { SettingInForce } from "../config/in_force.ts";
import { KNOWN, readConfig } from "../configuration.ts";
import { PROGRAM_LOG } from "../log/logging.ts";
import { loadRooms } from "../rooms/rules/rooms_file.ts";
import type { Server } from "../server.ts";

/** Each fault and each setting is named, however many there are. */
const log = logFor(undefined, { most: Infinity });

/** What the server may not be able to take over after all. */
const TLS: readonly string[] = ["APP_TLS_CERT", "APP_TLS_KEY"];

/** What the server goes by. */
export interface InForce {
  readonly env: Environment;
  /** As operators see them; the list is renewed in place. */
  readonly settings: SettingInForce[];
}

export class Reloading implements Disposable {
  readonly #read: () => LoadedEnvironment;
  readonly #settings: SettingInForce[];
  #env: Environment;
  /** Absent until the server has started. */
  #server: Server | undefined;
  readonly #onHangUp = () => this.#hangUp();

  /** @param read reads the environment and `.env` anew; it may throw a `ConfigError` */
  constructor(read: () => LoadedEnvironment, { env, settings }: InForce) {
    this.#read = read;
    this.#env = env;
    this.#settings = settings;
    // A terminal that closes sends it, too, and many a script for log rotation: it does not end the server.
    Deno.addSignalListener("SIGHUP", this.#onHangUp);
  }

  /** From now on there is a server that takes over what is new. */
  of(server: Server): void {
    this.#server = server;
  }

  [Symbol.dispose](): void {
    Deno.removeSignalListener("SIGHUP", this.#onHangUp);
  }

  #hangUp(): void {
    if (this.#server === undefined) {
      return log.info("SIGHUP: ignored, since the server only starts");
    }
    try {
      this.#reload(this.#server);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      for (const reason of error.message.split("\n")) {
        log.error("SIGHUP: nothing was taken over: {reason}", { reason });
      }
    }
  }

  #reload(server: Server): void {
    const { env, file } = this.#read();
    const { warnings: ofSettings } = readConfig(env, file); // all of it has to be right, also what counts after a restart alone
    const changed = KNOWN.names.filter((name) => textOf(env, name) !== textOf(this.#env, name));
    const [live, late] = [true, false].map((isLive) =>
      changed.filter((name) => (KNOWN.get(name)?.reloadable ?? false) === isLive)
    );
    const next = { ...this.#env, ...Object.fromEntries(live!.map((name) => [name, env[name]])) };
    const { config } = readConfig(next, file);
    const { warnings } = loadRooms(config);
    const notTaken = server.reload(config);
    const taken = notTaken.length === 0 ? live! : live!.filter((name) => !TLS.includes(name));
    this.#env = { ...this.#env, ...Object.fromEntries(taken.map((name) => [name, env[name]])) };
    PROGRAM_LOG.takeOver(config.log);
    this.#settings.splice(0, Infinity, ...readConfig(this.#env, file).settings);
    for (const warning of [...ofSettings, ...warnings]) log.warn("{warning}", { warning });
    for (const name of late!) {
      log.warn("SIGHUP: {name} is another one, which counts after a restart", { name });
    }
    for (const what of notTaken) log.warn("SIGHUP: {what}", { what });
    log.info("SIGHUP: {what} taken over", {
      what: ["rules of rooms and topics", ...taken].join(", "),
    });
  }
}

/** What a setting says: one that is not given says what one does that is empty. */
function textOf(env: Environment, name: string): string {
  return env[name]?.trim() ?? "";
}
