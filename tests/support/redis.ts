/** Runs a Redis of the test's own, on a free port, with its data in a temporary folder. */
import { freePort } from "./free_port.ts";
import { Redis } from "ioredis";
import type { FakeClock } from "./fake_clock.ts";
import { callRedis } from "./redis_call.ts";
import { waitFor } from "./wait.ts";

export class RedisServer implements AsyncDisposable {
  readonly port: number;
  readonly #folder: string;
  readonly #args: readonly string[];
  /** What is added to the environment that Redis runs in. */
  readonly #processEnv: Readonly<Record<string, string>>;
  #child: Deno.ChildProcess | undefined;

  private constructor(
    port: number,
    folder: string,
    args: readonly string[],
    processEnv: Readonly<Record<string, string>> = {},
  ) {
    this.#processEnv = processEnv;
    this.port = port;
    this.#folder = folder;
    this.#args = args;
  }

  /** @param args more settings, as `redis-server` takes them: `--appendonly yes` */
  static async start(...args: string[]): Promise<RedisServer> {
    const server = new RedisServer(freePort(), await Deno.makeTempDir(), args);
    await server.restart();
    return server;
  }

  /** @param clock the one that Redis lives by */
  static async startAt(clock: FakeClock, ...args: string[]): Promise<RedisServer> {
    const server = new RedisServer(freePort(), await Deno.makeTempDir(), args, clock.env);
    await server.restart();
    return server;
  }

  /** Takes a port on which there will be a Redis only after {@linkcode RedisServer.restart}. */
  static async stopped(...args: string[]): Promise<RedisServer> {
    return new RedisServer(freePort(), await Deno.makeTempDir(), args);
  }

  /** Settings for a notifyli that uses this Redis. */
  get env(): Record<string, string> {
    return { REDIS_URL: `redis://127.0.0.1:${this.port}` };
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  async restart(): Promise<void> {
    const settings = { port: this.port, bind: "127.0.0.1", dir: this.#folder, save: "" };
    this.#child = new Deno.Command("redis-server", {
      args: [
        ...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]),
        ...this.#args,
      ],
      env: this.#processEnv,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    await waitFor("Redis answers", async () => (await this.call("PING")) === "PONG");
  }

  async stop(signal: Deno.Signal = "SIGTERM"): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    child?.kill(signal);
    await child?.status;
  }

  /** Removes what is on its disk. It must be stopped. */
  async forget(): Promise<void> {
    await Deno.remove(this.#folder, { recursive: true });
    await Deno.mkdir(this.#folder);
  }

  /** Freezes Redis (SIGSTOP) or lets it go on (SIGCONT). */
  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    this.#child?.kill(signal);
  }

  /** Resolves with the answer to a command, as `redis-cli` prints it. */
  call(...command: string[]): Promise<string> {
    return callRedis(this.port, command);
  }

  /** Puts a hash in the place of what a key has, in one step: a server that runs may write its own at any time. */
  async replaceByHash(key: string): Promise<void> {
    const made = `${key} of another program`;
    await this.call("HSET", made, "a", "b");
    await this.call("RENAME", made, key);
  }

  /** Runs `redis-cli` itself, and resolves with what it prints. */
  async cli(...args: string[]): Promise<string> {
    const { stdout } = await new Deno.Command("redis-cli", {
      args: ["-h", "127.0.0.1", "-p", String(this.port), ...args],
      stdin: "null",
    }).output();
    return new TextDecoder().decode(stdout).trim();
  }

  /** The entries of a stream, oldest first: of each the fields. */
  async entriesOf(stream: string): Promise<Record<string, string>[]> {
    const redis = this.connect();
    try {
      const entries = await redis.xrange(stream, "-", "+");
      return entries.map(([, values]) =>
        Object.fromEntries(values.flatMap((name, at) => at % 2 ? [] : [[name, values[at + 1]!]]))
      );
    } finally {
      await redis.quit();
    }
  }

  connect(): Redis {
    return new Redis({ host: "127.0.0.1", port: this.port });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop("SIGKILL");
    await Deno.remove(this.#folder, { recursive: true });
  }
}

/** How often a Lua function was called. */
export async function functionCalls(server: RedisServer): Promise<number> {
  const stats = await server.cli("INFO", "commandstats");
  return Number(/cmdstat_fcall:calls=(\d+)/.exec(stats)?.[1] ?? 0);
}
