/**
 * A push service that real browsers subscribe at, on this machine: Firefox holds a WebSocket to it as to Mozilla's, and servers send
 * to its endpoints as RFC 8030 says. What comes is handed on as it is: only the browser can read it.
 */
import { waitFor } from "../wait.ts";

interface Subscribed {
  readonly channel: string;
  readonly uaid: string;
}

interface Said {
  readonly messageType?: string;
  readonly channelID?: string;
  readonly uaid?: string;
  readonly updates?: readonly { readonly version: string }[];
}

export class BrowserPushService implements AsyncDisposable {
  /** Names of messages that the browser has shown its service worker. */
  readonly acknowledged: string[] = [];
  /** How many pushes were taken. */
  taken = 0;
  readonly #subscribed = new Map<string, Subscribed>();
  readonly #sockets = new Map<string, WebSocket>();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  #greeted = 0;
  /** The next browser that comes is a new one to the service. */
  #forgets = false;

  constructor() {
    const options = { port: 0, hostname: "127.0.0.1", onListen() {} };
    this.#server = Deno.serve(options, (request) => this.#answer(request));
  }

  get webSocketUrl(): string {
    return `ws://127.0.0.1:${this.#server.addr.port}/`;
  }

  /** How many subscriptions there are. */
  get subscriptions(): number {
    return this.#subscribed.size;
  }

  /** Resolves once a browser is connected: one that subscribes before never hears the answer. */
  async greeted(count = 1): Promise<void> {
    await waitFor(`the browser's hello number ${count}`, () => this.#greeted >= count);
  }

  /** Loses all subscriptions, as a push service may: the browser is told when it connects the next time. */
  forget(): void {
    this.#subscribed.clear();
    this.#forgets = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets.values()) socket.close();
    await this.#server.shutdown();
  }

  #answer(request: Request): Response | Promise<Response> {
    if (request.headers.get("upgrade") !== "websocket") return this.#take(request);
    const { socket, response } = Deno.upgradeWebSocket(request, {
      protocol: request.headers.get("sec-websocket-protocol") ?? undefined,
    });
    let uaid = "";
    socket.onmessage = ({ data }) => {
      const said: Said = JSON.parse(data);
      const say = (answer: object) => socket.send(JSON.stringify(answer));
      const { messageType, channelID = "" } = said;
      switch (messageType) {
        case "hello":
          uaid = this.#forgets || !said.uaid ? crypto.randomUUID().replaceAll("-", "") : said.uaid;
          this.#forgets = false;
          this.#sockets.set(uaid, socket);
          say({ messageType, status: 200, uaid, use_webpush: true, broadcasts: {} });
          this.#greeted++;
          break;
        case "register": {
          const id = crypto.randomUUID();
          this.#subscribed.set(id, { channel: channelID, uaid });
          const pushEndpoint = `http://127.0.0.1:${this.#server.addr.port}/push/${id}`;
          say({ messageType, status: 200, channelID, pushEndpoint });
          break;
        }
        case "unregister":
          for (const [id, { channel }] of this.#subscribed) {
            if (channel === channelID) this.#subscribed.delete(id);
          }
          say({ messageType, status: 200, channelID });
          break;
        case "ack":
          this.acknowledged.push(...said.updates?.map(({ version }) => version) ?? []);
          break;
        default:
          if (messageType === undefined) socket.send("{}"); // a ping
      }
    };
    return response;
  }

  async #take(request: Request): Promise<Response> {
    const body = await request.bytes();
    const subscribed = this.#subscribed.get(new URL(request.url).pathname.split("/").at(-1) ?? "");
    if (request.method !== "POST" || subscribed === undefined) {
      return new Response(null, { status: 410 });
    }
    const { channel, uaid } = subscribed;
    this.#sockets.get(uaid)?.send(JSON.stringify({
      messageType: "notification",
      channelID: channel,
      version: crypto.randomUUID(),
      ttl: Number(request.headers.get("ttl")),
      data: body.toBase64({ alphabet: "base64url", omitPadding: true }),
      headers: { encoding: request.headers.get("content-encoding") },
    }));
    this.taken++;
    return new Response(null, { status: 201, headers: { location: `${request.url}/message` } });
  }
}
