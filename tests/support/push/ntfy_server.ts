/** An ntfy server on this machine: it takes what is published as JSON, clears by sequence id, and answers as a test wants. */
import { waitFor } from "../wait.ts";

export interface NtfyMessage {
  readonly topic: string;
  readonly sequence_id: string;
  // deno-lint-ignore no-explicit-any -- a message is looked at by tests alone
  readonly [field: string]: any;
}

export interface NtfyCleared {
  readonly topic: string;
  readonly sequence: string;
}

export class NtfyServer implements AsyncDisposable {
  readonly taken: NtfyMessage[] = [];
  readonly cleared: NtfyCleared[] = [];
  /** The header `Authorization` of each request. */
  readonly authorizations: (string | null)[] = [];
  /** Answers the next requests, in place of the server's own answer: `undefined` leaves it to that. */
  answer: () => Response | undefined = () => undefined;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #token: string | undefined;

  /** @param token what one must show to publish; by default everybody may */
  constructor(token?: string) {
    this.#token = token;
    const options = { port: 0, hostname: "127.0.0.1", onListen() {} };
    this.#server = Deno.serve(options, (request) => this.#take(request));
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  /** What a user registers. */
  topic(name = "ada-7f3k"): string {
    return `${this.origin}/${name}`;
  }

  /** The settings of a notifyli that publishes to it. */
  get env(): Record<string, string> {
    return {
      PUSH_NTFY_SERVERS: this.origin,
      APP_OUTGOING_PRIVATE_IPS: "127.0.0.1",
      ...(this.#token !== undefined && { PUSH_NTFY_TOKEN: this.#token }),
    };
  }

  /** Resolves with the first messages, once there are so many. */
  async get(count: number): Promise<NtfyMessage[]> {
    await waitFor(`${count} messages`, () => this.taken.length >= count);
    return this.taken.slice(0, count);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  async #take(request: Request): Promise<Response> {
    const authorization = request.headers.get("authorization");
    this.authorizations.push(authorization);
    const body = await request.text();
    const answer = this.answer();
    if (answer !== undefined) return answer;
    if (this.#token !== undefined && authorization !== `Bearer ${this.#token}`) {
      return ntfyError(403, 40301);
    }
    const { pathname } = new URL(request.url);
    const [, topic, sequence] = /^\/([-\w]{1,64})\/([-\w]{1,64})\/clear$/.exec(pathname) ?? [];
    if (request.method === "PUT" && topic !== undefined && sequence !== undefined) {
      this.cleared.push({ topic, sequence });
      return Response.json({ id: "c1", event: "message_clear" });
    }
    if (request.method !== "POST" || pathname !== "/") return ntfyError(404, 40401);
    const message = JSON.parse(body);
    if (!/^[-\w]{1,64}$/.test(message.topic)) return ntfyError(400, 40009);
    this.taken.push(message);
    return Response.json({ id: `id${this.taken.length}`, event: "message", ...message });
  }
}

/** How ntfy writes that something is wrong. */
export function ntfyError(status: number, code: number, headers: HeadersInit = {}): Response {
  return Response.json({ code, http: status, error: "…" }, { status, headers });
}
