/**
 * Takes the places out of XMP, which is XML: each attribute and element with the name of one becomes spaces, so the rest stays
 * as well-formed as it was, and as long.
 */

/** The kind of box that has it, in films and in JPEG 2000. */
export const XMP_BOX = "be7acfcb97a942e89c71999491e3afac";

/** By the part behind the colon, since everybody calls the namespaces as they like. */
const NAME =
  /gps|latitude|longitude|altitude|location|^(city|state|country\w*|province\w*|geo\w*|lat|long?|lng|coverage)$/i;
/** Whole images in base64, with data of their own. */
const IMAGE = /^GImage:Data$/;
/** What must not be left, whatever way it was written. */
const LEFT = /gps_?-?(latitude|longitude|position|coordinates)/i;
const SPACE = 0x20;
/** Cameras write some KiB. Longer becomes spaces unread, since reading it would keep all others waiting. */
const MOST_BYTES = 256 * 1024;
/** Each byte becomes a character: what is looked for is ASCII, and the places are those of the bytes. */
const CHARACTERS = new TextDecoder("latin1");

/** As many bytes; all spaces where they are no XMP that can be read. */
export function withoutPlacesXmp(bytes: Uint8Array): Uint8Array {
  const blank = new Uint8Array(bytes.length).fill(SPACE);
  if (bytes.length > MOST_BYTES) return blank;
  const xml = CHARACTERS.decode(bytes);
  if (!xml.includes("<") || xml.includes("\0<") || xml.includes("<\0")) return blank;
  if (/<!(DOCTYPE|ENTITY)/i.test(xml)) return blank;
  const cleaned = bytes.slice();
  for (const [from, to] of placesIn(xml)) cleaned.fill(SPACE, from, to);
  return LEFT.test(CHARACTERS.decode(cleaned)) ? blank : cleaned;
}

interface Tag {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly kind: "start" | "end" | "whole";
}

function* placesIn(xml: string): Generator<[from: number, to: number]> {
  /** The element that is being left out, and how many of its name are open in it. */
  let out: { name: string; from: number; depth: number } | undefined;
  for (const tag of tagsIn(xml)) {
    if (out !== undefined) {
      if (tag.name !== out.name || tag.kind === "whole") continue;
      out.depth += tag.kind === "start" ? 1 : -1;
      if (out.depth > 0) continue;
      yield [out.from, tag.to];
      out = undefined;
    } else if (isPlace(tag.name) && tag.kind !== "end") {
      if (tag.kind === "whole") yield [tag.from, tag.to];
      else out = { name: tag.name, from: tag.from, depth: 1 };
    } else {
      yield* attributesOf(xml, tag);
    }
  }
  if (out !== undefined) yield [out.from, xml.length];
}

function isPlace(name: string): boolean {
  if (name.startsWith("xmlns")) return false; // others may need it
  return IMAGE.test(name) || NAME.test(name.slice(name.indexOf(":") + 1));
}

function* tagsIn(xml: string): Generator<Tag> {
  for (let from = xml.indexOf("<"); from >= 0;) {
    const skipped = skips(xml, from);
    const to = skipped ?? endOfTag(xml, from);
    if (skipped === undefined) {
      const name = /^<\/?([^\s/>]*)/.exec(xml.slice(from, from + 256))?.[1] ?? "";
      const kind = xml[from + 1] === "/" ? "end" : xml[to - 2] === "/" ? "whole" : "start";
      yield { name, from, to, kind };
    }
    from = xml.indexOf("<", to);
  }
}

/** The end of a comment, of an instruction or of text as it is; `undefined`: a tag begins here. */
function skips(xml: string, from: number): number | undefined {
  for (const [start, end] of [["<!--", "-->"], ["<?", "?>"], ["<![CDATA[", "]]>"]] as const) {
    if (!xml.startsWith(start, from)) continue;
    const at = xml.indexOf(end, from + start.length);
    return at < 0 ? xml.length : at + end.length;
  }
  return undefined;
}

/** Attributes may have a ">" in them. */
function endOfTag(xml: string, from: number): number {
  for (let at = from; at < xml.length; at++) {
    const character = xml[at];
    if (character === ">") return at + 1;
    if (character !== '"' && character !== "'") continue;
    at = xml.indexOf(character, at + 1);
    if (at < 0) break;
  }
  return xml.length;
}

function* attributesOf(xml: string, tag: Tag): Generator<[from: number, to: number]> {
  const text = xml.slice(tag.from, tag.to);
  for (let at = 0; at < text.length;) {
    const equals = text.indexOf("=", at);
    if (equals < 0) return;
    const open = skipSpace(text, equals + 1);
    const quote = text[open] ?? "";
    const close = quote === '"' || quote === "'" ? text.indexOf(quote, open + 1) : equals;
    if (close < 0) return;
    const [from, name] = nameBefore(text, equals, at);
    if (close > equals && isPlace(name)) yield [tag.from + from, tag.from + close + 1];
    at = close + 1;
  }
}

function isSpace(character: string | undefined): boolean {
  return character !== undefined && " \t\r\n".includes(character);
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (isSpace(text[at])) at++;
  return at;
}

/** The name that ends before `end`, and where it begins: not before `least`. */
function nameBefore(text: string, end: number, least: number): [from: number, name: string] {
  let to = end;
  while (to > least && isSpace(text[to - 1])) to--;
  let from = to;
  while (from > least && !isSpace(text[from - 1])) from--;
  return [from, text.slice(from, to)];
}
