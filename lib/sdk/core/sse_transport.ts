/**
 * The transport for places where WebSockets do not pass: a stream of Server-Sent Events down, read with `fetch`, and
 * POSTs up, one after the other. `fallback_transport.ts` says when it is used.
 */
import { httpAddress } from "./addresses.ts";
import { EventReader, type ServerEvent } from "./event_reader.ts";
import {
  closeCodeOf,
  CONNECTION_REFUSED,
  FRAME_TOO_BIG,
  TOKEN_REFUSED,
} from "../../base/close_codes.ts";
import {
  CONNECTION_LOST,
  type OpenTransport,
  type Transport,
  type TransportEvents,
} from "./transport.ts";

/** The status by which the server says that a frame is too big. */
const TOO_BIG_STATUS = 413;

/** The statuses by which the server refuses a token, its user or the page; the answer has the error's code. */
const UNAUTHORIZED_STATUS = 401;
const FORBIDDEN_STATUS = 403;

/** The status by which a server says that it looks for no session in a header. */
const NO_SUCH_STATUS = 405;

/** Most UTF-16 units that go up together; the server takes 64 KiB at once if nobody told it otherwise. */
const BATCH_LENGTH = 16_384;

/** How long what was sent before a `close()` may take to go out. */
const LAST_WORDS_MS = 2_000;

export function sseTransport(fetch: typeof globalThis.fetch): OpenTransport {
  return (url, events, token) =>
    new SseTransport({ address: httpAddress(url, "sse"), token }, events, fetch);
}

class SseTransport implements Transport {
  readonly #address: string;
  readonly #token: string | undefined;
  readonly #events: TransportEvents;
  readonly #fetch: typeof globalThis.fetch;
  readonly #abort = new AbortController();
  #stream: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #session: string | undefined;
  /** Whether the server is one of before 0.3, which looks for the session in the path. */
  #isOldServer = false;
  #isClosed = false;
  /** Texts that wait for the POST before them; what `client.ts` asks at once is bounded. */
  #waiting: string[] = [];
  #sending: Promise<void> | undefined;
  #batchLength = BATCH_LENGTH;

  constructor(
    { address, token }: { address: string; token: string | undefined },
    events: TransportEvents,
    fetch: typeof globalThis.fetch,
  ) {
    this.#address = address;
    this.#token = token;
    this.#events = events;
    this.#fetch = (...request) => fetch(...request); // browsers want it called on nothing
    void this.#listen().catch((error) => this.#end(CONNECTION_LOST, String(error)));
  }

  send(text: string): void {
    this.#waiting.push(text);
    this.#sending ??= this.#sendWaiting();
  }

  close(): void {
    this.#isClosed = true;
    if (this.#sending === undefined) return this.#stop();
    const timer = setTimeout(() => this.#stop(), LAST_WORDS_MS);
    void this.#sending.finally(() => {
      clearTimeout(timer);
      this.#stop();
    });
  }

  async #listen(): Promise<void> {
    const accept = { accept: "text/event-stream" };
    const response = await this.#fetch(this.#address, {
      headers: this.#token === undefined
        ? accept
        : { ...accept, authorization: `Bearer ${this.#token}` },
      cache: "no-store",
      signal: this.#abort.signal,
    });
    const { body, status, headers } = response;
    if (status !== 200) return await this.#refused(response);
    const type = headers.get("content-type");
    if (body === null || !type?.startsWith("text/event-stream")) {
      return this.#end(CONNECTION_LOST, `${this.#address} answers ${status}, ${type}`);
    }
    this.#stream = body.getReader();
    const reader = new EventReader();
    for (;;) {
      const { done, value } = await this.#stream.read();
      if (done) return this.#end(CONNECTION_LOST, "The stream ended");
      for (const event of reader.read(value)) this.#take(event);
    }
  }

  /** The server refuses a request and says why, which browsers do not pass on at a WebSocket's handshake. */
  async #refused(response: Response): Promise<void> {
    const { status, headers } = response;
    const text = await response.text();
    const { code, message } = readRefusal(text);
    if (message === undefined) {
      const type = headers.get("content-type");
      return this.#end(CONNECTION_LOST, `${this.#address} answers ${status}, ${type}`);
    }
    const otherwise = status === UNAUTHORIZED_STATUS ? TOKEN_REFUSED : CONNECTION_REFUSED;
    this.#end(closeCodeOf(code) ?? otherwise, message);
  }

  #take({ name, data }: ServerEvent): void {
    if (this.#isClosed) return;
    if (name === "message") return this.#events.received(data);
    const fields = JSON.parse(data);
    if (name === "open") {
      this.#session = String(fields.session);
      this.#events.opened();
    } else if (name === "close") this.#end(Number(fields.code), String(fields.reason));
  }

  async #sendWaiting(): Promise<void> {
    try {
      await undefined; // what is said at once goes up together
      while (this.#waiting.length > 0 && !this.#abort.signal.aborted) await this.#sendBatch();
    } catch (error) {
      this.#end(CONNECTION_LOST, String(error));
    } finally {
      this.#sending = undefined; // in the moment in which nothing waits: what comes after it is sent by another
    }
  }

  async #sendBatch(): Promise<void> {
    const texts = this.#nextBatch();
    const response = await this.#post(texts.join("\n"));
    const { status } = response;
    if (status === FORBIDDEN_STATUS) return await this.#refused(response);
    await response.body?.cancel();
    if (status === TOO_BIG_STATUS && texts.length > 1) {
      this.#batchLength = 0; // each alone
      this.#waiting.unshift(...texts);
    } else if (status === TOO_BIG_STATUS) this.#end(FRAME_TOO_BIG, "frame is too big");
    else if (status !== 202) this.#end(CONNECTION_LOST, `A POST is answered ${status}`);
  }

  /** Sends a text up. The session is named in a header, since logs have the path. */
  async #post(text: string): Promise<Response> {
    if (!this.#isOldServer) {
      const response = await this.#request(this.#address, text, {
        "x-session": `${this.#session}`,
      });
      if (response.status !== NO_SUCH_STATUS) return response;
      await response.body?.cancel();
      this.#isOldServer = true;
    }
    return await this.#request(`${this.#address}/${this.#session}`, text);
  }

  #request(url: string, body: string, headers = {}): Promise<Response> {
    return this.#fetch(url, { method: "POST", headers, body, signal: this.#abort.signal });
  }

  /** Takes the first of the texts that wait, at least one. */
  #nextBatch(): string[] {
    let [count, length] = [0, 0];
    for (const text of this.#waiting) {
      length += text.length + 1;
      if (count > 0 && length > this.#batchLength) break;
      count++;
    }
    return this.#waiting.splice(0, count);
  }

  #end(code: number, reason: string): void {
    this.#stop();
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#events.closed(code, reason);
  }

  /** Cancels the stream, too: in Deno, a signal does not reach it once its response was collected as garbage. */
  #stop(): void {
    this.#abort.abort();
    void this.#stream?.cancel().catch(() => {}); // it was aborted
  }
}

/** An error of the server's; a proxy's answer has no such message. */
function readRefusal(text: string): { code?: unknown; message?: string } {
  try {
    const { code, message } = JSON.parse(text);
    return typeof code === "string" && typeof message === "string" ? { code, message } : {};
  } catch {
    return {};
  }
}
