/** Who is told of what becomes of pushes, in the transaction in which it is written down. */
import type { Statement } from "../engines/database/database.ts";
import type { SendKey, SendState } from "./store.ts";
import type { ProviderName } from "./types.ts";

/** What became of what was to be shown on a device. */
export interface PushOutcome extends SendKey {
  readonly provider: ProviderName;
  readonly state: SendState;
  readonly why?: string;
  /** Unix milliseconds. */
  readonly at: number;
}

/** What belongs into that transaction; `stored` is called when it is on the disk. */
export interface PushTelling {
  readonly statements: readonly Statement[];
  stored(): void;
}

export interface PushWitness {
  /** `undefined` where nobody asks. */
  telling(outcome: PushOutcome): PushTelling | undefined;
}
