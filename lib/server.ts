/** Puts the parts together: engine, node, listener, bridge. `commands/start.ts` runs it. */
import { getLogger } from "@logtape/logtape";
import { startBridge } from "../bridge.ts";
import type { Config } from "./config.ts";
import type { Protocol } from "./client.ts";
import { Counters } from "./counters.ts";
import { InboxService } from "./inbox_service.ts";
import type { Engine } from "./engine.ts";
import { openEmbedded } from "./engines/embedded.ts";
import type { RedisEngine } from "./engines/redis.ts";
import { parseQuery } from "./frames.ts";
import { createApp } from "./http/app.ts";
import { listen } from "./listeners/listen.ts";
import { Node } from "./node.ts";
import type { Retention } from "./retention.ts";
import { isAllowedOrigin } from "./origin.ts";
import { joinAtOnce, PROTOCOL_V1 } from "./protocols/v1.ts";
import { protocolV2, SUBPROTOCOL_V2 } from "./protocols/v2.ts";
import type { Accepted, Listener } from "./socket.ts";
import { startScheduler } from "./scheduler.ts";
import { startStreamReader } from "./stream_reader.ts";

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
    const counters = new Counters();
    const engine = parts.use(await openEngine(config, counters));
    const node = new Node(engine, config, counters);
    await node.start();
    parts.defer(() => node.stop());
    const inbox = new InboxService(engine);
    const app = createApp(node, inbox, config);
    const v2 = protocolV2(inbox, config.keepaliveSeconds);
    const listener = await listen(config, {
      fetch: (request, peer) => app.fetch(request, { peer }),
      upgrade: (request) => upgrade(request, node, { config, v2 }),
    });
    parts.defer(() => void listener.shutdown().catch(() => {}));
    if (isRedis(engine)) {
      parts.use(startBridge(node, engine, config));
      parts.use(startStreamReader(node, engine, config));
    }
    parts.use(startScheduler(engine.schedule, counters));
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
    this.#node.closeClients();
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

async function openEngine(config: Config, counters: Counters): Promise<Engine> {
  const retention: Retention = {
    size: config.limits.inbox,
    days: config.limits.inboxDays,
    onDropped({ user, taken, queued }) {
      counters.dropped_taken += taken;
      counters.dropped_queued += queued;
      if (queued === 0) return;
      log.warn("{queued} notifications that user {user} never got were dropped: {why}", {
        queued,
        user,
        why: "the inbox is full, or they are too old",
      });
    },
  };
  if (config.redis === undefined) return openEmbedded({ dataDir: config.dataDir, retention });
  const { openRedis } = await import("./engines/redis.ts");
  return openRedis(config.redis, { name: config.bot.name, retention });
}

function isRedis(engine: Engine): engine is RedisEngine {
  return engine.name === "redis";
}

function upgrade(
  request: Request,
  node: Node,
  { config, v2 }: { config: Config; v2: Protocol },
): Response | Accepted {
  const url = new URL(request.url);
  if (url.pathname !== "/ws") {
    return Response.json({
      code: "not_found",
      message: `There is no WebSocket at ${url.pathname}: it is at /ws`,
    }, { status: 404 });
  }
  if (!isAllowedOrigin(request, config.origins)) {
    const origin = JSON.stringify(request.headers.get("origin"));
    return Response.json({
      code: "forbidden",
      message: `A page of ${origin} may not connect; APP_ALLOWED_ORIGINS names those that may`,
    }, { status: 403 });
  }
  const offered = request.headers.get("sec-websocket-protocol")?.split(",") ?? [];
  if (offered.some((name) => name.trim() === SUBPROTOCOL_V2)) {
    return { subprotocol: SUBPROTOCOL_V2, open: (socket) => node.accept(socket, v2) };
  }
  return {
    open(socket) {
      const client = node.accept(socket, PROTOCOL_V1);
      try {
        const join = parseQuery(url.searchParams, config.limits);
        if (join !== undefined) joinAtOnce(client, join);
      } catch (error) {
        client.reportError(error);
      }
      return client;
    },
  };
}
