/**
 * What takes notifications out of the inbox, to the devices of their users. `lib/push/` does that; here is what is asked of it, and
 * what a timer of the kind `push` keeps.
 */
import type { UserId } from "../../base/fields.ts";
import type { Work } from "../../engines/database/database.ts";
import type { Way } from "../../preferences/types.ts";
import type { Kept, StoredNotification } from "../store/store.ts";
import type { Meant, Timer } from "./types.ts";

/**
 * The round of what came while it was quiet, so that it is not spared for a page that took it without a sound. Later rounds are
 * Unix milliseconds.
 */
export const QUIET_ROUND = 1;

export type PushWay = Exclude<Way, "in_app">;

/** What a timer keeps of a push. */
export interface PushBody {
  /** By which ways it is to come. */
  readonly ways: readonly PushWay[];
  /** Rises where the same notification is pushed again; 0 or {@linkcode QUIET_ROUND} the first time. */
  readonly round: number;
  /** Unix milliseconds. */
  readonly expiresAt?: number | undefined;
  /** What it says, where it comes into no inbox. */
  readonly content?: Kept;
  /** Whether it was quiet when it came. */
  readonly wasQuiet?: true;
  /** Whether it asks for attention once more: then it counts for nothing that a page has it. */
  readonly isAgain?: true;
  /** Whether the way was set by the application, and the user is not asked. */
  readonly isForced?: true;
}

/** What becomes of a push that is due. */
export type PushStep =
  | { readonly then: "wait"; readonly until: number; readonly body?: string }
  /** The timer ends, and this is done in the same transaction. */
  | { readonly then: "end"; work(): Work<void>; done(): void };

/** What became of a notification at a device, as receipts show it. */
export type PushReceipt = Readonly<Record<string, unknown>>;

/** Pushes notifications. */
export interface Pushes {
  /** What became of a notification at the devices of its user, or of one of its users. */
  receipts(site: string, id: string, user?: UserId): Promise<readonly PushReceipt[]>;
  /** Whether anything is pushed at all. */
  readonly isOn: boolean;
  /** When a push is due that comes now, in Unix milliseconds. */
  dueAt(
    notification: { readonly site: string; readonly user: UserId; readonly priority: number },
    now: number,
  ): number;
  /** Notes why a notification is not pushed. */
  spare(meant: Meant, why: string, now: number): Work<void>;
  /** What becomes of a push that is due. @param found what is in the inbox of it */
  due(timer: Timer, body: PushBody, found: StoredNotification | undefined): Promise<PushStep>;
  /** Looks at what a user's devices show, and has closed what was seen elsewhere. */
  look(timer: Timer): Promise<PushStep>;
}
