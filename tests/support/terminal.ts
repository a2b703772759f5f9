/** Runs a command on a terminal of its own, by `script` (bsdutils), and types there. */
import { baseEnv } from "./command.ts";
import { waitFor } from "./wait.ts";

export interface TerminalOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export class Terminal implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #keyboard: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reading: Promise<void>;
  #screen = "";

  constructor(command: readonly string[], { cwd, env }: TerminalOptions = {}) {
    this.#child = new Deno.Command("script", {
      args: ["-qec", `exec ${command.map(quoted).join(" ")}`, "/dev/null"],
      cwd,
      clearEnv: true,
      env: { ...baseEnv(), TERM: "xterm", SHELL: "/bin/sh", ...env },
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#keyboard = this.#child.stdin.getWriter();
    this.#reading = this.#read();
  }

  /** All that was printed so far, with colours and echo. */
  get screen(): string {
    return this.#screen;
  }

  /** Waits until the screen shows `text`. */
  async shows(text: string): Promise<void> {
    await waitFor(`${JSON.stringify(text)} on the terminal`, () => {
      if (this.#screen.includes(text)) return true;
      throw new Error(JSON.stringify(this.#screen));
    }, 30_000);
  }

  async type(text: string): Promise<void> {
    await this.#keyboard.write(new TextEncoder().encode(text));
  }

  /** Resolves with the command's exit code. */
  async ended(): Promise<number> {
    const { code } = await this.#child.status;
    await this.#reading;
    return code;
  }

  /** Takes the terminal away: what still runs on it gets a SIGHUP. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGTERM");
    } catch {
      // The command has ended.
    }
    await this.ended();
    await this.#keyboard.close().catch(() => {}); // nobody reads any more
  }

  async #read(): Promise<void> {
    for await (const text of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
      this.#screen += text;
    }
  }
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
