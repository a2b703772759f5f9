/** Makes one notification of several. */
import type { Details } from "../details/details.ts";
import { USUAL_PRIORITY } from "../details/details.ts";
import type { TEMPLATE_WORDS } from "../../preferences/types.ts";
import type { Notification } from "../store/store.ts";
import type { DigestItem } from "./types.ts";

/** How many of the last notifications a digest lists. */
const MOST_LISTED = 50;

/** How many titles stand in its text. */
const MOST_TITLES = 5;

/** Most UTF-16 units of a text in the list, and of a title in the text. */
const LISTED = 200;
const TITLE = 80;

/** What a digest is of. */
export interface DigestKind {
  readonly kind: string;
  /** What people call it. */
  readonly name?: string | undefined;
  readonly template?: string | undefined;
}

type Said = Pick<
  Notification,
  "room" | "at" | "from" | "message" | "data" | "tags" | "details" | "expiresAt"
>;

/** What a digest of these notifications says. One alone comes as it is. */
export function digestOf(items: readonly DigestItem[], kind: DigestKind): Said {
  const [first] = items;
  const last = items.at(-1);
  if (first === undefined || last === undefined) throw new RangeError("A digest of nothing");
  if (items.length === 1) {
    const { id: _id, ...said } = first;
    return said;
  }
  const priorities = items.map(({ details }) => Number(details?.["priority"] ?? USUAL_PRIORITY));
  const details: Details & { count: number; items: readonly object[] } = {
    ...titleFor(kind),
    kind: kind.kind,
    ...(Math.max(...priorities) !== USUAL_PRIORITY && {
      priority: Math.max(...priorities) as NonNullable<Details["priority"]>,
    }),
    count: items.length,
    items: items.slice(-MOST_LISTED).map(listed),
  };
  return {
    room: last.room,
    ...(last.from && { from: last.from }),
    message: textOf(items, kind),
    details: { ...details },
  };
}

/** What people call the kind, or its words: whose the last of the notifications is says little of all of them. */
function titleFor({ kind, name }: DigestKind): { title?: string } {
  const words = kind.replaceAll(/[._:-]+/g, " ").trim(); // as pages say it, too
  const title = name ?? words.charAt(0).toUpperCase() + words.slice(1);
  return /\p{L}/u.test(title) ? { title } : {};
}

/** The text of a digest, by the template of its kind. */
export function textOf(
  items: readonly DigestItem[],
  { kind, name, template = "{count} new: {titles}" }: DigestKind,
): string {
  const titles = items.slice(-MOST_TITLES).map(titleOf);
  const more = items.length - titles.length;
  const words: Readonly<Record<(typeof TEMPLATE_WORDS)[number], string>> = {
    count: String(items.length),
    titles: titles.join(", ") + (more > 0 ? ` … (+${more})` : ""),
    first: items[0] === undefined ? "" : titleOf(items[0]),
    last: titles.at(-1) ?? "",
    kind,
    name: name ?? kind,
  };
  return template.replaceAll(
    /\{(\w+)\}/g,
    (whole, word: keyof typeof words) => words[word] ?? whole,
  );
}

function listed({ id, at, message = "", details }: DigestItem): object {
  const { title, url } = details ?? {};
  return {
    id,
    ...(title !== undefined && { title }),
    message: cut(message, LISTED),
    ...(url !== undefined && { url }),
    ...(at !== undefined && { timestamp: at }),
  };
}

function titleOf({ message = "", details }: DigestItem): string {
  const title = details?.["title"];
  return cut(typeof title === "string" ? title : message.replaceAll(/\s+/g, " "), TITLE);
}

function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  return `${text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}

/**
 * The next of some times of a day, in milliseconds of Unix time.
 *
 * @param at such as "09:00", at least one
 * @param zone an IANA name, or an offset
 */
export function nextOf(at: readonly string[], zone: string, now: number): number {
  const here = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(zone);
  for (let days = 0; days < 3; days++) {
    const date = here.toPlainDate().add({ days });
    const times = at.map((time) =>
      date.toZonedDateTime({ timeZone: zone, plainTime: Temporal.PlainTime.from(time) })
        .epochMilliseconds
    ).filter((time) => time > now);
    if (times.length > 0) return Math.min(...times);
  }
  throw new RangeError(`No time of ${at} in three days`);
}

/** What is kept of a notification. */
export function itemOf(notification: Notification): DigestItem {
  const { id, room, at, from, message, data, tags, details, expiresAt } = notification;
  return { id, room, at, from, message, data, tags, details, expiresAt };
}
