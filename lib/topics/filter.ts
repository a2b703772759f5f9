/**
 * Filters of subscriptions: which events of a topic they are for, by fields of `data` that have to be equal. Filters with the
 * same keys are looked up together (`subscribers.ts`).
 */
import { CodedError } from "../base/errors.ts";
import { type Fields, invalid } from "../base/fields.ts";

/** Most keys of a filter. */
export const MAX_KEYS = 10;

/** Most bytes of a filter, as JSON. */
export const MAX_FILTER_BYTES = 1024;

/** Stands between two values: no JSON of one line has it. */
const BETWEEN = "\n";

/** How errors word what a filter may be. */
const ALLOWED = 'an object such as {"id":5}, with texts, numbers, true, false or null';

export interface Filter {
  /** As the client gave it. */
  readonly pairs: Fields;
  /** The fields that have to be equal, sorted: two filters with the same keys have them in the same order. */
  readonly keys: readonly string[];
  /** The keys as one text. */
  readonly keySet: string;
  /** The values by the keys' order, each as JSON. */
  readonly values: readonly string[];
  /** The values as one text, as {@linkcode valuesIn} has them. */
  readonly wanted: string;
}

/** The filter of a subscription to all events of a topic. */
export const EVERYTHING: Filter = filterOf({});

/** Reads an optional filter. Throws a `CodedError` that names the key and its value. */
export function filterField(fields: Fields): Filter {
  const { filter } = fields;
  if (filter === undefined || filter === null) return EVERYTHING;
  if (typeof filter !== "object" || Array.isArray(filter)) {
    throw invalid("filter", filter, ALLOWED);
  }
  const pairs = Object.entries(filter); // own fields alone, `__proto__` among them
  if (pairs.length > MAX_KEYS) {
    throw invalid("filter", filter, `an object of at most ${MAX_KEYS} keys`);
  }
  for (const [key, value] of pairs) {
    if (textOf(value) === undefined) throw invalid(`filter.${key}`, value, VALUES);
  }
  const bytes = new TextEncoder().encode(JSON.stringify(filter)).length;
  if (bytes <= MAX_FILTER_BYTES) return filterOf(filter as Fields);
  throw new CodedError(
    "too_long",
    `Field 'filter' is too long: current length is ${bytes} bytes of JSON, the limit is ${MAX_FILTER_BYTES}`,
    { field: "filter" },
  );
}

const VALUES =
  `a text of up to ${MAX_FILTER_BYTES} characters, a number below 2^53, true, false or null`;

function filterOf(pairs: Fields): Filter {
  const sorted = Object.entries(pairs).sort(([one], [other]) => one < other ? -1 : 1);
  const keys = sorted.map(([key]) => key);
  const values = sorted.map(([, value]) => textOf(value) ?? "");
  return { pairs, keys, keySet: JSON.stringify(keys), values, wanted: values.join(BETWEEN) };
}

/** Whether a filter is another one or narrower: every event that it is for is one of the other's. */
export function isWithin(filter: Filter, other: Filter): boolean {
  return other.keys.every((key, index) => {
    const own = filter.keys.indexOf(key);
    return own >= 0 && filter.values[own] === other.values[index];
  });
}

/**
 * The values of these keys in an event's `data`, in the form of {@linkcode Filter.wanted}; `undefined` where no filter with
 * these keys is for the event. It runs for every event, once for each set of keys.
 */
export function valuesIn(data: unknown, keys: readonly string[]): string | undefined {
  if (keys.length === 0) return "";
  if (typeof data !== "object" || data === null) return undefined;
  let all = "";
  for (const key of keys) {
    // A field of all objects, such as `constructor`, is nobody's.
    const text = Object.hasOwn(data, key) ? textOf(asInJson((data as Fields)[key])) : undefined;
    if (text === undefined) return undefined;
    all = all === "" ? text : all + BETWEEN + text;
  }
  return all;
}

/** A number that JSON does not have, such as 1e400, is null wherever it comes to. */
function asInJson(value: unknown): unknown {
  return typeof value === "number" && !Number.isFinite(value) ? null : value;
}

/** A value as JSON, so that 5 is not "5"; `undefined` where it is none that filters have. */
function textOf(value: unknown): string | undefined {
  switch (typeof value) {
    case "string":
      return value.length > MAX_FILTER_BYTES ? undefined : JSON.stringify(value);
    case "number":
      // Past 2^53 whole numbers have lost their last digits: one would be for the events of others.
      return Number.isSafeInteger(value) || value % 1 !== 0 && Number.isFinite(value)
        ? String(value === 0 ? 0 : value)
        : undefined;
    case "boolean":
      return String(value);
    default:
      return value === null ? "null" : undefined;
  }
}
