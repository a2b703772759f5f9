/** Servers that have every metric: with all that can be configured, on both engines. */
import type { Manager } from "./manager.ts";
import { Nodes } from "./nodes.ts";
import { PostgresServer } from "./postgres.ts";
import { Receiver, webhookEnv } from "./receiver.ts";

export class AllFigures implements AsyncDisposable {
  readonly embedded: Nodes;
  /** Two nodes. */
  readonly redis: Nodes;
  readonly #parts: AsyncDisposableStack;

  private constructor(parts: AsyncDisposableStack, embedded: Nodes, redis: Nodes) {
    this.#parts = parts;
    this.embedded = embedded;
    this.redis = redis;
  }

  static async start(): Promise<AllFigures> {
    await using parts = new AsyncDisposableStack();
    const postgres = parts.use(await PostgresServer.start());
    const receiver = parts.use(new Receiver());
    const env = { ...webhookEnv(receiver.url), PUSH_NTFY_SERVERS: "https://ntfy.example" };
    // Nobody is there: its metrics are.
    const AMQP_URL = "amqp://127.0.0.1:1";
    const embedded = parts.use(await Nodes.embedded("deno", { ...env, AMQP_URL }));
    const DATABASE_URL = await postgres.createDatabase();
    const redis = parts.use(await Nodes.redis({ ...env, DATABASE_URL }));
    return new AllFigures(parts.move(), embedded, redis);
  }

  /** The text of each of the nodes. */
  async texts(): Promise<string[]> {
    const read = async ({ url }: { readonly url: string }, { key }: Manager) => {
      const headers = { authorization: `Bearer ${key}` };
      return await (await fetch(`${url}/metrics`, { headers })).text();
    };
    return await Promise.all(
      [this.embedded, this.redis].flatMap(({ all, manager }) =>
        all.map((program) => read(program, manager))
      ),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.disposeAsync();
  }
}
