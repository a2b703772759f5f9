/** What users do with the actions of notifications, and who is told of it. */
import type { UserId } from "../../base/fields.ts";
import type { Statement } from "../../engines/database/database.ts";
import type { Action } from "../details/actions.ts";

/** Which action of which notification. */
export interface ActName {
  readonly site: string;
  readonly user: UserId;
  /** Of the notification. */
  readonly id: string;
  /** Of the notification, in Unix seconds. */
  readonly sentAt: number;
}

/** What came of an action: the user's words of a `reply`, the status and the text of the answer of `http`. */
export interface Result {
  readonly status?: number;
  readonly text?: string;
}

/** An action that a user did. */
export interface Act extends ActName {
  readonly action: Action;
  readonly state: "pending" | "done";
  /** Unix time in milliseconds. */
  readonly doneAt: number;
  readonly result: Result;
}

/** Says what belongs into the transaction in which an action is done, and is told when that is on the disk. */
export interface Telling {
  readonly statements: readonly Statement[];
  stored(): void;
}

/** Is told of each action that is done, once. */
export interface ActWitness {
  /** `undefined` where nobody asks. */
  telling(act: Act): Telling | undefined;
}
