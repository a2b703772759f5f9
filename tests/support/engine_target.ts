/** A server on each engine, for tests of what commands do to it. */
import { Program } from "./program.ts";
import { RedisServer } from "./redis.ts";

export type Env = Readonly<Record<string, string>>;

/** A server, and the settings with which commands find it. */
export interface Target extends AsyncDisposable {
  readonly program: Program;
  readonly env: Env;
  /** Another server on the same store, where the engine can have one. */
  another(): Promise<Program | undefined>;
}

export const TARGETS: [engine: string, start: (env?: Env) => Promise<Target>][] = [
  ["embedded", async (env = {}) => {
    const program = await Program.start({ env });
    return {
      program,
      env: envOf(program),
      another: () => Promise.resolve(undefined),
      [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
    };
  }],
  ["redis", async (env = {}) => {
    const redis = await RedisServer.start();
    const listener = { APP_LISTENER: "node" }; // the other engine's tests use the default listener
    const program = await Program.start({ env: { ...redis.env, ...listener, ...env } });
    return {
      program,
      env: redis.env,
      another: () => Program.start({ env: redis.env }),
      async [Symbol.asyncDispose]() {
        await program[Symbol.asyncDispose]();
        await redis[Symbol.asyncDispose]();
      },
    };
  }],
];

/** The settings with which commands find a server and its operator's key. */
export function envOf({ port, dataDir }: Program): Env {
  return { APP_PORT: String(port), APP_DATA_DIR: dataDir };
}
