/** The logs of all nodes: their last lines, and from which level on each category is logged. */
import { CodedError } from "../../base/errors.ts";
import { type Fields, invalid } from "../../base/fields.ts";
import { PROGRAM_LOG } from "../../log/logging.ts";
import { CATEGORY, type Level, levelOf, LEVELS, MOST_LEVELS } from "../../log/levels.ts";
import type { LogFilter, LogLine } from "../../log/tail.ts";
import type { Nodes } from "../nodes/nodes.ts";
import type { Peers } from "../peers/peers.ts";

export interface LineOfNode extends LogLine {
  readonly node: string;
}

interface LastLines {
  readonly lines: readonly LineOfNode[];
  /** The ids of nodes that have not answered. */
  readonly missing: readonly string[];
}

export class Logs {
  readonly #nodes: Nodes;
  readonly #peers: Peers;

  constructor(nodes: Nodes, peers: Peers) {
    this.#nodes = nodes;
    this.#peers = peers;
    peers.answer(
      "log",
      ({ filter, limit }) => PROGRAM_LOG.tail.last(filter as LogFilter, Number(limit)),
    );
    peers.answer("log levels", ({ levels }) => setHere(levels as Record<string, Level>));
  }

  /** The last lines, the newest first. @param node of this node alone; absent: of all */
  async last(filter: LogFilter, limit: number, node?: string): Promise<LastLines> {
    const asked = node === undefined ? await this.#nodes.living() : [await this.#nodes.named(node)];
    const { answers, missing } = await this.#peers.ask<LogLine[]>("log", { filter, limit }, asked);
    const lines = [...answers].flatMap(([node, own]) => own.map((line) => ({ ...line, node })));
    lines.sort((one, other) => other.at - one.at);
    return { lines: lines.slice(0, limit), missing };
  }

  get levels(): Readonly<Record<string, Level>> {
    return Object.fromEntries(PROGRAM_LOG.levels);
  }

  /**
   * Sets the levels on all nodes that live; what was set before counts no more. Resolves with the ids of nodes that have not
   * answered, where it may not count.
   */
  async setLevels(levels: Readonly<Record<string, Level>>): Promise<readonly string[]> {
    const { missing } = await this.#nodes.ask("log levels", { levels });
    return missing;
  }
}

function setHere(levels: Readonly<Record<string, Level>>): true {
  if (!PROGRAM_LOG.isSetUp) {
    throw new CodedError(
      "unavailable",
      "Cannot set levels here: the program around this server has a log of its own",
    );
  }
  PROGRAM_LOG.setLevels(new Map(Object.entries(levels)));
  return true;
}

/** `levels`: `{"notifyli.push":"debug"}`. */
export function levelsField({ levels }: Fields): Record<string, Level> {
  if (typeof levels !== "object" || levels === null || Array.isArray(levels)) {
    throw invalid(
      "levels",
      levels,
      'categories with their levels, such as {"notifyli.push":"debug"}',
    );
  }
  const entries = Object.entries(levels);
  if (entries.length > MOST_LEVELS) {
    throw invalid("levels", `${entries.length} categories`, `at most ${MOST_LEVELS}`);
  }
  return Object.fromEntries(entries.map(([category, level]) => {
    if (!CATEGORY.test(category)) {
      throw invalid("levels", category, "categories such as notifyli or notifyli.push");
    }
    return [category, levelField(level)];
  }));
}

export function levelField(level: unknown): Level {
  const found = levelOf(level);
  if (found !== undefined) return found;
  throw invalid("level", level, LEVELS.join(", "));
}
