/** The process of `sleeper.ts`, and what it told. */
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
  readonly #child: Deno.ChildProcess;
  readonly #reading: Promise<void>;
  #hasEnded = false;

  constructor(url: string, options: DeviceOptions) {
    this.#options = options;
    const script = new URL("./sleeper.ts", import.meta.url).pathname;
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--cached-only", "--allow-net", script, url, options.user, options.room],
      stdin: "null",
      stdout: "piped",
    }).spawn();
    void this.#child.status.then(() => this.#hasEnded = true);
    this.#reading = this.#read();
  }

  /** What was told of a kind, in its order. */
  heard(kind: Told["kind"]): string[] {
    return this.#told.filter((told) => told.kind === kind).map(({ what }) => what);
  }

  /** Stops it in the middle of whatever it does, or lets it go on. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    this.#child.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#hasEnded) this.#child.kill("SIGKILL");
    await this.#child.status;
    await this.#reading;
  }

  async #read(): Promise<void> {
    const { ledger, user } = this.#options;
    let rest = "";
    for await (const text of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const told: Told = JSON.parse(line);
        this.#told.push(told);
        if (told.kind === "notification") ledger?.saw(user, told.what);
      }
    }
  }
}
