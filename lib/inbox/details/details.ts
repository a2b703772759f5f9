/** How a notification is shown and what can be done with it: its fields beside the text, the same by every way in. */
import type { Fields } from "../../base/fields.ts";
import { digitsAsText, identifier, invalid, optionalName } from "../../base/fields.ts";
import { kindField } from "../../base/kind_field.ts";
import { type Action, actionsField } from "./actions.ts";
import { flagField, isMissing, listField, wholeField } from "./kinds.ts";
import { linkField } from "./links.ts";

/** From 1, what can wait, to 5, what cannot; 3 where none is said. */
export type Priority = 1 | 2 | 3 | 4 | 5;

/** The priority of a notification that names none. */
export const USUAL_PRIORITY = 3;

/** Names of priorities, as ntfy has them. */
export const PRIORITIES: ReadonlyMap<string, Priority> = new Map([
  ["min", 1],
  ["low", 2],
  ["default", 3],
  ["normal", 3],
  ["high", 4],
  ["urgent", 5],
  ["max", 5],
]);

/** Most UTF-16 units. */
export const TITLE = 250;
export const GROUP = 128;
export const TAG = 64;

export const MOST_TAGS = 20;

/** How a notification is shown, by the names that frames and answers have. Absent is what its sender did not say. */
export interface Details {
  readonly title?: string;
  /** A category, by which users choose what they want and how, such as `order.shipped`. */
  readonly kind?: string;
  readonly priority?: Priority;
  /** Where it leads: an address or a path. */
  readonly url?: string;
  readonly icon?: string;
  readonly actions?: readonly Action[];
  /** The newest of a group stands for the others. */
  readonly group?: string;
  /** Whether the message is Markdown. */
  readonly markdown?: true;
  /** Whether it passes preferences, quiet hours, digests and throttles. */
  readonly critical?: true;
  /** How far something is, in percent. */
  readonly progress?: number;
}

/** What a sender says of how a notification is shown. */
export interface Detailed {
  readonly details?: Details;
  readonly tags?: readonly string[];
}

/** The fields that {@linkcode detailsOf} reads. */
export const DETAIL_FIELDS = [
  ...["title", "kind", "priority", "url", "icon", "tags", "actions", "group", "markdown"],
  ...["critical", "progress"],
] as const;

/** Reads them. Throws a `CodedError` that names the field and its value. It runs for every notification. */
export function detailsOf(fields: Fields): Detailed {
  if (!DETAIL_FIELDS.some((each) => !isMissing(fields[each]))) return NONE;
  const tags = tagsField(fields["tags"]);
  const details = said({
    title: optionalName({ title: digitsAsText(fields, "title") }, "title", TITLE),
    kind: kindField(fields["kind"]),
    priority: priorityField(fields["priority"]),
    url: linkField(fields, "url"),
    icon: linkField(fields, "icon"),
    actions: actionsField(fields["actions"]),
    group: groupField(fields),
    markdown: flagField(fields, "markdown"),
    critical: flagField(fields, "critical"),
    progress: wholeField(fields, "progress", 0, 100),
  });
  return { ...(tags && { tags }), ...(Object.keys(details).length > 0 && { details }) };
}

const NONE: Detailed = {};

/** What is said of these; JSON keeps what is `undefined` out, but stores compare what they keep. */
function said(details: { [Field in keyof Details]: Details[Field] | undefined }): Details {
  return Object.fromEntries(
    Object.entries(details).filter(([, value]) => value !== undefined),
  ) as Details;
}

export function groupField(fields: Fields): string | undefined {
  return optionalName({ group: digitsAsText(fields, "group") }, "group", GROUP);
}

function priorityField(value: unknown): Priority | undefined {
  if (isMissing(value)) return undefined;
  const named = typeof value === "string" ? PRIORITIES.get(value.trim().toLowerCase()) : undefined;
  const priority = named ?? Number(value);
  if (typeof value !== "boolean" && isPriority(priority)) return priority;
  throw invalid("priority", value, `1 to 5, or one of ${[...PRIORITIES.keys()].join(", ")}`);
}

function isPriority(value: number): value is Priority {
  return Number.isInteger(value) && value >= 1 && value <= 5;
}

/** A list of tags; a text is one with commas between them. */
function tagsField(value: unknown): readonly string[] | undefined {
  if (isMissing(value)) return undefined;
  const tags = [...new Set(listField("tags", value, "a list of words"))].map((each) =>
    identifier({ tags: typeof each === "string" ? each.trim() : each }, "tags", TAG)
  );
  if (tags.length === 0) return undefined;
  if (tags.length <= MOST_TAGS) return tags;
  throw invalid("tags", tags.length, `at most ${MOST_TAGS} words`);
}
