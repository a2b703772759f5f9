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
  /**
   * Where several commands have the same type: the fields one of which a frame for this one has, such as `topic`. A frame that
   * has none of anybody's is for the first of the commands.
   */
  readonly nouns?: readonly string[];
  /**
   * Whether answers go out in the order of their lane alone: somebody else is asked first, and what concerns others does not
   * wait for that. Otherwise answers to commands of one type go out in the order of the commands.
   */
  readonly answersByLane: (() => boolean) | undefined;
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
    nouns: undefined,
    answersByLane: undefined,
    run: (connection, fields) => run(connection, read(fields, connection)),
  };
}

/** A command whose frames are worked on beside those of other lanes. @param answersByLane as {@linkcode Command} has it */
export function inLanes(
  { type, nouns, run }: Command,
  lane: Lane,
  answersByLane?: () => boolean,
): Command {
  return { type, lane, nouns, answersByLane, run };
}

/** A command that shares its type with others: it is for frames that have one of these fields. */
export function about(
  nouns: readonly string[],
  { type, lane, answersByLane, run }: Command,
): Command {
  return { type, lane, nouns, answersByLane, run };
}

/** A command that costs the server more than its frame: it is refused while its client has used up what it may. */
export function weighed({ type, lane, nouns, answersByLane, run }: Command): Command {
  return {
    type,
    lane,
    nouns,
    answersByLane,
    run(connection, fields) {
      connection.requireAllowance();
      return run(connection, fields);
    },
  };
}

/** The commands of one type: nearly always one alone. */
interface Namesakes {
  readonly first: Command;
  /** Those that are for frames with some fields; `undefined` where there is one command of the type. */
  all: readonly Command[] | undefined;
}

/** The commands of one protocol. */
export class Commands {
  readonly #commands = new Map<string, Namesakes>();

  /** Throws a `TypeError` where a frame could be for two of the commands. */
  constructor(commands: readonly Command[]) {
    for (const command of commands) {
      const known = this.#commands.get(command.type);
      if (known === undefined) this.#commands.set(command.type, { first: command, all: undefined });
      else known.all = withAnother(known.all ?? [known.first], command);
    }
  }

  /** How many there are, of which several may have one type. */
  get count(): number {
    return [...this.#commands.values()].reduce((sum, { all }) => sum + (all?.length ?? 1), 0);
  }

  get types(): string[] {
    return [...this.#commands.keys()];
  }

  /** The command that a frame is for; `undefined` if there is none. It runs for every message. */
  of(fields: Fields): Command | undefined {
    const { type } = fields;
    const found = typeof type === "string" ? this.#commands.get(type) : undefined;
    return found?.all === undefined ? found?.first : chosen(found.all, found.first, fields);
  }
}

function withAnother(known: readonly Command[], command: Command): readonly Command[] {
  const taken = known.flatMap(({ nouns }) => nouns ?? []);
  const { type, nouns = [] } = command;
  if (nouns.length > 0 && !nouns.some((noun) => taken.includes(noun))) return [...known, command];
  throw new TypeError(`Two commands "${type}"${nouns.length > 0 ? ` of ${nouns}` : ""}`);
}

function chosen(commands: readonly Command[], first: Command, fields: Fields): Command {
  for (const command of commands) {
    for (const noun of command.nouns ?? []) {
      if (fields[noun] !== undefined && fields[noun] !== null) return command;
    }
  }
  return first;
}
