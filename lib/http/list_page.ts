/**
 * One page of a list that the API answers: as many entries as are asked for, cut by length, too, and where the next page
 * begins. What comes or goes meanwhile moves no page, since a page begins after an entry and not after a number of them.
 */
import { Buffer } from "node:buffer";
import { type Fields, invalid } from "../base/fields.ts";
import { pageSize } from "../core/command_fields.ts";
import { MAX_ANSWER } from "../core/work.ts";
import type { Call } from "./call.ts";

/** Where an entry stands: by its time, then by its name. No two entries of a list stand in one place. */
export interface Place {
  readonly at: number;
  readonly name: string;
}

/** How a list is ordered, and its entries shown. */
export interface Listing<Entry> {
  readonly isNewestFirst?: boolean;
  placeOf(entry: Entry): Place;
  onWire(entry: Entry): object;
}

export interface ListPage {
  readonly entries: readonly object[];
  /** What `?cursor=` takes to go on, where there is more. */
  readonly rest: { readonly next?: string };
}

/** The fields of the query that ask for a page: `?limit=100&cursor=…`. */
export function pageFields(call: Call): Fields {
  const limit = call.query("limit");
  return {
    limit: limit === undefined ? undefined : numberIn(limit),
    cursor: call.query("cursor"),
  };
}

/** The page of the entries that the call asks for. @param entries all of them, in any order */
export function pageOf<Entry>(
  call: Call,
  entries: readonly Entry[],
  { isNewestFirst = false, placeOf, onWire }: Listing<Entry>,
): ListPage {
  const fields = pageFields(call);
  const limit = pageSize(fields);
  const start = cursorField(fields);
  const order = (one: Place, other: Place) => (isNewestFirst ? -1 : 1) * compare(one, other);
  const waiting = entries.map((entry) => ({ entry, place: placeOf(entry) }))
    .filter(({ place }) => start === undefined || order(place, start) > 0)
    .sort((one, other) => order(one.place, other.place));
  const shown: object[] = [];
  let characters = 0;
  for (const { entry } of waiting.slice(0, limit)) {
    const onList = onWire(entry);
    characters += JSON.stringify(onList).length + 1; // and a comma
    if (shown.length > 0 && characters > MAX_ANSWER) break;
    shown.push(onList);
  }
  const last = waiting[shown.length - 1];
  const isCut = last !== undefined && shown.length < waiting.length;
  return { entries: shown, rest: isCut ? { next: cursorOnWire(last.place) } : {} };
}

/** The number that a text says, or the text, which is then refused by its name. */
function numberIn(text: string): unknown {
  return /^\d+$/.test(text) ? Number(text) : text;
}

function compare(one: Place, other: Place): number {
  if (one.at !== other.at) return one.at - other.at;
  if (one.name === other.name) return 0;
  return one.name < other.name ? -1 : 1;
}

/** The cursor with which a list goes on behind an entry. */
export function cursorOnWire({ at, name }: Place): string {
  return `${at}-${Buffer.from(name).toString("base64url")}`;
}

/** `cursor`: the `next` of the page before. */
export function cursorField({ cursor }: Fields): Place | undefined {
  if (cursor === undefined) return undefined;
  const [, at, name] = /^(\d{1,16})-([\w-]*)$/.exec(String(cursor)) ?? [];
  if (at !== undefined && name !== undefined) {
    return { at: Number(at), name: Buffer.from(name, "base64url").toString() };
  }
  throw invalid("cursor", cursor, "the 'next' of the page before");
}
