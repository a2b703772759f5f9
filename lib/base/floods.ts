/**
 * Bounds lines of the log that anybody can cause in any number. Of equal kind, the first ones of a minute are written as they are, and one
 * line says at its end how many more there were. So what happens once is always seen, and no client fills a disk.
 */
import { clearTimeout, setTimeout } from "node:timers";
import { outsideRequests } from "./request_id.ts";

/** Lines of one kind that are written in a minute. */
export const MOST_A_MINUTE = 10;

const MINUTE_MS = 60_000;

/** Most kinds of one category that are told apart in a minute. Past so many, all others are one kind. */
const MOST_KINDS = 100;

/** What came of one kind in its minute. */
interface Kind {
  readonly endsAt: number;
  readonly sum: (count: number) => void;
  lines: number;
  unwritten: number;
}

export class Floods {
  /** By category and kind. */
  readonly #kinds = new Map<string, Map<string, Kind>>();
  readonly #now: () => number;
  readonly #later: (act: () => void) => Disposable;
  #look: Disposable | undefined;

  /** @param now milliseconds. @param later calls `act` once in a while, unless it is disposed of before */
  constructor(
    now: () => number = () => performance.now(),
    later: (act: () => void) => Disposable = inAWhile,
  ) {
    this.#now = now;
    this.#later = later;
  }

  /**
   * Whether a line may be written; it is counted otherwise.
   *
   * @param sum writes that there were so many more of the kind
   */
  mayWrite(
    category: string,
    kind: string,
    { most, sum }: { readonly most: number; readonly sum: (count: number) => void },
  ): boolean {
    const now = this.#now();
    const known = this.#kindOf(category, kind, now) ??
      this.#begin(category, kind, { endsAt: now + MINUTE_MS, sum, lines: 0, unwritten: 0 });
    if (known.lines < most) {
      known.lines++;
      return true;
    }
    known.unwritten++;
    this.#look ??= this.#later(() => this.#endAll());
    return false;
  }

  /** Forgets what was counted, as where another log begins. */
  forget(): void {
    this.#look?.[Symbol.dispose]();
    this.#look = undefined;
    this.#kinds.clear();
  }

  /** Says of all that was not written how much it was, as at the end of a server, and begins anew. */
  sumUp(): void {
    const kinds = [...this.#kinds.values()].flatMap((each) => [...each.values()]);
    this.forget();
    for (const { sum, unwritten } of kinds) if (unwritten > 0) sum(unwritten);
  }

  #kindOf(category: string, kind: string, now: number): Kind | undefined {
    const known = this.#kinds.get(category)?.get(kind);
    if (known === undefined || now < known.endsAt) return known;
    this.#end(category, kind, known);
    return undefined;
  }

  #begin(category: string, kind: string, begun: Kind): Kind {
    let kinds = this.#kinds.get(category);
    if (kinds === undefined) this.#kinds.set(category, kinds = new Map());
    if (kinds.size >= MOST_KINDS) this.#endOld(category, kinds);
    if (kinds.size < MOST_KINDS) {
      kinds.set(kind, begun);
      return begun;
    }
    const others = kinds.get(OTHERS);
    if (others !== undefined) return others;
    kinds.set(OTHERS, begun);
    return begun;
  }

  #endOld(category: string, kinds: ReadonlyMap<string, Kind>): void {
    const now = this.#now();
    for (const [kind, each] of [...kinds]) if (now >= each.endsAt) this.#end(category, kind, each);
  }

  #end(category: string, kind: string, { sum, unwritten }: Kind): void {
    this.#kinds.get(category)?.delete(kind);
    if (unwritten > 0) sum(unwritten);
  }

  /** Ends the minutes that are over, and looks again where something is left to say. */
  #endAll(): void {
    this.#look = undefined;
    for (const [category, kinds] of this.#kinds) this.#endOld(category, kinds);
    const left = [...this.#kinds.values()].some((kinds) =>
      kinds.values().some(({ unwritten }) => unwritten > 0)
    );
    if (left) this.#look = this.#later(() => this.#endAll());
  }
}

/** All that is a kind of its own no more. */
const OTHERS = "";

/** How often it is looked whether a minute is over. */
const LOOK_MS = 5000;

/** Calls `act` in a while, for no request; a program need not live on for it. */
export function inAWhile(act: () => void, ms = LOOK_MS): Disposable {
  const timer = outsideRequests(() => setTimeout(act, ms));
  timer.unref();
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}
