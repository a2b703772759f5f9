/** What users choose of their notifications, what applications set for each kind of them, and what is decided of one. */
import type { UserId } from "../base/fields.ts";

/** By which a notification comes to its user: in the inbox, as a push to a device, as a mail. */
export const WAYS = ["in_app", "push", "mail"] as const;

export type Way = typeof WAYS[number];

/** By which ways something is to come. What is absent is not chosen. */
export type Choice = Readonly<Partial<Record<Way, boolean>>>;

/** By which ways a notification comes of which nobody has said anything. */
export const BUILT_IN: Readonly<Record<Way, boolean>> = { in_app: true, push: true, mail: false };

/** Stands for all kinds in a user's choices; it counts where nothing else says anything. */
export const EVERY_KIND = "*";

export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

export type Day = typeof DAYS[number];

/** A part of a day, in minutes from its midnight. One that ends before it begins ends on the next day. */
export interface QuietRange {
  readonly start: number;
  /** Up to 1440, which is the next midnight. */
  readonly end: number;
}

/** When a user wants no attention asked for. */
export interface QuietHours {
  readonly isOn: boolean;
  /** What has the highest priority asks for attention then, too. */
  readonly letsUrgent?: true;
  /** Whose clock it is; absent: the user's. */
  readonly timeZone?: string;
  /** By the day on which the ranges begin. */
  readonly days: ReadonlyMap<Day, readonly QuietRange[]>;
}

/** What one user has chosen. */
export interface Preferences {
  /** By kinds, and parts of kinds up to a dot. */
  readonly kinds: ReadonlyMap<string, Choice>;
  readonly topics: ReadonlyMap<string, Choice>;
  /** Unix time in seconds until which nothing asks for attention. */
  readonly muteUntil?: number;
  readonly quietHours?: QuietHours;
  /** The zone of the user's clock: an IANA name such as "Europe/Berlin". */
  readonly timeZone?: string;
}

export const NO_PREFERENCES: Preferences = { kinds: new Map(), topics: new Map() };

/** Preferences with their version, which rises with each change; 0 where the user has none. */
export interface KeptPreferences {
  readonly preferences: Preferences;
  readonly version: number;
}

/** When several notifications become one: so long after the first of them, or at times of the user's day. */
export type Digest = { readonly seconds: number } | { readonly at: readonly string[] };

/** How many notifications come at once in so many seconds. */
export interface Throttle {
  readonly count: number;
  readonly seconds: number;
}

/** How often a notification asks for attention until it was seen, and who gets it then. */
export interface Repeat {
  readonly seconds: number;
  readonly times: number;
  readonly escalate?: { readonly user: UserId } | { readonly way: Way };
}

/** What the application has set for a kind of notifications. */
export interface Kind {
  readonly kind: string;
  /** What people call it. */
  readonly name?: string;
  readonly description?: string;
  readonly ways: Readonly<Record<Way, boolean>>;
  /** Why users cannot choose its ways; absent where they can. */
  readonly locked?: string;
  readonly digest?: Digest;
  /** The text of a digest. */
  readonly template?: string;
  readonly throttle?: Throttle;
  readonly repeat?: Repeat;
}

/** The kinds of a site, by their names. */
export type Kinds = ReadonlyMap<string, Kind>;

/** What is decided of. */
export interface Subject {
  readonly kind?: string | undefined;
  /** By whose followers it was addressed. */
  readonly topic?: string | undefined;
  readonly critical?: boolean | undefined;
  /** From 1 to 5, which is urgent; absent: 3. */
  readonly priority?: number | undefined;
}

/** What becomes of a notification for one user, at one moment. */
export interface Decision {
  /** Whether it comes to the inbox; `silent`: there, but it asks for no attention before `alertAt`. */
  readonly inApp: "deliver" | "silent" | "withhold";
  /** Whether it is pushed: the user wants that, and has a device. Before `alertAt` it is not. */
  readonly push: boolean;
  /** Whether it is mailed: the user wants that, and has an address. Before `alertAt` it is not. */
  readonly mail: boolean;
  /** Whether the database could not be read, so that nobody knows what the user wants, and whether the user has devices. */
  readonly isUnknown?: true;
  /** Who does not want it pushed, where the user has a device. */
  readonly unpushed?: "preferences" | "kind";
  /** Unix time in milliseconds at which it may ask for attention; absent: now, or never where it is quiet without an end. */
  readonly alertAt?: number;
  /** What the user has chosen, where there is such a time: the same object for as long as this node knows of no change. */
  readonly by?: Preferences;
  /** Why it asks for no attention before `alertAt`, or at all. */
  readonly quiet?: "muted" | "quiet_hours";
  /** Why it does not come as others do. */
  readonly why?: "preferences" | "kind" | "muted" | "quiet_hours";
  /** What the application has set for the kind whose settings count, which may be a part of its own up to a dot. */
  readonly digest?: Digest & { readonly kind: string; readonly template?: string };
  readonly throttle?: Throttle & { readonly kind: string };
  readonly repeat?: Repeat;
}

/** The words of a digest's template, each in braces. */
export const TEMPLATE_WORDS = ["count", "titles", "first", "last", "kind", "name"] as const;
