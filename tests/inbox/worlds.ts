/** Servers on each store and listener, for tests of what becomes of notifications, and how these tests ask them. */
import { PostgresServer } from "../support/postgres.ts";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";

/** Two nodes, or one twice. */
export interface InboxWorld extends AsyncDisposable {
  readonly first: Program;
  readonly last: Program;
}

type Env = Readonly<Record<string, string>>;

/** Each with its name. @param env of all nodes */
export const INBOX_WORLDS: readonly [string, (env?: Env) => Promise<InboxWorld>][] = [
  ["one node with SQLite, the deno listener", (env) => oneNode({ ...env, APP_LISTENER: "deno" })],
  ["one node with SQLite, the node listener", (env) => oneNode({ ...env, APP_LISTENER: "node" })],
  ["two nodes with Redis and PostgreSQL, a listener each", twoNodes],
];

async function oneNode(env: Env): Promise<InboxWorld> {
  const program = await Program.start({ env });
  return {
    first: program,
    last: program,
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}

async function twoNodes(env: Env = {}): Promise<InboxWorld> {
  await using stack = new AsyncDisposableStack();
  const redis = stack.use(await RedisServer.start());
  const postgres = stack.use(await PostgresServer.start());
  const shared = { ...env, ...redis.env, DATABASE_URL: postgres.url };
  const start = (listener: string) => Program.start({ env: { ...shared, APP_LISTENER: listener } });
  const first = stack.use(await start("deno"));
  const last = stack.use(await start("node"));
  const all = stack.move();
  return { first, last, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

/** An answer of the API. */
export interface Answer {
  readonly status: number;
  // deno-lint-ignore no-explicit-any -- what a test expects in it is what it asserts
  readonly json: any;
}

/** Calls the API. @param body fields, or a text */
export async function call(
  program: Pick<Program, "url">,
  method: string,
  path: string,
  body?: object | string,
): Promise<Answer> {
  const isText = typeof body === "string";
  const response = await fetch(`${program.url}/api${path}`, {
    method,
    ...(body !== undefined && {
      headers: { "content-type": isText ? "text/plain" : "application/json" },
      body: isText ? body : JSON.stringify(body),
    }),
  });
  const text = await response.text();
  return { status: response.status, json: text === "" ? undefined : JSON.parse(text) };
}
