/** What a program says by its server, in the shapes of its own language. */

/** Something that the program says in a room. */
export interface Broadcast {
  /** The text for people; it may be absent where there is `data`. */
  readonly message?: string;
  /** Any JSON value, for programs. */
  readonly data?: unknown;
  /** Whom it is from. @default "system" */
  readonly name?: string;
  /** The user whom it is from, if it is one. */
  readonly userId?: number | string;
  /** 8 to 64 of `A-Z a-z 0-9 _ -`. Where the room keeps a history, the same one within ten minutes is the same message. */
  readonly id?: string;
  readonly site?: string;
}

/** A notification that the program sends to one user, whether the user is there or comes later. */
export interface Notice extends Omit<Broadcast, "userId" | "name"> {
  /** @default "system" */
  readonly from?: string;
  /** The room that it is shown in. @default the server's */
  readonly room?: string;
  /** The ids of files of the site, at most 10. */
  readonly attachments?: readonly string[];
  /** The id of a picture of the site. */
  readonly image?: string;
  /** How it is shown, and what can be done with it. */
  readonly title?: string;
  /** A category, such as `order.shipped`, by which users choose. */
  readonly kind?: string;
  /** From 1, what can wait, to 5. @default 3 */
  readonly priority?: number;
  readonly url?: string;
  readonly icon?: string;
  readonly tags?: readonly string[];
  /** What the user can do, at most 3: see docs/notifications.md. */
  readonly actions?: readonly object[];
  /** The newest of a group stands for the others. */
  readonly group?: string;
  readonly markdown?: boolean;
  /** Whether it passes preferences and quiet hours. */
  readonly critical?: boolean;
  /** In percent. */
  readonly progress?: number;
}

/** Those to whom one notification goes at once. */
export type Recipients =
  | { readonly userIds: readonly (number | string)[] }
  /** Whoever follows it. */
  | { readonly topic: string }
  /** Whoever has ever connected to the site as a user. */
  | { readonly everyone: true };
