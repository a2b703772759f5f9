/** Servers in the test's own process, on each engine and listener, in which users are acquainted as the test says. */
import { readConfig } from "../../lib/configuration.ts";
import { UserPresence } from "../../lib/presence/user_presence.ts";
import type { Hidden } from "../../lib/presence/rights.ts";
import { Server } from "../../lib/server.ts";
import { PostgresServer } from "./postgres.ts";
import { RedisServer } from "./redis.ts";
import { type Frame, TestClient } from "./test_client.ts";
import { APP_KEY, connectionToken } from "./tokens.ts";
import { waitFor } from "./wait.ts";

type Env = Readonly<Record<string, string>>;

export class PresenceWorld implements AsyncDisposable {
  /** The first and the last are two where the engine can have several. */
  readonly nodes: readonly Server[];
  readonly redis: RedisServer | undefined;
  /** Who may see whom: `ann>bob`. */
  readonly acquainted = new Set<string>();
  readonly hidden = new Map<string, Hidden>();
  /** How often it was read who may see whom. */
  readings = 0;
  /** Holds back what is read from now on. */
  holding: Promise<void> | undefined;
  readonly #parts: AsyncDisposableStack;

  private constructor(
    parts: AsyncDisposableStack,
    nodes: readonly Server[],
    redis: RedisServer | undefined,
  ) {
    this.#parts = parts;
    this.nodes = nodes;
    this.redis = redis;
    for (const node of nodes) {
      const presence = node.use(UserPresence);
      presence.addAcquaintances(async (_site, viewer, users) => {
        const seen = users.filter((user) => this.acquainted.has(`${viewer}>${user}`));
        this.readings++;
        await this.holding;
        return new Set(seen);
      });
      presence.setPrivacy(() => Promise.resolve(this.hidden));
    }
  }

  /** @param listeners one for each node: several need Redis */
  static async start(listeners: readonly string[], env: Env = {}): Promise<PresenceWorld> {
    await using parts = new AsyncDisposableStack();
    const [redis, postgres] = listeners.length > 1
      ? await Promise.all([RedisServer.start(), PostgresServer.start()])
      : [];
    for (const each of [redis, postgres]) if (each !== undefined) parts.use(each);
    const settings = { ...redis?.env, ...postgres?.env, ...env };
    const nodes: Server[] = [];
    for (const APP_LISTENER of listeners) {
      nodes.push(parts.use(await startNode({ ...settings, APP_LISTENER })));
    }
    return new PresenceWorld(parts.move(), nodes, redis);
  }

  get first(): Server {
    return this.nodes[0]!;
  }

  get last(): Server {
    return this.nodes.at(-1)!;
  }

  /** What `GET /api/users/{user}/presence` answers a user. */
  async asked(viewer: string, user: string): Promise<{ status: number; json: Frame }> {
    const token = await connectionToken({ sub: viewer });
    const response = await fetch(`${this.first.url}/api/users/${user}/presence`, {
      headers: { authorization: `Bearer ${token}` },
    });
    return { status: response.status, json: await response.json() };
  }

  /** Somebody may see somebody, or may not any more. */
  acquaint(viewer: string, user: string, isAllowed = true): void {
    if (isAllowed) this.acquainted.add(`${viewer}>${user}`);
    else this.acquainted.delete(`${viewer}>${user}`);
    this.last.use(UserPresence).rightsChanged("default", [user]);
  }

  hide(user: string, hidden: Hidden): void {
    this.hidden.set(user, hidden);
    this.last.use(UserPresence).rightsChanged("default", [user]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.disposeAsync();
  }
}

export function startNode(env: Env): Promise<Server> {
  const { config } = readConfig({
    APP_KEY,
    APP_PORT: "0",
    APP_DATA_DIR: ":memory:",
    APP_REQUEST_SECONDS: "off",
    APP_OFFLINE_SECONDS: "1",
    ...env,
  });
  return Server.start(config);
}

/** A client of a user, who has said who it is. */
export async function clientOf(
  { url }: Pick<Server, "url">,
  user: string,
  device?: Frame,
): Promise<TestClient> {
  const token = await connectionToken({ sub: user });
  const client = await TestClient.connectAs(`${url.replace("http", "ws")}/ws`, {
    protocols: ["notifyli.v2", `notifyli.token.${token}`],
  });
  await client.command("connect", { device });
  return client;
}

/** Resolves with what a client was told of users since the last call, once it is so much. */
export class Heard {
  readonly #client: TestClient;
  #count = 0;

  constructor(client: TestClient) {
    this.#client = client;
  }

  async next(count = 1): Promise<Frame[]> {
    const until = this.#count + count;
    const frames = () => this.#client.ofType("user_presence");
    await waitFor(
      `${count} more of user_presence (${JSON.stringify(frames().slice(this.#count))})`,
      () => frames().length >= until,
    );
    const next = frames().slice(this.#count, until).map(({ type: _type, ...rest }) => rest);
    this.#count = until;
    return next;
  }
}
