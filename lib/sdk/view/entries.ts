/** What the list behind the bell shows of the notifications: of one kind or all, and those of a group as one entry. */
import type { Notification } from "../core/types.ts";
import type { UserPreferences } from "../preferences/types.ts";

/** Shows all kinds. */
export const ALL_KINDS = "";

/** Shows what is snoozed. No kind has a space. */
export const SNOOZED = " snoozed";

/** Shows what is archived. */
export const ARCHIVE = " archive";

/** A notification, and older ones of its group, for which it stands. */
export interface Entry {
  readonly head: Notification;
  readonly others: readonly Notification[];
  /** How many of the group there are that the list has not come to yet. */
  readonly more: number;
}

/** How many notifications an entry stands for. */
export function countOf({ head, others, more }: Entry): number {
  return head.details?.count ?? others.length + more + 1;
}

/** Puts those of a group together, at the place of the newest. @param below how many of each group the list has not come to */
export function fold(
  list: readonly Notification[],
  below: ReadonlyMap<string, number> = new Map(),
): Entry[] {
  const entries = new Map<string, { head: Notification; others: Notification[]; more: number }>();
  for (const notification of list) {
    const { group } = notification.details ?? {};
    const key = group === undefined ? `1 ${notification.id}` : `2 ${group}`;
    const entry = entries.get(key);
    const more = group === undefined ? 0 : below.get(group) ?? 0;
    if (entry === undefined) entries.set(key, { head: notification, others: [], more });
    else entry.others.push(notification);
  }
  return [...entries.values()];
}

/**
 * How many of each group are below a list that is read down to some place. What is newer than a head was not counted with it,
 * and a head that the list has not is about to come.
 *
 * @param heads what the server folds, with counts
 */
export function belowOf(
  list: readonly Notification[],
  heads: readonly Notification[],
): ReadonlyMap<string, number> {
  const groups = new Map<string, Notification[]>();
  for (const each of list) {
    const { group } = each.details ?? {};
    if (group === undefined) continue;
    const listed = groups.get(group);
    if (listed === undefined) groups.set(group, [each]);
    else listed.push(each);
  }
  return new Map(heads.flatMap(({ id, offset: newest = Infinity, details, groupCount = 0 }) => {
    const { group } = details ?? {};
    if (group === undefined) return [];
    const listed = groups.get(group) ?? [];
    const counted = listed.filter(({ offset = Infinity }) => offset <= newest);
    const coming = listed.some((each) => each.id === id) ? 0 : 1;
    const more = groupCount - counted.length - coming;
    return more > 0 ? [[group, more]] : [];
  }));
}

export interface KindCount {
  readonly kind: string;
  readonly unread: number;
}

/** The kinds that there are, as far as they differ before their first dot, with how many of each are unread. */
export function kindsIn(
  list: readonly Notification[],
  isUnread: (id: string) => boolean,
): KindCount[] {
  const kinds = new Map<string, number>();
  for (const { id, details } of list) {
    const kind = topKind(details?.kind);
    if (kind !== ALL_KINDS) kinds.set(kind, (kinds.get(kind) ?? 0) + (isUnread(id) ? 1 : 0));
  }
  return [...kinds].map(([kind, unread]) => ({ kind, unread }))
    .toSorted((a, b) => a.kind.localeCompare(b.kind));
}

export function ofKind(list: readonly Notification[], kind: string): readonly Notification[] {
  return kind === ALL_KINDS ? list : list.filter(({ details }) => topKind(details?.kind) === kind);
}

function topKind(kind = ALL_KINDS): string {
  return kind.split(".")[0] ?? kind;
}

/** What people call a kind: its name, that of what it belongs to, or its own words. */
export function kindWords(kind: string, preferences: UserPreferences | null): string {
  const kinds = preferences?.effective.kinds ?? {};
  for (let end = kind.length; end > 0; end = kind.lastIndexOf(".", end - 1)) {
    const { name } = Object.hasOwn(kinds, kind.slice(0, end))
      ? kinds[kind.slice(0, end)] ?? {}
      : {};
    if (name !== undefined) return name;
  }
  const words = kind.replaceAll(/[._:-]+/g, " ").trim();
  return words === "" ? kind : words[0]?.toUpperCase() + words.slice(1);
}
