/** What a client can ask for: each capability brings its commands, and a dialect looks them up by their type. */
import type { Fields } from "../base/fields.ts";
import type { Connection } from "./connection.ts";

/** What a command has come to. */
export interface Answer {
  /** Of the reply, where the client asked for one. */
  readonly data?: unknown;
  /**
   * Called when the reply is on its way: what was held back for it follows.
   *
   * @param isTold whether the client was given the data
   */
  sent?(isTold: boolean): void;
}

/** A promise only where later frames of this connection must wait. */
export type Outcome = Answer | void | Promise<Answer | void>;

export interface Command {
  /** `type` of its frame. */
  readonly type: string;
  /** Reads the fields, and does what they ask for. Throws or rejects with a `CodedError` for the client to see. */
  run(connection: Connection, fields: Fields): Outcome;
}

/** A command of a type, from how its fields are read and what is done with them. */
export function command<Asked>(
  type: string,
  read: (fields: Fields, connection: Connection) => Asked,
  run: (connection: Connection, asked: Asked) => Outcome,
): Command {
  return { type, run: (connection, fields) => run(connection, read(fields, connection)) };
}

/** The commands of one dialect. */
export class Commands {
  readonly #commands = new Map<string, Command>();

  constructor(commands: readonly Command[]) {
    for (const command of commands) {
      if (this.#commands.has(command.type)) throw new TypeError(`Two commands "${command.type}"`);
      this.#commands.set(command.type, command);
    }
  }

  get types(): string[] {
    return [...this.#commands.keys()];
  }

  /** On every message's way. */
  get(type: unknown): Command | undefined {
    return typeof type === "string" ? this.#commands.get(type) : undefined;
  }
}
