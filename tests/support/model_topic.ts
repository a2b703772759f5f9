/** A model of a server with one topic, on a network that breaks when a test says so. */
import type { Position } from "../../lib/sdk/mod.ts";
import { connectData, published, topicData } from "./client_world.ts";
import type { FakeSocket, Frame } from "./fake_network.ts";

/** What happens to the network and the server, one after the other. */
export type TopicStep =
  | { do: "publish"; n: number }
  | { do: "tell" | "forget" }
  | { do: "up" | "down"; count: number }
  | { do: "cut"; ups: number; downs: number };

export interface Event {
  readonly id: string;
  readonly epoch: string;
  readonly offset: number;
  readonly n: number;
}

export class ModelTopic {
  readonly events: Event[] = [];
  /** What the client has subscribed to on this connection, by its numbers. */
  readonly subs = new Map<number, unknown>();
  readonly #kept: number;
  #epoch = 1;
  #offset = 0;
  #lastSub = 0;
  #socket: FakeSocket | undefined;
  #ups: Frame[] = [];
  #downs: Frame[] = [];

  /** @param kept how many events can be made up for */
  constructor(kept: number) {
    this.#kept = kept;
  }

  get isBusy(): boolean {
    return this.#ups.length + this.#downs.length > 0;
  }

  accept(socket: FakeSocket): void {
    this.#forgetConnection();
    this.#socket = socket;
    socket.onsend = (frame) => {
      if (socket === this.#socket && !socket.closed) this.#ups.push(frame);
    };
  }

  /** The index in `events` of the last one up to a position. A client may count on in an epoch that is over. */
  indexOf(position: Position | undefined): number {
    if (position === undefined) return -1;
    const before = this.events.filter(({ epoch }) => Number(epoch) < Number(position.epoch)).length;
    const own = this.events.filter(({ epoch }) => epoch === position.epoch).length;
    return before + Math.min(position.offset, own) - 1;
  }

  play(step: TopicStep): void {
    const socket = this.#socket;
    switch (step.do) {
      case "publish":
        return this.#publish(step.n);
      case "tell":
        if (this.subs.size > 0) {
          this.#downs.push({ type: "position", topic: "T", ...this.#position });
        }
        return;
      case "forget":
        this.#epoch++;
        this.#offset = 0;
        return;
      case "up":
        if (socket && !socket.closed) socket.open();
        for (const frame of this.#ups.splice(0, step.count)) this.#handle(frame);
        return;
      case "down":
        for (const frame of this.#downs.splice(0, step.count)) socket?.receive(frame);
        return;
      case "cut":
        this.play({ do: "up", count: step.ups });
        this.play({ do: "down", count: step.downs });
        this.#forgetConnection();
        return socket?.closed ? undefined : socket?.drop(1006);
    }
  }

  get #position(): Position {
    return { offset: this.#offset, epoch: String(this.#epoch) };
  }

  #forgetConnection(): void {
    this.subs.clear();
    this.#lastSub = 0;
    this.#ups = [];
    this.#downs = [];
  }

  #publish(n: number): void {
    this.#offset++;
    const event = { id: `e-${this.events.length}`, ...this.#position, n };
    this.events.push(event);
    const subs = [...this.subs].filter(([, filter]) => matches(event, filter)).map(([sub]) => sub);
    if (subs.length > 0) this.#downs.push(frameOf(event, subs));
  }

  #handle(frame: Frame): void {
    const { type, ref } = frame;
    const reply = (data: Frame) => this.#downs.push({ type: "reply", ref, success: true, data });
    if (type === "ping") this.#downs.push({ type: "pong", timestamp: 1 });
    else if (type === "connect") reply(connectData());
    else if (type === "subscribe") reply(this.#subscribe(frame));
    else if (type === "unsubscribe" && this.subs.delete(Number(frame["sub"]))) reply({});
    else throw new Error(`The model cannot take ${JSON.stringify(frame)}`);
  }

  #subscribe({ filter, since }: Frame): Frame {
    const sub = ++this.#lastSub;
    this.subs.set(sub, filter);
    const { offset, epoch } = this.#position;
    const matching = this.events.filter((event) => event.epoch === epoch && matches(event, filter));
    const from = since as Position | undefined;
    const missed = matching.filter((event) => event.offset > (from?.offset ?? 0));
    const reason = from === undefined
      ? "new"
      : from.epoch !== epoch
      ? "epoch"
      : offset - from.offset > this.#kept
      ? "expired"
      : undefined;
    if (reason === undefined) {
      const frames = missed.map((event) => frameOf(event, [sub]));
      return topicData(sub, offset, { epoch, recovered: true }, frames);
    }
    const last = matching.slice(-1).map((event) => ({ ...frameOf(event, [sub]), replay: true }));
    return topicData(sub, offset, { epoch, reason }, last);
  }
}

export function matches({ n }: Event, filter: unknown): boolean {
  return filter === undefined || (filter as { n?: number }).n === n;
}

function frameOf({ id, offset, n }: Event, subs: number[]): Frame {
  return published(offset, subs, { id, data: { n } });
}
