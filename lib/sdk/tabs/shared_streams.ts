/**
 * How far all tabs of one connection were told of each stream. What the server gives one tab with an answer, it does
 * not send live besides, so the other tabs are told from here.
 */
import { asObject, type JsonObject } from "../core/frames.ts";

interface SharedStreamsLink {
  ask(command: JsonObject, then: (reply: JsonObject) => void): void;
  /** Hands a frame to the tabs that it is for, as if it had come live. */
  receive(line: string): void;
  /** Whether any tab is in the room. */
  isIn(room: string): boolean;
}

/** The name of the inbox; no room has it. */
export const INBOX = "";

export class SharedStreams {
  readonly #link: SharedStreamsLink;
  /** The newest offset that all were told of. */
  readonly #told = new Map<string, number>();

  constructor(link: SharedStreamsLink) {
    this.#link = link;
  }

  note(stream: string, offset: unknown): void {
    if (typeof offset === "number") this.#told.set(stream, offset);
  }

  forget(room: string): void {
    this.#told.delete(room);
  }

  /** A tab got what a room has up to an offset. */
  tellRoom(room: string, { offset, epoch }: JsonObject): void {
    const told = this.#told.get(room);
    if (typeof offset !== "number" || !this.#link.isIn(room)) return;
    if (told === undefined || told >= offset) return this.note(room, offset);
    const since = { offset: told, epoch };
    this.#link.ask({ type: "subscribe", room, since }, ({ data }) => {
      this.#receiveAll(asObject(data).publications);
      this.note(room, offset);
    });
  }

  /** A tab got what the inbox has up to an offset. */
  tellInbox({ offset, notifications }: JsonObject): void {
    const told = this.#told.get(INBOX) ?? 0;
    if (typeof offset !== "number" || offset <= told) return;
    this.#receiveAll(notifications, told);
    this.note(INBOX, offset);
  }

  #receiveAll(frames: unknown, after = -1): void {
    for (const frame of Array.isArray(frames) ? frames : []) {
      if (!(Number(asObject(frame).offset) <= after)) this.#link.receive(JSON.stringify(frame));
    }
  }
}
