/** Runs a program beside a test until it is disposed of, and takes what it prints. */

export interface ScriptOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Whether the program's errors are shown to nobody. */
  readonly isQuiet?: boolean;
  /** Gets each whole line of the output; a line that is unfinished when the program ends is dropped. */
  readonly onLine?: (line: string) => void;
}

export class Script implements AsyncDisposable {
  /** All of the output so far. */
  text = "";
  readonly #child: Deno.ChildProcess;
  readonly #ended: Promise<void>;
  readonly #onLine: ((line: string) => void) | undefined;
  #hasEnded = false;

  constructor(
    [program = "", ...args]: readonly string[],
    { env, isQuiet = false, onLine }: ScriptOptions = {},
  ) {
    this.#child = new Deno.Command(program, {
      args,
      env,
      stdin: "null",
      stdout: "piped",
      stderr: isQuiet ? "null" : "inherit",
    }).spawn();
    this.#onLine = onLine;
    this.#ended = this.#run();
  }

  signal(signal: Deno.Signal): void {
    if (!this.#hasEnded) this.#child.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.signal("SIGKILL");
    await this.#ended;
  }

  async #run(): Promise<void> {
    const status = this.#child.status.then(() => this.#hasEnded = true);
    let rest = "";
    for await (const text of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
      this.text += text;
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.#onLine?.(line);
    }
    await status;
  }
}
