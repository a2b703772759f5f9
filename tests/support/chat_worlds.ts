/** Servers with a key on which people have conversations: one node with SQLite, and two nodes with PostgreSQL. */
import { Nodes } from "./nodes.ts";
import { PostgresServer } from "./postgres.ts";

type Env = Readonly<Record<string, string>>;

export interface ChatWorld extends AsyncDisposable {
  readonly nodes: Nodes;
}

export const CHAT_WORLDS: [what: string, start: (env?: Env) => Promise<ChatWorld>][] = [
  ["SQLite, one node", async (env) => {
    const nodes = await Nodes.embedded("node", env);
    return { nodes, [Symbol.asyncDispose]: () => nodes[Symbol.asyncDispose]() };
  }],
  ["PostgreSQL, two nodes", async (env = {}) => {
    await using parts = new AsyncDisposableStack();
    const postgres = parts.use(await PostgresServer.start());
    const FILES_DIR = await Deno.makeTempDir();
    parts.defer(() => Deno.remove(FILES_DIR, { recursive: true }));
    const shared = { DATABASE_URL: postgres.url, FILES_DIR };
    const nodes = parts.use(await Nodes.redis({ ...shared, ...env }));
    const all = parts.move();
    return { nodes, [Symbol.asyncDispose]: () => all.disposeAsync() };
  }],
];
