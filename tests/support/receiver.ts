/** An application that is told by webhook. It keeps what it gets, and verifies it by the text of the standard alone. */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { waitFor } from "./wait.ts";

export const SECRET = `whsec_${btoa("a secret of the tests, 32 bytes.")}`;

/** The settings of a notifyli that tells a receiver on this machine. */
export function webhookEnv(url: string): Record<string, string> {
  return { WEBHOOK_URL: url, WEBHOOK_SECRET: SECRET, APP_OUTGOING_PRIVATE_IPS: "127.0.0.1" };
}

export interface Receipt {
  readonly id: string;
  readonly user_id: number | string;
  readonly room: string;
  readonly state: string;
  readonly at: number;
}

/** An event as an endpoint is told of it. */
export interface ToldEvent {
  readonly event: string;
  readonly id: string;
  readonly site: string;
  readonly room?: string;
  readonly user_id?: number | string;
  readonly at: number;
  readonly data: Readonly<Record<string, unknown>>;
  readonly offset?: number;
  readonly epoch?: string;
}

/** The settings of a notifyli that tells an endpoint on this machine of events. */
export function hookEnv(url: string, changes: Record<string, string> = {}): Record<string, string> {
  return {
    HOOK_URL: url,
    HOOK_SECRET: SECRET,
    APP_OUTGOING_PRIVATE_IPS: "127.0.0.1",
    ...changes,
  };
}

export interface Told {
  /** When the request came, on `performance.now()`'s clock. */
  readonly cameAt: number;
  readonly path: string;
  readonly headers: Headers;
  /** The header `webhook-id`. */
  readonly id: string;
  readonly body: string;
  readonly receipts: readonly Receipt[];
  readonly events: readonly ToldEvent[];
}

export type Answer = (told: Told) => Response | Promise<Response>;

export class Receiver implements AsyncDisposable {
  readonly told: Told[] = [];
  /** Answers the next requests. */
  answer: Answer = () => new Response(null, { status: 204 });
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #held: ((response: Response) => void)[] = [];

  /** Starts a receiver on a port, by default a free one; with TLS where there are a certificate and a key (PEM). */
  constructor(port = 0, tls?: { readonly cert: string; readonly key: string }) {
    const options = { port, hostname: "127.0.0.1", onListen() {}, ...tls };
    this.#server = Deno.serve(options, (request) => this.#take(request));
  }

  get port(): number {
    return this.#server.addr.port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hook/path-is-secret?query=too`;
  }

  /** The settings of a notifyli that tells this receiver. */
  get env(): Record<string, string> {
    return webhookEnv(this.url);
  }

  /** All receipts, those of one `webhook-id` once, as a receiver should take them. */
  get receipts(): Receipt[] {
    return [...new Map(this.told.map((told) => [told.id, told])).values()]
      .flatMap(({ receipts }) => receipts);
  }

  /** All events, each once, as a receiver should take them. */
  get events(): ToldEvent[] {
    const events = this.told.flatMap(({ events }) => events);
    return [...new Map(events.map((event) => [event.id, event])).values()];
  }

  /** Resolves with all events, once there are so many. */
  async getEvents(count: number, ms?: number): Promise<ToldEvent[]> {
    await waitFor(`${count} events`, () => this.events.length >= count, ms);
    return this.events;
  }

  /** Resolves with the first `count` requests, once they are there. */
  async get(count: number, ms?: number): Promise<Told[]> {
    await waitFor(`${count} webhooks`, () => this.told.length >= count, ms);
    return this.told.slice(0, count);
  }

  /** Answers nothing from now on. Returns what answers all requests that wait. */
  hold(): (status: number) => void {
    this.answer = () => new Promise((resolve) => this.#held.push(resolve));
    return (status) => {
      for (const resolve of this.#held.splice(0)) resolve(new Response(null, { status }));
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.answer = () => new Response(null, { status: 204 });
    for (const resolve of this.#held) resolve(new Response());
    await this.#server.shutdown();
  }

  async #take(request: Request): Promise<Response> {
    const { pathname, search } = new URL(request.url);
    const body = await request.text();
    const told: Told = {
      cameAt: performance.now(),
      path: pathname + search,
      headers: request.headers,
      id: request.headers.get("webhook-id") ?? "",
      body,
      receipts: JSON.parse(body).receipts ?? [],
      events: JSON.parse(body).events ?? [],
    };
    this.told.push(told);
    return await this.answer(told);
  }
}

/** How many signatures the request has; throws unless `secret` made one of them, just now. */
export function verify({ headers, id, body }: Told, secret = SECRET): number {
  const timestamp = headers.get("webhook-timestamp") ?? "";
  assert.ok(Math.abs(Number(timestamp) - Date.now() / 1000) < 60, `timestamp is ${timestamp}`);
  const key = Uint8Array.from(atob(secret.replace("whsec_", "")), (text) => text.charCodeAt(0));
  const expected = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
  const signatures = headers.get("webhook-signature")?.split(" ") ?? [];
  assert.ok(signatures.includes(`v1,${expected}`), `signatures are ${signatures}`);
  return signatures.length;
}
