/**
 * The fields of a notification that stand beside its text, in the query and in headers: by their own names, and by those that
 * ntfy has, so that a line that was written for ntfy works here.
 */
import type { Fields } from "../base/fields.ts";
import type { Call } from "../http/call.ts";

/** Each field with its own name in a query, then with ntfy's. */
export const IN_QUERY: Readonly<Record<string, readonly string[]>> = {
  room: [],
  from: [],
  timestamp: [],
  expires_at: [],
  attachments: ["attach", "a"],
  image: [],
  deliver_at: ["delay", "at", "in"],
  title: ["t", "ti"],
  kind: [],
  priority: ["prio", "p"],
  url: ["click"],
  icon: [],
  tags: ["tag", "ta"],
  actions: ["action"],
  group: [],
  markdown: ["md"],
  critical: [],
  progress: [],
};

/** Fields whose own names are those of headers that say something else. */
const X_ALONE = new Set(["room", "from", "timestamp", "url", "group", "kind", "image"]);

/** What is meant by the names that ntfy has and these fields have not, as far as they tell anybody something. */
export const NTFY_NAMES: ReadonlyMap<string, string> = new Map(
  Object.entries(IN_QUERY).flatMap(([field, others]) =>
    others.filter((other) => other.length > 2).map((other) => [other, field] as const)
  ),
);

const QUERY = named((field, others) => [field, ...others]);

export const HEADERS = named((field, others) => {
  const name = field.replaceAll("_", "-");
  const long = others.filter((other) => other.length > 1);
  const own = X_ALONE.has(field) ? [] : [name];
  return [...others, ...own, ...long.map((other) => `x-${other}`), `x-${name}`];
});

/** Whether a parameter of the query says something of a notification. */
export function isSaidInQuery(name: string): boolean {
  return QUERY.has(name);
}

/** The priority that browsers give a request (RFC 9218), such as `u=1, i`. */
const PRIORITY_OF_REQUEST = /^\s*(u=\d|i)\s*(,\s*(u=\d|i)\s*)?$/;

/** What is said of a notification beside the body of its call. What stands in the query goes before what stands in headers. */
export function saidBeside(call: Call): Fields {
  const fields = call.besideBody(QUERY, HEADERS);
  const isMarkdown = /^\s*text\/(x-)?(markdown|md)\b/i.test(call.bodyType ?? "");
  const { priority, ...rest } = isMarkdown ? { markdown: true, ...fields } : fields;
  if (priority === undefined) return rest;
  return PRIORITY_OF_REQUEST.test(String(priority)) ? rest : { ...rest, priority };
}

function named(
  namesOf: (field: string, others: readonly string[]) => readonly string[],
): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(IN_QUERY).flatMap(([field, others]) =>
      namesOf(field, others).map((name) => [name, field] as const)
    ),
  );
}
