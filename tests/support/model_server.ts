/** A model of a server with one room and one inbox, on a network that does what a test says. */
import type { Position } from "../../lib/sdk/mod.ts";
import { connectData, direct, EPOCH, inboxData, message, roomData } from "./client_world.ts";
import type { FakeSocket, Frame } from "./fake_network.ts";

/** What happens to the network, the server and the client, one after the other. */
export type Step =
  | { do: "publish" }
  | { do: "say" | "notify" | "forget" }
  | { do: "up" | "down"; count: number }
  | { do: "cut"; ups: number; downs: number }
  | { do: "lose" | "double" | "swap"; at: number }
  | { do: "wait"; ms: number };

interface Said {
  readonly id: string;
  readonly epoch: string;
  readonly offset: number;
}

export class ModelServer {
  readonly said: Said[] = [];
  readonly notified: Said[] = [];
  readonly acked = new Set<string>();
  readonly #lost = new Set<unknown>();
  readonly #kept: number;
  readonly #carriesEpoch: boolean;
  #epoch = 1;
  #offset = 0;
  #lastId = 0;
  #socket: FakeSocket | undefined;
  #isOpen = false;
  #ups: Frame[] = [];
  #downs: Frame[] = [];
  #isIn = false;
  #isConnected = false;

  constructor({ kept = Infinity, carriesEpoch = false } = {}) {
    this.#kept = kept;
    this.#carriesEpoch = carriesEpoch;
  }

  get isBusy(): boolean {
    return this.#ups.length + this.#downs.length > 0;
  }

  accept(socket: FakeSocket): void {
    this.#socket = socket;
    this.#isOpen = this.#isIn = this.#isConnected = false;
    this.#ups = [];
    this.#downs = [];
    socket.onsend = (frame) => {
      if (socket === this.#socket && !socket.closed) this.#ups.push(frame);
    };
  }

  /** The index in `said` of what was said last at a position. */
  indexOf(position: Position | undefined): number {
    if (position === undefined) return -1;
    const { offset, epoch } = position;
    const before = this.said.filter((each) => Number(each.epoch) < Number(epoch)).length;
    return before + offset - 1;
  }

  /** Whether a message was lost and none of its epoch was seen after it: offsets start anew with the next epoch. */
  isTraceless(id: string, seen: readonly string[]): boolean {
    const index = this.said.findIndex((each) => each.id === id);
    const later = this.said.slice(index + 1).filter((e) => e.epoch === this.said[index]?.epoch);
    return this.#lost.has(id) && !later.some((each) => seen.includes(each.id));
  }

  play(step: Exclude<Step, { do: "publish" | "wait" }>): void {
    const socket = this.#socket;
    switch (step.do) {
      case "say":
        return void this.#say(`other-${++this.#lastId}`);
      case "notify":
        return this.#notify();
      case "forget":
        this.#epoch++;
        this.#offset = 0;
        return;
      case "up":
        if (socket && !socket.closed && !this.#isOpen) socket.open();
        this.#isOpen = true;
        for (const frame of this.#ups.splice(0, step.count)) this.#handle(frame);
        return;
      case "down":
        for (const frame of this.#downs.splice(0, step.count)) socket?.receive(frame);
        return;
      case "cut":
        this.play({ do: "up", count: step.ups });
        this.play({ do: "down", count: step.downs });
        this.#ups = [];
        this.#downs = [];
        this.#isIn = this.#isConnected = false;
        return socket?.closed ? undefined : socket?.drop(1006);
      case "lose":
      case "double":
      case "swap":
        return this.#disturb(step);
    }
  }

  /** Loses, doubles or swaps frames. Replies may be among them: the client then gives the connection up. */
  #disturb({ do: what, at }: Extract<Step, { do: "lose" | "double" | "swap" }>): void {
    const [frame, next] = this.#downs.slice(at, at + 2);
    if (frame === undefined) return;
    if (what === "lose") {
      this.#downs.splice(at, 1);
      this.#lost.add(frame.id);
    }
    if (what === "double") this.#downs.push(frame);
    if (what === "swap" && next !== undefined) this.#downs.splice(at, 2, next, frame);
  }

  #say(id: string): Said {
    const known = this.said.find((each) => each.id === id);
    if (known !== undefined) return known;
    const said = { id, epoch: String(this.#epoch), offset: ++this.#offset };
    this.said.push(said);
    if (this.#isIn) this.#downs.push(this.#frame(said));
    return said;
  }

  #notify(): void {
    const offset = this.notified.length + 1;
    const said = { id: `n-${offset}`, epoch: EPOCH, offset };
    this.notified.push(said);
    if (this.#isConnected) this.#downs.push(direct(offset));
  }

  #handle(frame: Frame): void {
    const { type, ref } = frame;
    if (type === "ping") return void this.#downs.push({ type: "pong", timestamp: 1 });
    const data = this.#answer(frame);
    this.#downs.push({ type: "reply", ref, success: true, data });
  }

  #answer({ type, since, inbox, id, ids }: Frame): Frame {
    switch (type) {
      case "connect":
        this.#isConnected = true;
        return connectData({ inbox: this.#inbox(inbox as Position | undefined) });
      case "inbox":
        return { ...this.#inbox(since as Position), unread: 0 };
      case "subscribe":
        this.#isIn = true;
        return this.#room(since as Position | undefined);
      case "publish":
        return { ...this.#say(String(id)) };
      case "ack":
        for (const id of ids as string[]) this.acked.add(id);
        return {};
      default:
        throw new Error(`The model knows no '${type}'`);
    }
  }

  #inbox(since: Position | undefined): Frame {
    const missed = this.notified.slice(since?.offset ?? 0).map(({ offset }) => direct(offset));
    return inboxData(this.notified.length, { recovered: since !== undefined }, missed);
  }

  #room(since: Position | undefined): Frame {
    const [offset, epoch] = [this.#offset, String(this.#epoch)];
    const no = (reason: string) => roomData(offset, { epoch, recovered: false, reason });
    if (since === undefined) return this.said.length === 0 ? no("new") : this.#fromTheStart();
    if (since.epoch !== epoch) return no("epoch");
    const missed = this.#log.filter((each) => each.offset > since.offset);
    if (missed.length > this.#kept) return no("expired");
    return roomData(offset, { epoch, recovered: true }, missed.map((each) => this.#frame(each)));
  }

  /** The answer to a client that comes for the first time: all that was said, so that all of it has to be seen. */
  #fromTheStart(): Frame {
    const all = this.said.map((each) => this.#frame(each));
    return roomData(this.#offset, { epoch: String(this.#epoch), reason: "new" }, all);
  }

  get #log(): readonly Said[] {
    return this.said.filter(({ epoch }) => epoch === String(this.#epoch));
  }

  #frame({ id, offset, epoch }: Said): Frame {
    return { ...message(offset), id, ...(this.#carriesEpoch ? { epoch } : {}) };
  }
}
