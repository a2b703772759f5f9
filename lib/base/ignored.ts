/** Names what a caller has said that means nothing here: it is ignored, since other systems put more in, but a typo is not to go unseen. */
import type { Fields } from "./fields.ts";
import { nearest } from "./typos.ts";

/** The names of fields; those of an object have names of their own, and `*` stands for any name. */
export interface KnownNames {
  readonly [name: string]: KnownNames | true;
}

/** A field that is ignored, with the one that was probably meant. */
interface Ignored {
  readonly field: string;
  readonly meant?: string;
}

/** What an answer says of it: nothing where nothing was ignored. */
export interface WithIgnored {
  readonly ignored?: readonly Ignored[];
}

/** Most names in one answer, and most characters of one: a caller may have sent a long body of something else. */
const MOST_NAMES = 20;
const MOST_CHARACTERS = 100;

/** @param others names that are not those of any field, and what is meant by them */
export function ignoredOf(
  fields: Fields,
  known: KnownNames,
  others: ReadonlyMap<string, string> = new Map(),
): WithIgnored {
  let ignored: Ignored[] | undefined; // most calls have none
  for (const { names, name, path } of unknownIn(fields, known)) {
    const field = `${path}${name}`;
    const near = nearest(name, Object.keys(names));
    const meant = others.get(field) ?? (near === undefined ? undefined : `${path}${near}`);
    (ignored ??= []).push({
      field: field.slice(0, MOST_CHARACTERS),
      ...(meant !== undefined && { meant }),
    });
    if (ignored.length === MOST_NAMES) break;
  }
  return ignored === undefined ? {} : { ignored };
}

interface Unknown {
  readonly names: KnownNames;
  readonly name: string;
  /** What stands before the name, such as `digest.`. */
  readonly path: string;
}

function* unknownIn(fields: Fields, names: KnownNames, path = ""): Generator<Unknown> {
  for (const name in fields) {
    const known = Object.hasOwn(names, name) ? names[name] : names["*"];
    if (known === undefined) yield { names, name, path };
    else if (known !== true) yield* unknownInside(fields[name], known, `${path}${name}.`);
  }
}

function* unknownInside(value: unknown, names: KnownNames, path: string): Generator<Unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return;
  yield* unknownIn(value as Fields, names, path);
}
