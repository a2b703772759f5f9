/** What all views of the element are given: what there is, in which words, and what the user can do with it. */
import type { Notification, NotificationAction } from "../../core/types.ts";
import type { Change, PreferenceChoices } from "../../preferences/types.ts";
import type { Entry } from "../../view/entries.ts";
import { shownName } from "../../view/text.ts";
import { type Child, type Described, h } from "../dom.ts";
import type { Feed } from "../feed.ts";
import { icon, type IconName } from "../icons.ts";
import type { Shelf } from "../shelf.ts";
import type { Words } from "../words.ts";

/** What is open in one element. */
export interface Ui {
  readonly view: "list" | "preferences";
  /** A kind, or one of the lists that are none. */
  readonly tab: string;
  /** The notification whose snooze menu is open. */
  readonly menu: string | undefined;
  /** The day and time that its field began with, once the user chooses one. */
  readonly choosing: string | undefined;
  /** Those that were unread when the list showed them first, and are read by that. */
  readonly fresh: ReadonlySet<string>;
  /** Notifications that show those for which they stand. */
  readonly unfolded: ReadonlySet<string>;
  /** Those of a group that the list has not come to yet, by the notification that stands for them. */
  readonly groups: ReadonlyMap<string, readonly Notification[]>;
  /** What is being done, by notification and action; or why it was not. */
  readonly doing: ReadonlyMap<string, "busy" | { readonly failed: string }>;
  /** Pictures that cannot be shown. */
  readonly broken: ReadonlySet<string>;
  /** Switches as they were turned, by their labels, until the server has answered. */
  readonly turned: ReadonlyMap<string, boolean>;
  /** The day whose quiet hours are changed. */
  readonly day: string | undefined;
  /** Why preferences were not saved, or the rest of the element cannot be had. */
  readonly problem: string;
}

export const CLOSED: Ui = {
  view: "list",
  tab: "",
  menu: undefined,
  choosing: undefined,
  fresh: new Set(),
  unfolded: new Set(),
  groups: new Map(),
  doing: new Map(),
  broken: new Set(),
  turned: new Map(),
  day: undefined,
  problem: "",
};

/** The part of `more.ts` that views of the element's own module show. It is no import: that one is loaded late. */
export interface Late {
  archivedList(inbox: Inbox): Child;
  foldedList(inbox: Inbox, entry: Entry): Described;
  snoozeMenu(inbox: Inbox, choose: (until: Date) => void): Described;
  snoozedList(inbox: Inbox): Child;
}

/** Changes what the user chooses of notifications, and resolves; why that is refused stands in `problem`. */
export type ChangePreferences = (change: Change<PreferenceChoices>) => Promise<void>;

export interface Inbox {
  readonly feed: Feed;
  /** What was put away, and the preferences, once the code for that is there. */
  readonly shelf: Shelf | undefined;
  readonly words: Words;
  /** As it is now, also in what is done later. */
  readonly ui: Ui;
  readonly hasKeys: boolean;
  /** What is loaded late, once it is there. */
  readonly more: Late | undefined;
  set(change: Partial<Ui>): void;
  /** Does something with what is put away, as soon as the code for that is there. */
  later(doing: (shelf: Shelf) => void): void;
  close(): void;
  /** The user opens a notification; the event goes on to the link where nobody wants it otherwise. */
  opened(event: MouseEvent, notification: Notification, url: string | undefined): void;
  act(event: Event, notification: Notification, action: NotificationAction, text?: string): void;
}

interface ButtonProps {
  readonly name: IconName;
  readonly label: string;
  /** A shorter word that shows on pointing. @default `label` */
  readonly title?: string;
  readonly onclick: (event: MouseEvent) => void;
  readonly [attribute: string]: unknown;
}

/** A button that is an icon. */
export function iconButton({ name, label, title = label, ...rest }: ButtonProps): Described {
  const props = { type: "button", class: "ib", part: "button", "aria-label": label, title };
  return h("button", { ...props, ...rest }, icon(name));
}

export function button(
  props: Readonly<Record<string, unknown>>,
  ...children: readonly Child[]
): Described {
  const { class: more = "", ...rest } = props;
  return h("button", { type: "button", part: "button", ...rest, class: `b ${more}` }, ...children);
}

/** A name of somebody else's choice: isolated from the text around it. */
export function named(name: string): Described {
  return h("bdi", {}, shownName(name));
}

export function unseen(words: string): Described {
  return h("span", { class: "unseen" }, words);
}

/** Whether it is news to the reader: unread, or read by nothing but that it is shown. */
export function isNews({ ui }: Inbox, { id, read }: Notification): boolean {
  return !read || ui.fresh.has(id);
}

/** All that an entry stands for, as far as it is known. */
export function membersOf({ head, others }: Entry): readonly Notification[] {
  return [head, ...others];
}

/** What a notification is called, where something is done with it. */
export function whatIs({ name, details }: Notification, words: Words): string {
  return details?.title === undefined
    ? words.say("nameless", { name: shownName(name) })
    : words.say("titled", { title: shownName(details.title) });
}

/** A set with something more, or less. */
export function toggled(set: ReadonlySet<string>, each: string): ReadonlySet<string> {
  return new Set(set.has(each) ? [...set].filter((other) => other !== each) : [...set, each]);
}
