/** Servers with a key, on each engine and listener, for tests of what holds on all nodes of a server at once. */
import { Manager } from "./manager.ts";
import { Program } from "./program.ts";
import { RedisServer } from "./redis.ts";
import { APP_KEY } from "./tokens.ts";

type Env = Readonly<Record<string, string>>;

export class Nodes implements AsyncDisposable {
  /** The first and the last are two where the engine can have several. */
  readonly all: readonly Program[];
  readonly manager: Manager;
  readonly redis: RedisServer | undefined;
  readonly #parts: AsyncDisposableStack;

  private constructor(
    parts: AsyncDisposableStack,
    all: readonly Program[],
    manager: Manager,
    redis?: RedisServer,
  ) {
    this.#parts = parts;
    this.all = all;
    this.manager = manager;
    this.redis = redis;
  }

  static async embedded(listener: string, env: Env = {}): Promise<Nodes> {
    await using parts = new AsyncDisposableStack();
    const program = parts.use(
      await Program.start({ env: { APP_LISTENER: listener, APP_KEY, ...env } }),
    );
    const manager = await Manager.of(program);
    return new Nodes(parts.move(), [program], manager);
  }

  static async redis(env: Env = {}): Promise<Nodes> {
    await using parts = new AsyncDisposableStack();
    const redis = parts.use(await RedisServer.start());
    const start = (APP_LISTENER: string) =>
      Program.start({ env: { ...redis.env, APP_KEY, APP_LISTENER, ...env } });
    const programs = await Promise.all([start("deno"), start("node")]);
    for (const program of programs) parts.use(program);
    const manager = await Manager.of(programs[0]);
    return new Nodes(parts.move(), programs, manager, redis);
  }

  get first(): Program {
    return this.all[0]!;
  }

  get last(): Program {
    return this.all.at(-1)!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.disposeAsync();
  }
}

export const PLACES: readonly [name: string, start: (env?: Env) => Promise<Nodes>][] = [
  ["embedded, deno", (env) => Nodes.embedded("deno", env)],
  ["embedded, node", (env) => Nodes.embedded("node", env)],
  ["redis, two nodes", (env) => Nodes.redis(env)],
];
