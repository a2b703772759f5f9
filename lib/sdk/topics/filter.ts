/** What a subscription to a topic wants of it: the fields that a message's data must have, all of them. */

/** A field's value equals just itself: `5` is not `"5"`. */
export type TopicFilter = Readonly<Record<string, string | number | boolean | null>>;

/** The same text for equal filters, and for none. */
export function filterKey(filter: unknown = {}): string {
  const fields = Object.entries(filter ?? {});
  return JSON.stringify(fields.sort(([one], [other]) => one < other ? -1 : 1));
}

/**
 * A copy of a filter that a program gives.
 *
 * @throws {TypeError} where a value cannot be compared. One that is `undefined` would be left out on the way, and everything
 * would match.
 */
export function readFilter(topic: string, filter: TopicFilter | null | undefined): TopicFilter {
  const cannot = `Cannot subscribe to topic '${topic}'`;
  if (filter === undefined || filter === null) return {};
  if (typeof filter !== "object" || Array.isArray(filter)) {
    throw new TypeError(`${cannot}: the filter must be an object, such as {id: 5}`);
  }
  for (const [field, value] of Object.entries(filter)) {
    if (isComparable(value)) continue;
    const allowed = "a string, a number below 2^53, true, false or null";
    const shown = typeof value === "object" ? JSON.stringify(value) : String(value);
    throw new TypeError(`${cannot}: '${field}' of the filter must be ${allowed}, not ${shown}`);
  }
  return { ...filter };
}

function isComparable(value: unknown): boolean {
  return value === null || typeof value === "string" || typeof value === "boolean" ||
    (typeof value === "number" && Math.abs(value) <= Number.MAX_SAFE_INTEGER);
}
