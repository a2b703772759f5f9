/** One entry of the stream: its id, and its fields one after the other, each with its value. */
import type { Fields } from "../base/fields.ts";

/** An entry as Redis gives it; it has no fields if it was deleted meanwhile. */
export type Entry = [id: string, values: string[] | null];

/** The fields of an entry, which are all text. */
export function fieldsOf(values: readonly string[]): Fields {
  const fields: Record<string, unknown> = {};
  for (let index = 0; index + 1 < values.length; index += 2) {
    fields[values[index] ?? ""] = values[index + 1];
  }
  return fields;
}
