/**
 * How nodes ask each other what only one of them knows: which connections it has, what it logs, what it sees of a frame. Where
 * there is one node, it answers itself. `redis.ts` carries it between nodes. Next: the folders beside this one, which say
 * what they answer.
 */
import { logFor } from "../../base/log.ts";
import { CodedError, type ErrorCode } from "../../base/errors.ts";
import type { Fields } from "../../base/fields.ts";
import { reasonOf } from "../../base/reason.ts";

const log = logFor("admin");

/** How long a node may take to answer another one. */
export const ANSWER_MS = 2000;

/** Answers a question, or takes what it is told. @param from the id of the node that asks */
export type Answerer = (fields: Fields, from: string) => unknown;

export interface Answers<Answer> {
  /** By the ids of nodes. */
  readonly answers: ReadonlyMap<string, Answer>;
  /** The ids of nodes that were to answer and did not in time. */
  readonly missing: readonly string[];
}

export abstract class Peers {
  /** This node's id, which it has until it ends. */
  readonly id: string = crypto.randomUUID().replaceAll("-", "").slice(0, 12);
  readonly #answerers = new Map<string, Answerer>();

  /** Says what this node does where another one asks for it. @param what a word that no other part uses */
  answer(what: string, run: Answerer): void {
    if (this.#answerers.has(what)) throw new TypeError(`Two answer "${what}"`);
    this.#answerers.set(what, run);
  }

  /**
   * Asks nodes, each once. What this node itself answers goes by no wire. Rejects with the `CodedError` that a node threw.
   *
   * @param nodes whom to ask, by their ids
   */
  abstract ask<Answer>(
    what: string,
    fields: Fields,
    nodes: readonly string[],
  ): Promise<Answers<Answer>>;

  /** Tells a node something, which may be lost on the way. */
  abstract tell(what: string, fields: Fields, node: string): void;

  /** Tells all nodes, this one too. */
  abstract tellAll(what: string, fields: Fields): void;

  protected async run(what: string, fields: Fields, from: string): Promise<unknown> {
    const answerer = this.#answerers.get(what);
    if (answerer === undefined) {
      throw new CodedError(
        "unavailable",
        `This node does not know "${what}": it is of another version`,
      );
    }
    return await answerer(fields, from);
  }

  protected runTold(what: string, fields: Fields, from: string): void {
    this.run(what, fields, from).catch((error) =>
      log.debug("what node {from} told was not taken: {reason}", { from, reason: reasonOf(error) })
    );
  }
}

/** The peers of a node that is the only one. */
export class NoPeers extends Peers {
  override async ask<Answer>(
    what: string,
    fields: Fields,
    nodes: readonly string[],
  ): Promise<Answers<Answer>> {
    const missing = nodes.filter((node) => node !== this.id);
    if (missing.length === nodes.length) return { answers: new Map(), missing };
    const own = await this.run(what, fields, this.id) as Answer;
    return { answers: new Map([[this.id, own]]), missing };
  }

  override tell(what: string, fields: Fields, node: string): void {
    if (node === this.id) this.tellAll(what, fields);
  }

  override tellAll(what: string, fields: Fields): void {
    this.runTold(what, fields, this.id);
  }
}

/** A node's refusal, as another node reads it. */
export interface WrittenError {
  readonly code: ErrorCode;
  readonly message: string;
}

export function writtenError(error: unknown): WrittenError {
  if (error instanceof CodedError) return { code: error.code, message: error.message };
  return { code: "internal", message: reasonOf(error) };
}
