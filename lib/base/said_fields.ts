/** Reads what a message or a notification says: a text for people, and `data` for programs, or one of them. */
import { CodedError } from "./errors.ts";
import { type Fields, invalid, isBlank, requiredText } from "./fields.ts";
import type { Limits } from "./sizes.ts";

/** How deep values may stand in each other: readers of other languages give up at a few hundred. */
const MAX_DEPTH = 100;

/** What is said: one of the two at the least. */
export interface Said {
  readonly message?: string;
  readonly data?: unknown;
}

/** Reads `message` and `data`. Throws a `CodedError` where both are missing, or one is not allowed. */
export function saidFields(fields: Fields, limits: Pick<Limits, "message" | "data">): Said {
  const { message } = fields;
  const data = dataField(fields, limits.data);
  const isMissing = message === undefined || message === null || message === "";
  if (data === undefined) return { message: requiredText(fields, "message", limits.message) };
  return isMissing ? { data } : { message: requiredText(fields, "message", limits.message), data };
}

/**
 * `data`: any JSON value; `undefined` where it is missing or null.
 *
 * @param limit bytes of its JSON
 */
export function dataField(fields: Fields, limit: number): unknown {
  return jsonField(fields, "data", limit);
}

/** As {@linkcode dataField}, for another field. */
export function jsonField(fields: Fields, field: string, limit: number): unknown {
  const value = fields[field];
  if (value === undefined || value === null) return undefined;
  if (depthOf(value) > MAX_DEPTH) {
    throw invalid(field, "…", `JSON of at most ${MAX_DEPTH} values in each other`);
  }
  const bytes = new TextEncoder().encode(JSON.stringify(value)).length;
  if (bytes <= limit) return value;
  throw new CodedError(
    "too_long",
    `Field '${field}' is too long: current length is ${bytes} bytes of JSON, the limit is ${limit}`,
    { field },
  );
}

/**
 * `data` of forms, stream entries and headers, where all is text: JSON that was written as a text is what it says, and a
 * blank text is none.
 */
export function withDataOfText(fields: Fields): Fields {
  const { data } = fields;
  if (typeof data !== "string") return fields;
  if (isBlank(data)) return { ...fields, data: undefined };
  try {
    return { ...fields, data: JSON.parse(data) };
  } catch {
    throw invalid("data", data, 'JSON such as {"id":5}');
  }
}

/** How many arrays and objects stand in each other; it looks no deeper than one more than is allowed. */
function depthOf(value: unknown, depth = 0): number {
  if (typeof value !== "object" || value === null || depth > MAX_DEPTH) return depth;
  let deepest = depth + 1;
  for (const each of Object.values(value)) {
    deepest = Math.max(deepest, depthOf(each, depth + 1));
    if (deepest > MAX_DEPTH) break;
  }
  return deepest;
}
