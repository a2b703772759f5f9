/**
 * A disk in memory for the temporary folders of a run of all tests, which make tens of thousands of files: on a real disk those
 * cost more than what many of the tests look at. It is mounted in a mount namespace of its own, that a holder process keeps, so
 * that nothing is left mounted. It needs root.
 */
import { ROOT } from "./paths.ts";

export class MemoryDisk implements AsyncDisposable {
  readonly #path: string;
  readonly #holder: Deno.ChildProcess;

  private constructor(path: string, holder: Deno.ChildProcess) {
    this.#path = path;
    this.#holder = holder;
  }

  /** Resolves with nothing where the system does not let this user mount one. */
  static async mount(): Promise<MemoryDisk | undefined> {
    if (Deno.build.os !== "linux" || Deno.uid() !== 0) return undefined;
    const path = await Deno.makeTempDir({ prefix: "notifyli-tests-" });
    // Any user may make files in it, as in /tmp: PostgreSQL's does.
    const script = `mount -t tmpfs -o mode=1777 tmpfs ${path} && echo mounted && cat`;
    const holder = new Deno.Command("unshare", {
      args: ["--mount", "sh", "-c", script],
      stdin: "piped", // the holder ends when this process does
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const disk = new MemoryDisk(path, holder);
    const reader = holder.stdout.getReader();
    const { done } = await reader.read();
    reader.releaseLock();
    if (!done) return disk;
    await disk[Symbol.asyncDispose]();
  }

  /** Stands before a command that shall run in the checkout, and see the disk. */
  get wrapper(): string[] {
    return ["nsenter", "-t", String(this.#holder.pid), "--mount", `--wd=${ROOT}`, "--"];
  }

  /** Has programs behind {@linkcode MemoryDisk.wrapper} make their temporary folders in it. */
  get env(): Record<string, string> {
    return { TMPDIR: this.#path };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#holder.stdin.close();
    await this.#holder.stdout.cancel();
    await this.#holder.status;
    await Deno.remove(this.#path);
  }
}
