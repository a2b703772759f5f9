/** What the settings of a server in a program are made of: the environment as for `notifyli start`, and the program's word. */
import { type LoadedConfig, loadEnvironment, readConfig } from "../configuration.ts";

/** Settings by the names that README has, such as `APP_KEY`. Numbers and booleans are written as the text they are. */
export type Settings = Readonly<Record<string, string | number | boolean>>;

export interface ServerOptions {
  /** The address to listen on (`APP_HOST`). */
  readonly host?: string;
  /** The port to listen on, 0 for a free one (`APP_PORT`). */
  readonly port?: number;
  /** Further settings, by the names that README has. They come before those of the environment. */
  readonly settings?: Settings;
  /** The folder whose `.env` is read, or `false`: then neither that nor the environment is. @default the current folder */
  readonly env?: string | false;
  /** Whether the server writes its log to standard error. @default where the program has not configured LogTape */
  readonly log?: boolean;
}

/** The settings that a program has set by calls and options, which come before all others. */
export class ProgramSettings {
  readonly #set: Record<string, string> = {};
  readonly #folder: string | false;

  constructor({ host, port, settings = {}, env = "." }: ServerOptions) {
    this.#folder = env;
    for (const [name, value] of Object.entries(settings)) this.set(name, value);
    if (host !== undefined) this.set("APP_HOST", host);
    if (port !== undefined) this.set("APP_PORT", port);
  }

  set(name: string, value: string | number | boolean): void {
    this.#set[name] = String(value);
  }

  /** Throws a `ConfigError` that lists every problem. */
  read(): LoadedConfig {
    if (this.#folder === false) return readConfig(this.#set);
    const { env, file } = loadEnvironment(this.#folder);
    return readConfig({ ...env, ...this.#set }, file);
  }
}
