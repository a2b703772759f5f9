/** Has a program's syncs of files fail as on a broken disk, from one moment to another (libfiu, before the C library). */
import { run } from "./command.ts";

/** The two calls by which a program has a file brought onto the disk. */
const SYNCS = ["fsync", "fdatasync"];

/** "Input/output error" */
const EIO = 5;

export class FailingSyncs implements AsyncDisposable {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async make(): Promise<FailingSyncs> {
    return new FailingSyncs(await Deno.makeTempDir());
  }

  /** Stands before the command of the program. */
  get wrapper(): string[] {
    return ["fiu-run", "-x", "-f", this.#pipes];
  }

  /** From now on the process's syncs fail. */
  async begin(pid: number): Promise<void> {
    const faults = SYNCS.map((call) => `enable name=posix/io/sync/${call},failinfo=${EIO}`);
    await this.#control(pid, faults);
  }

  /** From now on they succeed. */
  async end(pid: number): Promise<void> {
    await this.#control(pid, SYNCS.map((call) => `disable name=posix/io/sync/${call}`));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#folder, { recursive: true });
  }

  get #pipes(): string {
    return `${this.#folder}/fiu`;
  }

  async #control(pid: number, commands: readonly string[]): Promise<void> {
    const options = commands.flatMap((command) => ["-c", command]);
    const { code, stderr } = await run(["fiu-ctrl", "-f", this.#pipes, ...options, `${pid}`]);
    if (code !== 0) throw new Error(`Cannot control the syncs: ${stderr}`);
  }
}
