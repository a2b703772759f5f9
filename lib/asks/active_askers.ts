/** Who is asked what: the last asker that came with a function for it. */
import { roomPattern } from "../rooms/rules/patterns.ts";
import type { Asker, Question } from "./asker.ts";
import type { HandshakeNames } from "./handshake_fields.ts";

interface Active {
  readonly asker: Asker;
  isAskedOf(room: string): boolean;
  isAskedOfTopic(topic: string): boolean;
}

export class ActiveAskers {
  #connect: Active | undefined;
  #enter: Active | undefined;
  #say: Active | undefined;
  #event: Active | undefined;
  #file: Active | undefined;

  add(asker: Asker): void {
    const { rooms = ["*"], topics = ["*"] } = asker;
    const active = { asker, isAskedOf: testOf(rooms), isAskedOfTopic: testOf(topics) };
    if (asker.authenticate !== undefined) this.#connect = active;
    if (asker.enter !== undefined) this.#enter = active;
    if (asker.say !== undefined) this.#say = active;
    if (asker.event !== undefined) this.#event = active;
    if (asker.file !== undefined) this.#file = active;
  }

  get asksWho(): boolean {
    return this.#connect !== undefined;
  }

  get handshake(): HandshakeNames | undefined {
    return this.#connect?.asker.handshake;
  }

  asks(kind: "enter" | "say" | "event" | "file"): boolean {
    return this.#of(kind) !== undefined;
  }

  /** It runs for every message. */
  asksOfRoom(kind: "enter" | "say" | "event", room: string): boolean {
    return this.#of(kind)?.isAskedOf(room) ?? false;
  }

  asksOfTopic(topic: string): boolean {
    return this.#enter?.isAskedOfTopic(topic) ?? false;
  }

  /** Asks. Rejects where the asker throws. */
  async ask(question: Question, signal: AbortSignal): Promise<unknown> {
    switch (question.type) {
      case "connect":
        return await this.#connect?.asker.authenticate?.(question, signal);
      case "enter":
        return await this.#enter?.asker.enter?.(question, signal);
      case "say":
        return await this.#say?.asker.say?.(question, signal);
      case "event":
        return await this.#event?.asker.event?.(question, signal);
      case "file":
        return await this.#file?.asker.file?.(question, signal);
    }
  }

  #of(kind: "enter" | "say" | "event" | "file"): Active | undefined {
    switch (kind) {
      case "enter":
        return this.#enter;
      case "say":
        return this.#say;
      case "event":
        return this.#event;
      case "file":
        return this.#file;
    }
  }
}

function testOf(patterns: readonly string[]): (name: string) => boolean {
  if (patterns.includes("*")) return () => true;
  const all = patterns.map(roomPattern);
  return (name) => all.some((pattern) => pattern.test(name));
}
