/**
 * Where the rows of a log stand, whose heights are known once they were drawn. A drawing of the same rows looks only at those
 * that it draws, however many there are.
 */
import { Offsets } from "./offsets.ts";
import type { Row } from "./timeline.ts";

/** Heights that differ by less are the same: browsers round. */
const SAME_PX = 0.5;

export class RowPlaces {
  #rows: readonly Row[] = [];
  #offsets = new Offsets([], 0);
  #before = 0;
  /** Made where a row is not where it was. */
  #indexes: Map<string, number> | undefined;
  readonly #known = new Map<string, number>();

  get offsets(): Offsets {
    return this.#offsets;
  }

  /** These are the rows from now on. */
  take(rows: readonly Row[]): void {
    if (rows === this.#rows) return;
    this.#before = this.#rows.length;
    this.#rows = rows;
    this.#indexes = undefined;
    this.#offsets = new Offsets(this.#heights(), rows.length);
  }

  /** A row is so high. Returns whether that is news. */
  measured(index: number, height: number): boolean {
    const row = this.#rows[index];
    if (row === undefined) return false;
    const known = this.#known.get(row.key);
    if (known !== undefined && Math.abs(known - height) < SAME_PX) return false;
    this.#known.set(row.key, height);
    this.#offsets.setHeight(index, height);
    return true;
  }

  /** @param last where the row was when one looked last: it is there, or as far from the end as it was, most times */
  indexOf(key: string, last = -1): number | undefined {
    for (const index of [last, last + this.#rows.length - this.#before]) {
      if (this.#rows[index]?.key === key) return index;
    }
    this.#indexes ??= new Map(this.#rows.map(({ key }, index) => [key, index]));
    return this.#indexes.get(key);
  }

  *#heights() {
    for (const row of this.#rows) yield this.#known.get(row.key) ?? guess(row);
  }
}

/** How high a row may be that was never drawn. */
function guess(row: Row): number {
  if (row.kind !== "message") return 44;
  const { text, quote, reactions, kind } = row.message;
  const lines = Math.ceil(text.length / 56) + (text.length > 56 ? text.split("\n").length - 1 : 0);
  return 20 + 21 * Math.max(1, lines) + (row.isFirst ? 12 : 0) +
    (row.isFirst && !row.isOwn ? 19 : 0) + (quote === undefined ? 0 : 52) +
    ((reactions?.length ?? 0) > 0 ? 32 : 0) + (kind === "text" ? 0 : 48);
}
