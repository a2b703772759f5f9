/**
 * A disk that can be filled: a tmpfs in a mount namespace of its own, which a holder process keeps. The disk is gone with
 * the holder, so that nothing is left mounted. It needs root, or a system where users may have namespaces of their own.
 */
import { waitFor } from "./wait.ts";

/** The ways to a namespace: as root, or as an unprivileged user who is root in a namespace of his own. */
const WAYS: readonly { unshare: readonly string[]; nsenter: readonly string[] }[] = [
  { unshare: ["-m"], nsenter: ["-m"] },
  { unshare: ["-U", "-r", "-m"], nsenter: ["-U", "--preserve-credentials", "-m"] },
];

const FILLER = "filler";
const CHUNK_BYTES = 4096;

export class SmallDisk implements AsyncDisposable {
  /** The disk's path, for programs that run behind {@linkcode SmallDisk.wrapper}. */
  readonly path: string;
  readonly #holder: Deno.ChildProcess;
  readonly #nsenter: readonly string[];

  private constructor(path: string, holder: Deno.ChildProcess, nsenter: readonly string[]) {
    this.path = path;
    this.#holder = holder;
    this.#nsenter = nsenter;
  }

  /**
   * @param bytes size of the disk
   * @param files how many files it takes; by default as many as the system likes
   */
  static async mount(bytes: number, files?: number): Promise<SmallDisk> {
    const path = await Deno.makeTempDir();
    const options = `size=${bytes}${files === undefined ? "" : `,nr_inodes=${files}`}`;
    const script = `mount -t tmpfs -o ${options} tmpfs ${path} && touch ${path}/${FILLER} && cat`;
    let why = "";
    for (const { unshare, nsenter } of WAYS) {
      const holder = new Deno.Command("unshare", {
        args: [...unshare, "sh", "-c", script],
        stdin: "piped", // the holder ends when this process does
        stdout: "null",
        stderr: "piped",
      }).spawn();
      const disk = new SmallDisk(path, holder, nsenter);
      if (await disk.#isMounted()) return disk;
      why = new TextDecoder().decode((await holder.output()).stderr);
      await holder.stdin.close().catch(() => {});
    }
    await Deno.remove(path);
    throw new Error(`Cannot mount a disk to fill: ${why.trim()}`);
  }

  /** Stands before a command that shall see the disk. */
  get wrapper(): string[] {
    return ["nsenter", "-t", String(this.#holder.pid), ...this.#nsenter, "--"];
  }

  /**
   * Takes all the room there is.
   *
   * @param left but for so many bytes
   */
  fill(left = 0): void {
    using filler = Deno.openSync(this.#inside(FILLER), { append: true });
    const chunk = new Uint8Array(CHUNK_BYTES);
    try {
      for (;;) if (filler.writeSync(chunk) === 0) break;
    } catch (error) {
      if (!/No space left/.test(String(error))) throw error;
    }
    filler.truncateSync(filler.statSync().size - left);
  }

  /** Runs a command that sees the disk, such as to mount something beside it; resolves with what it prints. */
  async run(...command: string[]): Promise<string> {
    const [program = "", ...args] = [...this.wrapper, ...command];
    const { success, stdout, stderr } = await new Deno.Command(program, { args }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    return new TextDecoder().decode(stdout);
  }

  /** Gives back what {@linkcode SmallDisk.fill} took. */
  free(): void {
    Deno.truncateSync(this.#inside(FILLER), 0);
  }

  /** Has nothing be written from now on. This works only while no file is open for writing. */
  async makeReadOnly(): Promise<void> {
    await this.run("mount", "-o", "remount,ro", this.path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#holder.stdin.close();
    await this.#holder.output();
    await Deno.remove(this.path);
  }

  #inside(name: string): string {
    return `/proc/${this.#holder.pid}/root${this.path}/${name}`;
  }

  async #isMounted(): Promise<boolean> {
    let ended = false;
    void this.#holder.status.then(() => ended = true);
    return await waitFor("the disk is mounted", () => {
      if (ended) return "no";
      return exists(this.#inside(FILLER)) && "yes";
    }) === "yes";
  }
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
