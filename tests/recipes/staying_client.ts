/** A client of a balancer that comes back until it is in whenever its connection ends, as those of the library do. */
// @ts-types="@types/ws"
import type { WebSocket } from "ws";
import { connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";
import type { Balancer } from "./balancer.ts";

const COMES_BACK_AFTER_MS = 100;

export class StayingClient implements Disposable {
  /** How its connections have ended. */
  readonly codes: number[] = [];
  readonly #balancer: Balancer;
  readonly #user: string;
  #socket: WebSocket | undefined;
  #pause: ReturnType<typeof setTimeout> | undefined;
  #isIn = false;
  #isOver = false;

  private constructor(balancer: Balancer, user: number) {
    this.#balancer = balancer;
    this.#user = String(user);
  }

  /** Resolves when it is in. */
  static async connect(balancer: Balancer, user: number): Promise<StayingClient> {
    const client = new StayingClient(balancer, user);
    await client.#open();
    try {
      await waitFor("the client is in", () => client.#isIn);
    } catch (error) {
      client[Symbol.dispose]();
      throw error;
    }
    return client;
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    clearTimeout(this.#pause);
    this.#socket?.terminate();
  }

  async #open(): Promise<void> {
    const token = await connectionToken({ sub: this.#user });
    if (this.#isOver) return;
    const headers = { authorization: `Bearer ${token}`, "x-forwarded-for": "203.0.113.9" };
    const socket = this.#socket = this.#balancer.connect("/ws", headers);
    socket.on("error", () => {}); // it closes then, too
    socket.once("open", () => socket.send('{"type":"connect","ref":1}'));
    socket.once("message", () => this.#isIn = true);
    socket.once("close", (code) => {
      this.#isIn = false;
      if (this.#isOver) return;
      this.codes.push(code);
      this.#pause = setTimeout(() => this.#open(), COMES_BACK_AFTER_MS);
    });
  }
}
