/** Puts the parts together: engine, node, listener, bridge. `commands/start.ts` runs it. */
import { getLogger } from "@logtape/logtape";
import { startBridge } from "../bridge.ts";
import type { Config } from "./config.ts";
import type { Engine } from "./engine.ts";
import { openEmbedded } from "./engines/embedded.ts";
import type { RedisEngine } from "./engines/redis.ts";
import { NotifyliError } from "./errors.ts";
import { parseQuery } from "./frames.ts";
import { createApp } from "./http/app.ts";
import { listen } from "./listeners/listen.ts";
import { Node } from "./node.ts";
import type { Listener, Socket, SocketEvents } from "./socket.ts";

const log = getLogger(["notifyli"]);

export class Server implements AsyncDisposable {
  readonly #config: Config;
  readonly #parts: AsyncDisposableStack;
  readonly #listener: Listener;
  readonly #node: Node;

  private constructor(
    config: Config,
    parts: AsyncDisposableStack,
    listener: Listener,
    node: Node,
  ) {
    this.#config = config;
    this.#parts = parts;
    this.#listener = listener;
    this.#node = node;
  }

  /** Starts a server; rejects where the store cannot be opened or the address cannot be listened on. */
  static async start(config: Config): Promise<Server> {
    await using parts = new AsyncDisposableStack();
    const engine = parts.use(await openEngine(config));
    const node = new Node(engine, config);
    await node.start();
    parts.defer(() => node.stop());
    const app = createApp(node, config);
    const listener = await listen(config, {
      fetch: (request, peer) => app.fetch(request, { peer }),
      upgrade: (request) => upgrade(request, node, config),
    });
    parts.defer(() => void listener.shutdown().catch(() => {}));
    if (isRedis(engine) && config.redis) parts.use(startBridge(node, engine, config));
    return new Server(config, parts.move(), listener, node);
  }

  get url(): string {
    const { host, port } = this.#listener;
    const name = host.includes(":") ? `[${host}]` : host;
    return `${this.#config.tls ? "https" : "http"}://${name}:${port}`;
  }

  get port(): number {
    return this.#listener.port;
  }

  get node(): Node {
    return this.#node;
  }

  /**
   * Stops accepting, tells every client to come back, removes their presence. Says whether all connections
   * were gone by the deadline.
   */
  async stop(): Promise<boolean> {
    const gone = this.#listener.shutdown().then(() => true, () => true);
    const finished = this.#parts.disposeAsync().then(() => gone);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), this.#config.shutdownSeconds * 1000);
    });
    const inTime = await Promise.race([finished, late]);
    clearTimeout(timer);
    if (!inTime) {
      log.warn("not every client was gone within {seconds} s", {
        seconds: this.#config.shutdownSeconds,
      });
    }
    return inTime;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

async function openEngine(config: Config): Promise<Engine> {
  if (config.redis === undefined) {
    return openEmbedded({ dataDir: config.dataDir, inboxSize: config.limits.inbox });
  }
  const { openRedis } = await import("./engines/redis.ts");
  return openRedis(config.redis, { name: config.bot.name, inboxSize: config.limits.inbox });
}

function isRedis(engine: Engine): engine is RedisEngine {
  return engine.name === "redis";
}

function upgrade(
  request: Request,
  node: Node,
  config: Config,
): Response | ((socket: Socket) => SocketEvents) {
  const url = new URL(request.url);
  if (url.pathname !== "/ws") {
    return Response.json({
      code: "not_found",
      message: `There is no WebSocket at ${url.pathname}: it is at /ws`,
    }, { status: 404 });
  }
  return (socket) => {
    const client = node.accept(socket);
    try {
      const join = parseQuery(url.searchParams, config.limits);
      if (join !== undefined) client.joinAtOnce(join);
    } catch (error) {
      if (!(error instanceof NotifyliError)) throw error;
      client.reportError(error);
    }
    return client;
  };
}
