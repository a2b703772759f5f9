/**
 * Processes of the program that are used again: after a test a server stops, and its process waits for the next start, which
 * costs a sixth of one in a new process.
 */
import { KeptProcess } from "./kept_process.ts";
import type { Given } from "./program_host.ts";
import { ROOT } from "./paths.ts";
import { waitFor } from "./wait.ts";

const HOST = `${ROOT}tests/support/program_host.ts`;

/** A server that is not gone by then is ended with its process. */
const STOPPED_WITHIN_MS = 1000;

export class ReusedProcess {
  readonly #process: KeptProcess;
  /** Where in the log the present server begins. */
  logStart = 0;
  #isKilled = false;

  private constructor(process: KeptProcess) {
    this.#process = process;
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
      const process = KeptProcess.take(kind) ?? await begin(kind, command);
      const ready = new ReusedProcess(process);
      if (await ready.#give(given)) return ready;
      process.discard();
    }
  }

  get pid(): number {
    return this.#process.pid;
  }

  get logPath(): string {
    return `${this.#process.folder}/log`;
  }

  kill(signal: Deno.Signal): void {
    this.#isKilled = true;
    this.#process.kill(signal);
  }

  get isEnded(): boolean {
    return this.#process.isEnded;
  }

  async ended(): Promise<Deno.CommandStatus> {
    const code = await this.#process.ended();
    return { code, success: code === 0, signal: null };
  }

  /**
   * Ends the server. Its process waits for the next start, unless a test has sent it a signal.
   *
   * @param isStopped whether the log says that the server has stopped
   */
  async end(isStopped: () => boolean): Promise<void> {
    if (!this.#isKilled && !this.isEnded && await this.#stop(isStopped)) {
      this.#process.leave();
      return;
    }
    this.kill("SIGKILL");
    await this.ended();
    Deno.removeSync(this.#process.folder, { recursive: true });
  }

  async #give(given: Given): Promise<boolean> {
    this.logStart = Deno.statSync(this.logPath).size;
    try {
      const port = Number(this.#process.text("port"));
      using connection = await Deno.connect({ hostname: "127.0.0.1", port });
      await connection.write(new TextEncoder().encode(JSON.stringify(given)));
      await connection.closeWrite();
      return true;
    } catch (error) {
      if (this.isEnded) throw new Error(`It ended: ${this.#process.text("log")}`, { cause: error });
      return false;
    }
  }

  async #stop(isStopped: () => boolean): Promise<boolean> {
    Deno.writeTextFileSync(`${this.#process.folder}/again`, "");
    try {
      Deno.kill(this.pid, "SIGTERM");
      return await waitFor("it has stopped", isStopped, STOPPED_WITHIN_MS);
    } catch {
      return false;
    }
  }
}

async function begin(kind: string, command: readonly string[]): Promise<KeptProcess> {
  const [program = ""] = command.slice(-2);
  const options = command.slice(0, -2);
  const begun = await KeptProcess.begin(kind, (folder) => [...options, HOST, program, folder]);
  await waitFor("it takes starts", () => begun.isEnded || begun.text("port"));
  return begun;
}
