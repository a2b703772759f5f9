/** One connection of version 2: its commands have answers, and what comes besides goes to its handler. */

export type Frame = Readonly<Record<string, unknown>>;

/** An answer that a command failed with. */
export class Refused extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(`${code}: ${message}`);
    this.code = code;
  }
}

/** A command that has no answer by then goes over another connection. */
const ANSWER_WITHIN_MS = 30_000;

export class ChatLink implements Disposable {
  /** Resolves when the connection has ended. */
  readonly closed: Promise<void>;
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, PromiseWithResolvers<Frame>>();
  #ref = 0;
  #isClosed = false;

  private constructor(socket: WebSocket, onFrame: (frame: Frame) => void) {
    this.#socket = socket;
    const closed = Promise.withResolvers<void>();
    this.closed = closed.promise;
    socket.onmessage = ({ data }) => {
      for (const text of String(data).split("\n")) this.#take(JSON.parse(text), onFrame);
    };
    socket.onerror = () => {}; // it closes, too
    socket.onclose = () => {
      this.#isClosed = true;
      for (const { reject } of this.#waiting.values()) {
        reject(new Error("the connection has ended"));
      }
      this.#waiting.clear();
      closed.resolve();
    };
  }

  /** Resolves with a connection, or with nothing where none can be had. */
  static async open(url: string, onFrame: (frame: Frame) => void): Promise<ChatLink | undefined> {
    const socket = new WebSocket(url, ["notifyli.v2"]);
    const link = new ChatLink(socket, onFrame);
    const opened = new Promise<void>((resolve) => socket.onopen = () => resolve());
    await Promise.race([opened, link.closed]);
    return link.#isClosed ? undefined : link;
  }

  /** Resolves with the answer's data. Rejects with {@linkcode Refused}, or where the connection ends before. */
  async command(type: string, fields: Frame = {}): Promise<Frame> {
    if (this.#isClosed) throw new Error("the connection has ended");
    const ref = ++this.#ref;
    const answer = Promise.withResolvers<Frame>();
    this.#waiting.set(ref, answer);
    this.#socket.send(JSON.stringify({ type, ref, ...fields }));
    const late = setTimeout(() => this[Symbol.dispose](), ANSWER_WITHIN_MS);
    try {
      return await answer.promise;
    } finally {
      clearTimeout(late);
    }
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }

  #take(frame: Frame, onFrame: (frame: Frame) => void): void {
    if (frame["type"] !== "reply") return onFrame(frame);
    const answer = this.#waiting.get(Number(frame["ref"]));
    this.#waiting.delete(Number(frame["ref"]));
    if (frame["success"] === true) answer?.resolve(frame["data"] as Frame);
    else answer?.reject(new Refused(String(frame["code"]), String(frame["error"])));
  }
}
