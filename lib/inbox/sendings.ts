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
import type { Notifier, Ready } from "./notify.ts";

/** How it came. */
export interface Bringing {
  readonly site: string;
  /** The claim of the bridge or the stream. */
  readonly claim?: Claim;
  /** What it is known by where the sender made no id. */
  readonly made?: { readonly id: string; readonly isRetry: boolean };
}

/** What became of it. */
export interface TakenSending {
  readonly id: string;
  readonly isDuplicate: boolean;
}

export type StoreSending = () => Promise<TakenSending>;

export class Sendings {
  readonly #notifier: Notifier;
  readonly #broadcasts: Broadcasts;
  readonly #context: SendingContext;

  constructor(
    notifier: Notifier,
    broadcasts: Broadcasts,
    context: SendingContext,
  ) {
    this.#notifier = notifier;
    this.#broadcasts = broadcasts;
    this.#context = context;
  }

  /** Reads what somebody sends. Throws a `CodedError` that names the field and its value. */
  parse(fields: Fields): ParsedNotification | ParsedBroadcast {
    return parseSending(fields, this.#context);
  }

  /**
   * Does what comes before it is stored, and gives what stores it, in the turn in which that is called. It is no promise where
   * nothing is to be looked up or kept for that; who keeps the order in which things came waits for it before anything else is
   * stored. What is for many is kept by then.
   */
  prepare(
    sending: ParsedNotification | ParsedBroadcast,
    bringing: Bringing,
  ): StoreSending | Promise<StoreSending> {
    if (isBroadcast(sending)) return this.#accept(sending, bringing);
    const ready = this.#notifier.prepare({ ...sending, ...bringing });
    const stored = (each: Ready): StoreSending => () => this.#notifier.store(each);
    return ready instanceof Promise ? ready.then(stored) : stored(ready);
  }

  /** Stores it. */
  async take(
    sending: ParsedNotification | ParsedBroadcast,
    bringing: Bringing,
  ): Promise<TakenSending> {
    const store = this.prepare(sending, bringing);
    return store instanceof Promise ? await (await store)() : await store();
  }

  async #accept(
    sending: ParsedBroadcast,
    { site, made }: Bringing,
  ): Promise<StoreSending> {
    try {
      const taken = await this.#broadcasts.accept({ ...sending, site, ...(made && { made }) });
      return () => Promise.resolve(taken);
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
