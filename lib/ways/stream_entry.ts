/** One entry of the stream: its id, and its fields one after the other, each with its value. */
import type { Fields } from "../base/fields.ts";
import { timeOfText } from "../inbox/notification.ts";

/** An entry as Redis gives it; it has no fields if it was deleted meanwhile. */
export type Entry = [id: string, values: string[] | null];

/** The fields that are times. */
const TIMES = new Set(["timestamp", "expires_at", "deliver_at"]);

/** Reads the fields of an entry, which are all text. Times become numbers; a `user_id` is understood as text, too. */
export function fieldsOf(values: readonly string[]): Fields {
  const fields: Record<string, unknown> = {};
  for (let index = 0; index + 1 < values.length; index += 2) {
    const [name = "", value = ""] = values.slice(index, index + 2);
    fields[name] = TIMES.has(name) ? timeOfText(value) : value;
  }
  return fields;
}
