/**
 * Connections to a push service that takes many requests over one (HTTP/2). Where a request fails or no answer comes, they are
 * given up, since one that is dead at its other end looks like any other for many minutes.
 */
import { pause } from "../../base/clock.ts";

/** How long requests wait for the first one's answer. */
const FIRST_MS = 1000;

export interface ServiceRequest {
  readonly method: "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
}

interface Client {
  readonly http: Deno.HttpClient;
  /** Resolves when the service has answered once, or not in time: until then each request would make a connection. */
  readonly isReady: Promise<void>;
}

export class Connections implements Disposable {
  readonly #caCerts: string[];
  #client: Client | undefined;

  /** @param caCerts authorities in PEM, besides those that the system knows */
  constructor(caCerts: readonly string[] = []) {
    this.#caCerts = [...caCerts];
  }

  /**
   * Sends a request, and follows no redirect. What fails before an answer comes is sent once more, on a new connection: the
   * service may have closed the old one meanwhile.
   */
  async send(url: string, request: ServiceRequest): Promise<Response> {
    try {
      return await this.#try(url, request);
    } catch (error) {
      if (request.signal.aborted) throw error;
      return await this.#try(url, request);
    }
  }

  [Symbol.dispose](): void {
    this.#giveUp(this.#client);
  }

  async #try(url: string, request: ServiceRequest): Promise<Response> {
    const answered = new AbortController();
    // One that was given up meanwhile has another in its place, whose first answer is waited for as well.
    let known: Client | undefined;
    while (this.#client !== undefined && this.#client !== known) {
      known = this.#client;
      await known.isReady;
    }
    const client = this.#client ??= {
      http: Deno.createHttpClient({ caCerts: this.#caCerts }),
      isReady: pause(FIRST_MS, answered.signal),
    };
    try {
      return await fetch(url, { ...request, redirect: "manual", client: client.http });
    } catch (error) {
      this.#giveUp(client);
      throw error;
    } finally {
      answered.abort();
    }
  }

  /** Requests that are under way on the client go on. */
  #giveUp(client: Client | undefined): void {
    if (client === undefined || client !== this.#client) return;
    this.#client = undefined;
    client.http.close();
  }
}
