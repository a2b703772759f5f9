/** The process of `sleeper.ts`, and what it told. */
import { Script } from "../support/script.ts";
import type { Ledger } from "./ledger.ts";
import type { Told } from "./sleeper.ts";

export interface DeviceOptions {
  readonly user: string;
  readonly room: string;
  /** Gets what the handler of notifications sees. */
  readonly ledger?: Ledger;
}

export class Device implements AsyncDisposable {
  readonly #told: Told[] = [];
  readonly #options: DeviceOptions;
  readonly #script: Script;

  constructor(url: string, options: DeviceOptions) {
    this.#options = options;
    const { pathname } = new URL("./sleeper.ts", import.meta.url);
    const run = [Deno.execPath(), "run", "--cached-only", "--allow-net", pathname];
    this.#script = new Script([...run, url, options.user, options.room], {
      onLine: (line) => this.#hear(JSON.parse(line)),
    });
  }

  /** What was told of a kind, in its order. */
  heard(kind: Told["kind"]): string[] {
    return this.#told.filter((told) => told.kind === kind).map(({ what }) => what);
  }

  /** Stops it in the middle of whatever it does, or lets it go on. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    this.#script.signal(signal);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#script[Symbol.asyncDispose]();
  }

  #hear(told: Told): void {
    const { ledger, user } = this.#options;
    this.#told.push(told);
    if (told.kind === "notification") ledger?.saw(user, told.what);
  }
}
