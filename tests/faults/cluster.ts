/** Nodes that can be killed and come back, each at its own port and with its own data. */
import { waitFor } from "../support/wait.ts";
import { Program } from "../support/program.ts";
import { freePort } from "../support/free_port.ts";

export interface ClusterOptions {
  readonly nodes: number;
  readonly env?: Readonly<Record<string, string>>;
  /** More for one node, such as its own `REDIS_URL`. */
  readonly envOf?: (node: number) => Readonly<Record<string, string>>;
  /** The checkout that they are run from, with a slash at its end; by default a bundle of it. */
  readonly root?: string;
}

/** Inboxes must hold a whole run, and a test machine is slow: neither is what the faults are about. */
const BASE_ENV = {
  // Else each of thousands of connections waits for the operating system to say whose it is.
  APP_OPEN: "true",
  APP_LIMIT_INBOX: "off",
  APP_LIMIT_QUEUE: "16777216",
};

export class Cluster implements AsyncDisposable {
  readonly ports: readonly number[];
  readonly #options: ClusterOptions;
  readonly #folder: string;
  readonly #programs: (Program | undefined)[] = [];

  private constructor(options: ClusterOptions, folder: string) {
    this.#options = options;
    this.#folder = folder;
    this.ports = Array.from({ length: options.nodes }, () => freePort());
  }

  static async start(options: ClusterOptions): Promise<Cluster> {
    const cluster = new Cluster(options, await Deno.makeTempDir());
    try {
      await Promise.all(cluster.ports.map((_, node) => cluster.restart(node)));
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
    return cluster;
  }

  /** Such as `ws://127.0.0.1:43210/ws`, of each node. */
  get urls(): readonly string[] {
    return this.ports.map((port) => `ws://127.0.0.1:${port}/ws`);
  }

  /** The folder of a node's own data, which it leaves behind. */
  dataDir(node: number): string {
    return `${this.#folder}/${node}`;
  }

  program(node: number): Program {
    const program = this.#programs[node];
    if (program === undefined) throw new RangeError(`Node ${node} does not run`);
    return program;
  }

  /** Sends the signal and waits until it has ended; resolves with its exit code. Rejects with its log where it goes on. */
  async kill(node: number, signal: Deno.Signal = "SIGKILL"): Promise<number> {
    const program = this.program(node);
    program.kill(signal);
    let status: Deno.CommandStatus | undefined;
    const ended = program.ended().then((each) => status = each);
    await waitFor(`node ${node} has ended by ${signal}`, () => status).catch(async (error) => {
      program.kill();
      await ended;
      throw new Error(`${error}\n${program.output}`);
    });
    this.#programs[node] = undefined;
    return status!.code;
  }

  /** Starts a node that does not run, on the data and the port it had. */
  async restart(node: number): Promise<void> {
    const { env, envOf, root } = this.#options;
    const dataDir = this.dataDir(node);
    await Deno.mkdir(dataDir, { recursive: true });
    this.#programs[node] = await Program.start({
      dataDir,
      ...(root !== undefined && { root }),
      env: { ...BASE_ENV, ...env, ...envOf?.(node), APP_PORT: String(this.ports[node]) },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#programs.map((program) => program?.[Symbol.asyncDispose]()));
    await Deno.remove(this.#folder, { recursive: true });
  }
}
