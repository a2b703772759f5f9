/** A WebSocket client that collects what it gets. */
import assert from "node:assert/strict";
import { waitFor } from "./wait.ts";

export type Frame = Readonly<Record<string, unknown>>;

export class TestClient implements AsyncDisposable {
  readonly frames: Frame[] = [];
  /** The frames as they came, byte for byte. */
  readonly texts: string[] = [];
  closed: { code: number; reason: string } | undefined;
  readonly #socket: WebSocket;
  #ref = 1000;
  readonly #closed: Promise<void>;

  private constructor(url: string, protocols: string[], headers: Record<string, string> = {}) {
    this.#socket = new WebSocket(url, { protocols, headers });
    this.#socket.onmessage = ({ data }) => {
      for (const text of data.split("\n")) {
        this.texts.push(text);
        this.frames.push(JSON.parse(text));
      }
    };
    this.#closed = new Promise((resolve) => {
      this.#socket.onclose = ({ code, reason }) => {
        this.closed = { code, reason };
        resolve();
      };
    });
  }

  /** Connects. @param query joins a room at once */
  static async connect(url: string, query: Record<string, string> = {}): Promise<TestClient> {
    const search = new URLSearchParams(query).toString();
    return await new TestClient(search === "" ? url : `${url}?${search}`, []).#opened();
  }

  /** Connects with protocol version 2. */
  static async connectV2(url: string): Promise<TestClient> {
    const client = await new TestClient(url, ["notifyli.v2"]).#opened();
    assert.equal(client.#socket.protocol, "notifyli.v2");
    return client;
  }

  /** Connects with subprotocols and headers. The subprotocol that the server chose is in `protocol`. */
  static async connectAs(
    url: string,
    { protocols = [], headers }: { protocols?: string[]; headers?: Record<string, string> },
  ): Promise<TestClient> {
    return await new TestClient(url, protocols, headers).#opened();
  }

  /** Connects with protocol version 2 and a token, and is who the token says when this resolves. */
  static async connectWithToken(url: string, token: string): Promise<TestClient> {
    const protocols = ["notifyli.v2", `notifyli.token.${token}`];
    const client = await TestClient.connectAs(url, { protocols });
    await client.command("connect");
    return client;
  }

  get protocol(): string {
    return this.#socket.protocol;
  }

  /** Sends a command of version 2, and resolves with its reply's data; rejects with its code. */
  async command(type: string, fields: Frame = {}): Promise<Frame> {
    const ref = ++this.#ref;
    this.send({ type, ref, ...fields });
    const reply = await this.#waitFor(
      `a reply to ${type}`,
      () => this.frames.find((frame) => frame["type"] === "reply" && frame["ref"] === ref),
    );
    if (reply["success"] === true) return reply["data"] as Frame;
    throw new Error(`${reply["code"]}: ${reply["error"]}`);
  }

  /** Connects, and is in the room when this resolves. */
  static async join(
    url: string,
    { user, room, name }: { user: number | string; room: string; name?: string },
  ): Promise<TestClient> {
    const client = await TestClient.connect(url);
    client.send({ type: "keepalive", user_id: user, room, name });
    await client.settled();
    return client;
  }

  send(frame: unknown): void {
    this.#socket.send(JSON.stringify(frame));
  }

  /** Whether the system has taken all that was sent. */
  get hasSent(): boolean {
    return this.#socket.bufferedAmount === 0;
  }

  sendRaw(data: string | Uint8Array<ArrayBuffer>): void {
    this.#socket.send(data);
  }

  ofType(type: string): Frame[] {
    return this.frames.filter((frame) => frame["type"] === type);
  }

  /** Resolves with the `count` first frames of a type, once they are there. */
  async get(type: string, count = 1, ms?: number): Promise<Frame[]> {
    await this.#waitFor(
      `${count} of ${type} (there are ${JSON.stringify(this.frames).slice(0, 500)})`,
      () => this.ofType(type).length >= count,
      ms,
    );
    return this.ofType(type).slice(0, count);
  }

  /** Resolves when the server has worked through all that was sent before. */
  async settled(): Promise<void> {
    const before = this.ofType("pong").length;
    this.send({ type: "ping" });
    await this.#waitFor("a pong", () => this.ofType("pong").length > before);
  }

  async close(): Promise<void> {
    this.#socket.close();
    await this.#closed;
  }

  async waitClosed(): Promise<{ code: number; reason: string }> {
    await this.#closed;
    return this.closed ?? { code: 0, reason: "" };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #opened(): Promise<this> {
    await this.#waitFor("the socket opens", () => this.#socket.readyState === WebSocket.OPEN);
    return this;
  }

  /** As {@linkcode waitFor}, but fails at once where the socket is closed, with its code. */
  async #waitFor<T>(what: string, ask: () => T | undefined | false, ms?: number): Promise<T> {
    const answer = await waitFor(what, () => {
      const there = ask();
      return there ? { there } : this.closed && { there };
    }, ms);
    if (answer.there) return answer.there;
    throw new Error(`${what}: closed with ${this.closed?.code}`);
  }
}
