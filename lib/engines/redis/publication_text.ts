/** How publications are written in Redis: as messages that nodes hear, and as entries of a history. */
import {
  encodeHeardContent,
  type KeptPublication,
  type Position,
  type Publication,
} from "../../core/publication.ts";
import { contentOf } from "./old_frames.ts";

/** What a node hears. */
export interface Heard {
  readonly publication: Publication;
  readonly position?: Position;
}

/** The message that nodes hear: `kind offset epoch id at room`, a line break, the content in JSON. See `publish.lua`. */
export function payload(publication: Publication): string {
  const { kind, id } = publication;
  return `${kind} 0 - ${id} ${afterId(publication)}`;
}

/** The part of {@linkcode payload} behind the id, for a function that writes the id itself. */
export function afterId(publication: Publication): string {
  const { at, room = "" } = publication;
  return `${at} ${room}\n${encodeHeardContent(publication)}`;
}

/** Reads a message, or throws. It does so by hand, since `split` takes longer, and each node reads every publication. */
export function parsePayload(message: string): Heard {
  let start = 0;
  const next = () => {
    const end = message.indexOf(" ", start);
    const word = message.slice(start, end);
    start = end + 1;
    return word;
  };
  const [kind, offset, epoch, id, at] = [next(), Number(next()), next(), next(), Number(next())];
  const lineEnd = message.indexOf("\n", start);
  if (lineEnd < 0) throw new SyntaxError("There is no line with the content");
  const room = message.slice(start, lineEnd);
  const content = contentOf(message.slice(lineEnd + 1), at, kind);
  return {
    publication: room === "" ? { kind, id, ...content } : { kind, id, room, ...content },
    position: offset === 0 ? undefined : { offset, epoch },
  };
}

/** Reads an entry of the stream that is a channel's history. */
export function fromEntry(
  [entryId, fields]: readonly [string, readonly string[]],
): KeptPublication {
  const [kind, id] = [fieldOf(fields, "kind"), fieldOf(fields, "id")];
  const content = fieldOf(fields, "content") || fieldOf(fields, "text"); // old versions stored a frame as `text`
  const publication = { kind, id, ...contentOf(content, Number(fieldOf(fields, "at")), kind) };
  return { offset: parseInt(entryId), publication };
}

/** A field of a stream's entry; empty if there is none. */
function fieldOf(fields: readonly string[], name: string): string {
  for (let index = 0; index + 1 < fields.length; index += 2) {
    if (fields[index] === name) return fields[index + 1] ?? "";
  }
  return "";
}
