/** Runs a load as a process of its own. */
import { ROOT } from "../support/paths.ts";
import type { Slice } from "./loads/room.ts";

/**
 * @param script in `loads/`; prints its figures as JSON
 * @param options `isNice`: it has what the others leave of the processors
 */
export async function runLoad<Load, Figures>(
  script: string,
  load: Load,
  { isNice = false } = {},
): Promise<Figures> {
  const { success, stdout, stderr } = await command(script, load, "null", isNice).output();
  const decoder = new TextDecoder();
  if (!success) throw failed(script, decoder.decode(stderr));
  return JSON.parse(decoder.decode(stdout));
}

/** One that waits for each slice to be asked for; see `loads/room.ts`. */
export class SlicedLoad<Seen = Slice> implements AsyncDisposable {
  readonly #script: string;
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reader: ReadableStreamDefaultReader<string>;
  readonly #stderr: Promise<string>;
  #rest = "";

  private constructor(script: string, child: Deno.ChildProcess) {
    this.#script = script;
    this.#child = child;
    this.#writer = child.stdin.getWriter();
    this.#reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    this.#stderr = new Response(child.stderr).text();
  }

  /** Resolves once all its clients are there. */
  static async start<Load, Seen = Slice>(script: string, load: Load): Promise<SlicedLoad<Seen>> {
    const started = new SlicedLoad<Seen>(script, command(script, load, "piped").spawn());
    try {
      await started.#line();
    } catch (error) {
      await started[Symbol.asyncDispose]();
      throw error;
    }
    return started;
  }

  async slice(): Promise<Seen> {
    await this.#writer.write(new Uint8Array(1)).catch(() => {}); // why it has ended is read there
    return JSON.parse(await this.#line());
  }

  /** There are no more slices. Resolves with the figures of all. */
  async end<Figures>(): Promise<Figures> {
    await this.#writer.close().catch(() => {});
    return JSON.parse(await this.#line());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch { /* it has ended */ }
    await Promise.all([
      this.#child.status,
      this.#reader.cancel(),
      this.#writer.abort().catch(() => {}),
      this.#stderr,
    ]);
  }

  async #line(): Promise<string> {
    while (!this.#rest.includes("\n")) {
      const { value } = await this.#reader.read();
      if (value === undefined) throw failed(this.#script, await this.#stderr);
      this.#rest += value;
    }
    const end = this.#rest.indexOf("\n");
    const line = this.#rest.slice(0, end);
    this.#rest = this.#rest.slice(end + 1);
    return line;
  }
}

export function median<T>(all: readonly T[], by: (one: T) => number): T {
  const sorted = [...all].sort((a, b) => by(a) - by(b));
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) throw new Error("There is no median of nothing");
  return middle;
}

function command<Load>(
  script: string,
  load: Load,
  stdin: "null" | "piped",
  isNice = false,
): Deno.Command {
  const [program = "", ...args] = [...(isNice ? ["nice", "-n", "19"] : []), Deno.execPath()];
  return new Deno.Command(program, {
    args: [
      ...args,
      "run",
      "--cached-only",
      "-A",
      `${ROOT}tests/bench/loads/${script}.ts`,
      JSON.stringify(load),
    ],
    env: { NO_COLOR: "1" },
    stdin,
    stdout: "piped",
    stderr: "piped",
  });
}

function failed(script: string, stderr: string): Error {
  return new Error(`The load '${script}' failed: ${stderr}`);
}
