/**
 * Makes a push fit into what a service takes. The text is cut at first, since the device can get the whole of it from the
 * server; where little of it would be left, what stands beside it goes.
 */
import type { Push } from "../types.ts";

export interface Fitted<Body> {
  readonly body: Body;
  /** Whether something was cut or left out. */
  readonly isCut: boolean;
}

/** So much of a text is kept rather than what stands beside it, in characters as a reader sees them. */
const KEPT_TEXT = 160;

/** What goes, one after the other, where the text alone cannot be cut enough. */
const BESIDE = ["data", "actions", "image", "icon", "url"] as const;

const CUT = "…";

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/**
 * The body of a push that is small enough, with as much in it as has room; `undefined` where not even its id has.
 *
 * @param make makes the body, and is told whether something is missing
 * @param most bytes of the body
 */
export function fitted<Body extends string | Uint8Array>(
  push: Push,
  make: (push: Push, isCut: boolean) => Body,
  most: number,
): Fitted<Body> | undefined {
  const whole = make(push, false);
  if (bytesOf(whole) <= most) return { body: whole, isCut: false };
  for (let left = 0; left <= BESIDE.length; left++) {
    const less = without(push, BESIDE.slice(0, left));
    const least = left === BESIDE.length ? 0 : KEPT_TEXT;
    const body = longestStart(push.text, { least, most }, (text) => {
      const made = make({ ...less, text }, true);
      return bytesOf(made) <= most ? made : undefined;
    });
    if (body !== undefined) return { body, isCut: true };
  }
  return undefined;
}

/** The start of a text that has so many characters as a reader sees them, in one line, such as a subject. */
export function startOf(text: string, characters: number): string {
  const line = text.replace(/\s+/gu, " ").trim();
  const ends = endsIn(line, line.length);
  const end = ends[characters - 2];
  return ends.length <= characters || end === undefined ? line : cutAt(line, end);
}

export function bytesOf(text: string | Uint8Array): number {
  return typeof text === "string" ? new TextEncoder().encode(text).length : text.length;
}

function without(push: Push, names: readonly (typeof BESIDE[number])[]): Push {
  return { ...push, ...Object.fromEntries(names.map((name) => [name, undefined])) };
}

/** What is made of the longest start of a text of which something can be made; `undefined` where there is none. */
function longestStart<Made>(
  text: string | undefined,
  { least, most }: { readonly least: number; readonly most: number },
  make: (text: string | undefined) => Made | undefined,
): Made | undefined {
  if (text === undefined) return make(undefined);
  const asIs = text.length <= most ? make(text) : undefined;
  if (asIs !== undefined) return asIs;
  const ends = endsIn(text, most);
  const withSome = (count: number) => make(cutAt(text, ends[count - 1] ?? 0));
  let fits = Math.min(least, ends.length);
  let made = withSome(fits);
  for (let tooMany = ends.length + 1; made !== undefined && fits + 1 < tooMany;) {
    const middle = (fits + tooMany) >> 1;
    const next = withSome(middle);
    if (next === undefined) tooMany = middle;
    else [made, fits] = [next, middle];
  }
  return made;
}

/** Where characters end, among the first so many UTF-16 units. */
function endsIn(text: string, units: number): number[] {
  const start = text.slice(0, units);
  const ends = [...graphemes.segment(start)].map(({ index, segment }) => index + segment.length);
  // What was sliced may have been the middle of one.
  return start.length < text.length ? ends.slice(0, -1) : ends;
}

function cutAt(text: string, end: number): string {
  return text.slice(0, end).trimEnd() + CUT;
}
