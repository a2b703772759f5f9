/**
 * Processes of the program that a test file uses again: after a test a server stops, and its process waits for the next start,
 * which costs a sixth of one in a new process. None of them is a resource of the test that begins it, which would be a leak.
 */
import type { Given } from "./program_host.ts";
import { ROOT } from "./paths.ts";
import { waitFor } from "./wait.ts";

const HOST = `${ROOT}tests/support/program_host.ts`;

/** A server that is not gone by then is ended with its process. */
const STOPPED_WITHIN_MS = 1000;

/**
 * Runs a command with its log in a folder, where it leaves the exit code, and ends it when the tests' process has ended. The
 * folder goes with the command where nobody asks for the code. A session of its own keeps it from signals of a terminal, after
 * which it would not be there to end the command.
 */
const DETACHED = `
folder=$0; tests=$1; shift
(
  "$@" 2>"$folder/log" &
  host=$!
  echo $host >"$folder/pid.new"; mv "$folder/pid.new" "$folder/pid"
  ( while kill -0 $tests && kill -0 $host; do sleep 5; done; kill -0 $tests || kill -9 $host ) &
  wait $host; status=$?
  if [ -e "$folder/discarded" ] || ! kill -0 $tests; then rm -rf "$folder"; exit; fi
  echo $status >"$folder/status.new"; mv "$folder/status.new" "$folder/status"
) </dev/null >/dev/null 2>&1 &`;

/** By what a process keeps of its starts, those that wait. */
const waiting = new Map<string, ReusedProcess[]>();

Deno.test.afterAll(() => {
  for (const each of [...waiting.values()].flat()) each.discard();
  waiting.clear();
});

export class ReusedProcess {
  readonly #kind: string;
  readonly #folder: string;
  readonly pid: number;
  /** Where in the log the present server begins. */
  logStart = 0;
  #isKilled = false;

  private constructor(kind: string, folder: string, pid: number) {
    this.#kind = kind;
    this.#folder = folder;
    this.pid = pid;
  }

  /**
   * Has a process start a server.
   *
   * @param kind only processes of one kind are used for one another
   * @param command of a start; its last two words are the program and `start`
   */
  static async start(
    kind: string,
    command: readonly string[],
    given: Given,
  ): Promise<ReusedProcess> {
    for (;;) {
      const ready = waiting.get(kind)?.pop() ?? await ReusedProcess.#begin(kind, command);
      if (await ready.#give(given)) return ready;
      ready.discard();
    }
  }

  get logPath(): string {
    return `${this.#folder}/log`;
  }

  kill(signal: Deno.Signal): void {
    this.#isKilled = true;
    try {
      if (!this.isEnded) Deno.kill(this.pid, signal);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error; // it has just ended
    }
  }

  get isEnded(): boolean {
    return textOf(`${this.#folder}/status`) !== undefined;
  }

  async ended(): Promise<Deno.CommandStatus> {
    const code = Number(await waitFor("it has ended", () => textOf(`${this.#folder}/status`)));
    return { code, success: code === 0, signal: null };
  }

  /**
   * Ends the server. Its process waits for the next start, unless a test has sent it a signal.
   *
   * @param isStopped whether the log says that the server has stopped
   */
  async end(isStopped: () => boolean): Promise<void> {
    if (!this.#isKilled && !this.isEnded && await this.#stop(isStopped)) {
      waiting.set(this.#kind, [...waiting.get(this.#kind) ?? [], this]);
      return;
    }
    this.kill("SIGKILL");
    await this.ended();
    Deno.removeSync(this.#folder, { recursive: true });
  }

  /** Ends a process that has no server, and waits for nothing. */
  discard(): void {
    Deno.writeTextFileSync(`${this.#folder}/discarded`, "");
    if (this.isEnded) Deno.removeSync(this.#folder, { recursive: true });
    else this.kill("SIGKILL");
  }

  static async #begin(kind: string, command: readonly string[]): Promise<ReusedProcess> {
    const folder = await Deno.makeTempDir();
    const [program = ""] = command.slice(-2);
    const host = [...command.slice(0, -2), HOST, program, folder];
    await new Deno.Command("setsid", {
      args: ["sh", "-c", DETACHED, folder, String(Deno.pid), ...host],
      clearEnv: true,
      env: Deno.env.has("DENO_DIR") ? { ...paths(), DENO_DIR: Deno.env.get("DENO_DIR")! } : paths(),
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).output();
    const pid = Number(await waitFor("its process is there", () => textOf(`${folder}/pid`)));
    const begun = new ReusedProcess(kind, folder, pid);
    await waitFor("it takes starts", () => begun.isEnded || textOf(`${folder}/port`));
    return begun;
  }

  async #give(given: Given): Promise<boolean> {
    this.logStart = Deno.statSync(this.logPath).size;
    try {
      const port = Number(textOf(`${this.#folder}/port`));
      using connection = await Deno.connect({ hostname: "127.0.0.1", port });
      await connection.write(new TextEncoder().encode(JSON.stringify(given)));
      await connection.closeWrite();
      return true;
    } catch (error) {
      if (this.isEnded) throw new Error(`It ended: ${textOf(this.logPath)}`, { cause: error });
      return false;
    }
  }

  async #stop(isStopped: () => boolean): Promise<boolean> {
    Deno.writeTextFileSync(`${this.#folder}/again`, "");
    try {
      Deno.kill(this.pid, "SIGTERM");
      return await waitFor("it has stopped", isStopped, STOPPED_WITHIN_MS);
    } catch {
      return false;
    }
  }
}

function paths(): Record<string, string> {
  return { PATH: Deno.env.get("PATH") ?? "", HOME: Deno.env.get("HOME") ?? "" };
}

function textOf(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path).trim();
  } catch {
    return undefined; // it is not there yet
  }
}
