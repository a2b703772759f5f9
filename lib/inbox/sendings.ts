/** Takes in notifications for one user and for many, for the ways by which other systems bring them without an answer. */
import type { Claim } from "../core/claim.ts";
import { CodedError } from "../base/errors.ts";
import type { Fields } from "../base/fields.ts";
import {
  isBroadcast,
  type ParsedBroadcast,
  parseSending,
  type SendingContext,
} from "./broadcasts/audience.ts";
import type { Broadcasts } from "./broadcasts/broadcasts.ts";
import type { ParsedNotification } from "./notification.ts";
import type { Notifier } from "./notify.ts";
import type { Decision } from "../preferences/types.ts";
import type { Timing } from "./timing/timing.ts";

/** How it came. */
export interface Bringing {
  readonly site: string;
  /** The claim of the bridge or the stream. */
  readonly claim?: Claim;
  /** What it is known by where the sender made no id. */
  readonly made?: { readonly id: string; readonly isRetry: boolean };
  readonly decision?: Decision | undefined;
}

export class Sendings {
  readonly #notifier: Notifier;
  readonly #broadcasts: Broadcasts;
  readonly #timing: Pick<Timing, "decide">;
  readonly #context: SendingContext;

  constructor(
    notifier: Notifier,
    broadcasts: Broadcasts,
    timing: Pick<Timing, "decide">,
    context: SendingContext,
  ) {
    this.#timing = timing;
    this.#notifier = notifier;
    this.#broadcasts = broadcasts;
    this.#context = context;
  }

  /** Reads what somebody sends. Throws a `CodedError` that names the field and its value. */
  parse(fields: Fields): ParsedNotification | ParsedBroadcast {
    return parseSending(fields, this.#context);
  }

  /**
   * What becomes of it, where that has to be looked up first: who keeps the order in which things came waits for that before
   * anything else is sent, and brings it along. It never rejects.
   */
  decision(
    sending: ParsedNotification | ParsedBroadcast,
    site: string,
  ): Promise<Decision> | undefined {
    if (isBroadcast(sending)) return undefined;
    const { user, details } = sending;
    const decision = this.#timing.decide({
      site,
      user,
      ...(details && { details: { ...details } }),
    });
    return decision instanceof Promise ? decision : undefined;
  }

  /** Stores it. */
  async take(
    sending: ParsedNotification | ParsedBroadcast,
    bringing: Bringing,
  ): Promise<{ readonly id: string; readonly isDuplicate: boolean }> {
    if (!isBroadcast(sending)) return await this.#notifier.notify({ ...sending, ...bringing });
    const { site, made } = bringing;
    try {
      return await this.#broadcasts.accept({ ...sending, site, ...(made && { made }) });
    } catch (error) {
      throw refusedAlone(error);
    }
  }
}

/** The database may be away for long, or not be there: what is for one user must not wait for that. It is kept aside instead. */
function refusedAlone(error: unknown): unknown {
  if (!(error instanceof CodedError) || !error.options.isAway) return error;
  return new CodedError(error.code, error.message, { cause: error, isAlone: true });
}
