/** What the list behind the bell shows of the notifications: of one kind or all, and those of a group as one entry. */
import type { Notification } from "../core/types.ts";
import type { UserPreferences } from "../preferences/types.ts";

/** Shows all kinds. */
export const ALL_KINDS = "";

/** Shows what is snoozed. No kind has a space. */
export const SNOOZED = " snoozed";

/** A notification, and older ones of its group, for which it stands. */
export interface Entry {
  readonly head: Notification;
  readonly others: readonly Notification[];
}

/** What to do something with: a group as a whole, or one notification. */
export function meantBy({ head, others }: Entry): readonly string[] | { readonly group: string } {
  const group = head.details?.group;
  return group === undefined || others.length === 0 ? [head.id] : { group };
}

/** Puts those of a group together, at the place of the newest. */
export function fold(list: readonly Notification[]): Entry[] {
  const entries = new Map<string, { head: Notification; others: Notification[] }>();
  for (const notification of list) {
    const { group } = notification.details ?? {};
    const key = group === undefined ? `1 ${notification.id}` : `2 ${group}`;
    const entry = entries.get(key);
    if (entry === undefined) entries.set(key, { head: notification, others: [] });
    else entry.others.push(notification);
  }
  return [...entries.values()];
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
