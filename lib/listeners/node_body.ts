/**
 * Reads the body of a request from `node:http` itself: a stream of the web in between would copy each piece twice. Each piece is given
 * back to the system as soon as it was used, since the collector would come for hundreds of them at once: that takes memory, and
 * keeps all others waiting for 30 ms each time.
 */
import type { IncomingMessage } from "node:http";
import type { BodyReader } from "../core/socket.ts";

type Piece = Uint8Array<ArrayBuffer>;

interface Waiting {
  resolve(piece: Piece | undefined): void;
  reject(error: unknown): void;
}

export class NodeBody implements BodyReader {
  readonly #message: IncomingMessage;
  /** The piece that was given last. */
  #given: Piece | undefined;
  #waiting: Waiting | undefined;
  #failure: unknown;
  #isOver = false;

  constructor(message: IncomingMessage) {
    this.#message = message;
    message.on("error", this.#onError); // it may come later than anybody reads, and would end the process
    if (message.readableEnded) this.#isOver = true;
    else if (message.destroyed) this.#onClose();
    else message.on("readable", this.#onReadable).on("end", this.#onEnd).on("close", this.#onClose);
  }

  next(): Promise<Piece | undefined> {
    this.#giveBack();
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#isOver) return Promise.resolve(undefined);
    const { promise, resolve, reject } = Promise.withResolvers<Piece | undefined>();
    this.#waiting = { resolve, reject };
    this.#onReadable();
    return promise;
  }

  /** What else comes is for whoever ends the request: the answer may still go out on its connection. */
  stop(): void {
    this.#giveBack();
    this.#end();
  }

  /** Small chunks come together, since all that is there is read. */
  readonly #onReadable = (): void => {
    if (this.#waiting === undefined) return;
    const piece: Piece | null = this.#message.read();
    if (piece === null) return;
    const { resolve } = this.#waiting;
    this.#waiting = undefined;
    resolve(this.#given = piece);
  };

  readonly #onEnd = (): void => this.#end();

  readonly #onError = (error: unknown): void => this.#fail(error);

  readonly #onClose = (): void => {
    if (this.#message.readableEnded) this.#end();
    else this.#fail(new Error("the connection has ended"));
  };

  #fail(error: unknown): void {
    if (this.#isOver) return;
    this.#failure = error;
    this.#waiting?.reject(error);
    this.#waiting = undefined;
    this.#end();
  }

  #end(): void {
    this.#isOver = true;
    this.#message.off("readable", this.#onReadable).off("end", this.#onEnd);
    this.#message.off("close", this.#onClose);
    this.#waiting?.resolve(undefined);
    this.#waiting = undefined;
  }

  /** Gives back the memory of the last piece, where nothing else is in there. */
  #giveBack(): void {
    const piece = this.#given;
    this.#given = undefined;
    if (piece?.byteLength === piece?.buffer.byteLength) piece?.buffer.transfer(0);
  }
}
