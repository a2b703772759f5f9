/** What a user chooses of notifications, as the library has it. */

/** By which ways something comes. What is absent is not chosen. */
export interface WayChoice {
  readonly inApp?: boolean;
  readonly push?: boolean;
  readonly mail?: boolean;
}

export type QuietDay = "mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun";

/** When nothing asks for attention. */
export interface QuietHours {
  /** @default true */
  readonly on?: boolean;
  /** What has the priority 5 asks for attention then, too. @default false */
  readonly urgent?: boolean;
  /** Whose clock it is, such as "Europe/Berlin". @default the user's */
  readonly timeZone?: string;
  /** Ranges by the day on which they begin, such as `{mon: [["22:00", "07:00"]]}`. */
  readonly days?: Readonly<Partial<Record<QuietDay, readonly (readonly [string, string])[]>>>;
}

export interface PreferenceChoices {
  /** By kinds of notifications, such as `order.shipped`; `*` is every kind of which nothing is said. */
  readonly kinds?: Readonly<Record<string, WayChoice>>;
  readonly topics?: Readonly<Record<string, WayChoice>>;
  /** Nothing asks for attention until then: Unix seconds, or a text such as `2h` or `tomorrow 9:00`. */
  readonly muteUntil?: number | string;
  readonly quietHours?: QuietHours;
  /** The zone of the user's clock, such as "Europe/Berlin". */
  readonly timeZone?: string;
}

/** Some of something: what is absent stays, and what is `null` is taken out. */
export type Change<Whole> = Whole extends readonly unknown[] ? Whole
  : Whole extends object ? { readonly [Field in keyof Whole]?: Change<Whole[Field]> | null }
  : Whole;

/** By which ways notifications of a kind come. */
export interface EffectiveKind {
  readonly inApp: boolean;
  readonly push: boolean;
  readonly mail: boolean;
  /** What people call the kind. */
  readonly name?: string;
  readonly description?: string;
  /** Why the user cannot choose; absent where the user can. */
  readonly locked?: string;
}

/** What comes of the user's choices together with what the application has set. */
export interface EffectivePreferences {
  readonly timeZone: string;
  /** Whether nothing asks for attention, when the server said so. */
  readonly muted: boolean;
  readonly quiet: boolean;
  /** When the quiet hours end, in Unix seconds; absent where there are none now, or where they have no end. */
  readonly quietUntil?: number;
  readonly kinds: Readonly<Record<string, EffectiveKind>>;
}

/** All that a user has chosen. */
export interface UserPreferences extends PreferenceChoices {
  readonly kinds: Readonly<Record<string, WayChoice>>;
  readonly topics: Readonly<Record<string, WayChoice>>;
  readonly muteUntil?: number;
  /** Rises with each change; 0 where the user has chosen nothing. */
  readonly version: number;
  readonly effective: EffectivePreferences;
}

export interface PreferencesEvents {
  /** They were read, or changed, here or on another device. */
  changed: UserPreferences;
}
