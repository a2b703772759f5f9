/**
 * A machine without a network but for its loopback: a namespace that a holder process keeps, and that is gone with the
 * holder. It needs root, or a system where users may have namespaces of their own.
 */
import { waitFor } from "./wait.ts";

/** `ip` is in a folder that is on root's path alone. */
const SCRIPT = "PATH=$PATH:/usr/sbin:/sbin && ip link set lo up && echo up && cat";

export class NoNetwork implements AsyncDisposable {
  readonly #holder: Deno.ChildProcess;
  readonly #reading: Promise<void>;
  #output = "";

  private constructor() {
    this.#holder = new Deno.Command("unshare", {
      args: [...(isRoot() ? [] : ["-U", "-r"]), "-n", "sh", "-c", SCRIPT],
      stdin: "piped", // the holder ends when this process does
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#reading = this.#read();
  }

  static async make(): Promise<NoNetwork> {
    const none = new NoNetwork();
    let ended = false;
    void none.#holder.status.then(() => ended = true);
    await waitFor("there is a loopback", () => ended || none.#output.includes("up"));
    if (ended) throw new Error("Cannot make a network namespace: unshare failed, see above");
    return none;
  }

  /** Stands before a command that shall run without a network. */
  get wrapper(): string[] {
    const own = isRoot() ? [] : ["-U", "--preserve-credentials"];
    return ["nsenter", "-t", String(this.#holder.pid), ...own, "-n", "--"];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#holder.stdin.close();
    await Promise.all([this.#holder.status, this.#reading]);
  }

  async #read(): Promise<void> {
    for await (const text of this.#holder.stdout.pipeThrough(new TextDecoderStream())) {
      this.#output += text;
    }
  }
}

function isRoot(): boolean {
  return Deno.uid() === 0;
}
