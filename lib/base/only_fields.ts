/** Refuses fields that nobody knows, where to ignore one would do more than the caller wants: a misspelt `seconds` is a block for good. */
import { CodedError } from "./errors.ts";
import type { Fields } from "./fields.ts";
import { suggestion } from "./typos.ts";

/** Most characters of a name that is said back. */
const MOST_CHARACTERS = 100;

/** The fields as they are. Throws an `invalid_field` that names one that is not among the known ones. */
export function onlyFields(fields: Fields, known: readonly string[]): Fields {
  for (const field of Object.keys(fields)) {
    if (known.includes(field)) continue;
    const name = field.slice(0, MOST_CHARACTERS);
    throw new CodedError(
      "invalid_field",
      `Unknown field ${JSON.stringify(name)}${suggestion(field, known) || allowed(known)}`,
      { field: name },
    );
  }
  return fields;
}

function allowed(known: readonly string[]): string {
  return `; allowed: ${known.join(", ")}`;
}
