/** Commands are what a client can ask for: capabilities bring them, and a protocol looks them up by their type. */
import type { Fields } from "../base/fields.ts";
import type { Connection } from "./connection.ts";

/** The result of a command. */
export interface Answer {
  /** The data of the reply, if the client asked for one. */
  readonly data?: unknown;
  /**
   * Sends what was held back until the reply was on its way. The protocol calls it then.
   *
   * @param isTold whether the client was given the data
   */
  sent?(isTold: boolean): void;
}

/** Says what a frame of a connection concerns. */
export type Lane = (fields: Fields, connection: Connection) => string | undefined;

/** The answer, as a promise only if later frames of the connection must wait for it. */
export type Outcome = Answer | void | Promise<Answer | void>;

export interface Command {
  /** The `type` of its frame. */
  readonly type: string;
  /**
   * What a frame concerns, such as a room: it is worked on beside frames that concern something else. Where it says nothing,
   * the frame waits for all before it, and all after it wait for the frame.
   */
  readonly lane: Lane | undefined;
  /** Reads the fields, and does what they ask for. Throws or rejects with a `CodedError` that the client is sent. */
  run(connection: Connection, fields: Fields): Outcome;
}

/** Makes a command of two functions: one reads its fields, one runs it. Its frames wait for all before them. */
export function command<Asked>(
  type: string,
  read: (fields: Fields, connection: Connection) => Asked,
  run: (connection: Connection, asked: Asked) => Outcome,
): Command {
  return {
    type,
    lane: undefined,
    run: (connection, fields) => run(connection, read(fields, connection)),
  };
}

/** A command whose frames are worked on beside those of other lanes. */
export function inLanes(command: Command, lane: Lane): Command {
  return { type: command.type, lane, run: command.run };
}

/** A command that costs the server more than its frame: it is refused while its client has used up what it may. */
export function weighed({ type, lane, run }: Command): Command {
  return {
    type,
    lane,
    run(connection, fields) {
      connection.requireAllowance();
      return run(connection, fields);
    },
  };
}

/** The commands of one protocol. */
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

  /** The command of a frame's `type`; `undefined` if there is none. It runs for every message. */
  get(type: unknown): Command | undefined {
    return typeof type === "string" ? this.#commands.get(type) : undefined;
  }
}
