/** What applications get to see: messages, notifications, people and positions. */

/** Where a client is in a stream. Offsets rise by one; another `epoch` means that history may have been lost. */
export interface Position {
  readonly offset: number;
  readonly epoch: string;
}

/** A file of a message or a notification. Of one that waits to be sent, or is from an older server, there is an id alone. */
export interface AttachedFile {
  readonly id: string;
  readonly name?: string;
  /** A media type, such as "image/png". */
  readonly type?: string;
  readonly bytes?: number;
  /** Pixels, of images. */
  readonly width?: number;
  readonly height?: number;
  /** A link to it, relative to the server: whoever has it reads the file until the link ends, a day later at the soonest. */
  readonly url?: string;
}

/** What the user can do with a notification, by a button. */
export interface NotificationAction {
  /** By which it is done. */
  readonly id: string;
  /** Opens `url`, has the server call an address, or takes a text. */
  readonly type: "view" | "http" | "reply";
  readonly label: string;
  /** An address or a path, of `view`. */
  readonly url?: string;
  /** What stands in the field before the user types, of `reply`. */
  readonly placeholder?: string;
  /** Whether the notification is archived once it is done. */
  readonly clear?: boolean;
  /** When it was done, here or on another device, in Unix seconds. */
  readonly doneAt?: number;
  /** The status of what the address answered, of `http`. */
  readonly status?: number;
  /** What the address answered, or the user replied. */
  readonly text?: string;
}

/** What came of an action. */
export interface ActionResult {
  /** In Unix seconds; absent while a call of another device is under way. */
  readonly doneAt?: number;
  readonly status?: number;
  readonly text?: string;
}

/** How a notification is shown. */
export interface NotificationDetails {
  readonly title?: string;
  /** A category, such as `order.shipped`. */
  readonly kind?: string;
  /** From 1, what can wait, to 5, what cannot; 3 where there is none. */
  readonly priority?: number;
  /** Where it leads: an address, or a path on the page's own server. */
  readonly url?: string;
  readonly icon?: string;
  /** At most 3. */
  readonly actions?: readonly NotificationAction[];
  /** The newest of a group stands for the others. */
  readonly group?: string;
  /** Whether the message is Markdown. */
  readonly markdown?: boolean;
  /** Whether it passes preferences and quiet hours. */
  readonly critical?: boolean;
  /** How far something is, in percent. */
  readonly progress?: number;
  /** When its sender has changed it, in Unix seconds. */
  readonly editedAt?: number;
  /** Its first place in the inbox, of one that was changed. */
  readonly firstOffset?: number;
  /** When the user has put it off, in Unix seconds: of one that waits, and of one that has come back. */
  readonly snoozedAt?: number;
  /** When one that waits comes back, in Unix seconds. */
  readonly snoozedUntil?: number;
  /** Whether it asks for no attention: it is quiet, or the user has muted all. */
  readonly silent?: boolean;
  /** When it asked for attention after that, or again, in Unix seconds. */
  readonly alertedAt?: number;
  /** How often it has asked again, since nobody has read it. */
  readonly reminder?: number;
  /** Of how many notifications it is a digest. */
  readonly count?: number;
  /** The last of these, at most 50, oldest first. */
  readonly items?: readonly DigestItem[];
}

/** One of the notifications that a digest is of. */
export interface DigestItem {
  readonly id: string;
  readonly title?: string;
  readonly message: string;
  readonly url?: string;
  /** In Unix seconds. */
  readonly timestamp?: number;
}

/** What messages and notifications have in common. */
export interface Publication {
  /** The same message of the same user always has the same id. */
  readonly id: string;
  readonly room: string;
  /** The sender of a message, or the receiver of a notification. Here it is always a string. */
  readonly userId: string;
  /** The sender's name. */
  readonly name: string;
  /** The text for people; empty where there is `data` alone. */
  readonly message: string;
  /** What it carries for programs: any JSON value. */
  readonly data?: unknown;
  /** The files of a notification; absent where it has none. */
  readonly attachments?: readonly AttachedFile[];
  /** The picture of a notification. */
  readonly image?: AttachedFile;
  /** Words that the sender has put on it. */
  readonly tags?: readonly string[];
  /** How a notification is shown; absent where its sender said nothing of it. */
  readonly details?: NotificationDetails;
  /** When it was published, in Unix seconds. */
  readonly timestamp: number;
  /** Its place in the stream. It is absent where the room keeps no history. */
  readonly offset?: number;
  /** The epoch that `offset` counts in, where the server said so. */
  readonly epoch?: string;
  /** Whether the user had read the notification before it came, where the server said so. */
  readonly read?: boolean;
  /** Whether the user had archived the notification before it came, where the server said so. */
  readonly archived?: boolean;
}

/** Something said in a room. */
export interface Message extends Publication {
  /** It was said before it could come live, and was made up for. */
  readonly replayed: boolean;
}

/** Something that happened in a room beside what is said, such as that somebody is typing. */
export interface RoomEvent {
  readonly room: string;
  /** What happened, in words of the application: `typing`. */
  readonly event: string;
  /** Whoever told of it; an empty text where another system did. */
  readonly userId: string;
  readonly name: string;
  /** Any JSON value; it may be absent. */
  readonly data?: unknown;
  /** When it was told, in Unix seconds. */
  readonly timestamp: number;
}

/** Something another system sent to this user. */
export interface Notification extends Publication {
  /** It was sent before it could come live, and was made up for. */
  readonly replayed: boolean;
  /** How many notifications it stands for, with itself, in a folded list. */
  readonly groupCount?: number;
  /** How many of these are unread. */
  readonly groupUnread?: number;
  /** The user has read it, here or elsewhere. */
  readonly read: boolean;
  /** It is no longer in lists unless these ask for archived ones. */
  readonly archived: boolean;
}

/** Something that was published in a topic. */
export interface TopicMessage {
  readonly topic: string;
  /** What was published. */
  readonly data: Readonly<Record<string, unknown>>;
  readonly id: string;
  /** Its place in the topic. It is absent where the topic keeps no history. */
  readonly offset?: number;
  /** When it was published, in Unix seconds. */
  readonly timestamp: number;
  /** It is the last one that matched, from before the subscription: it may have been there long. */
  readonly replay: boolean;
}

/** A user in a room. */
export interface User {
  readonly userId: string;
  readonly name: string;
}

/** What `publish()` resolves with. */
export interface Published {
  readonly id: string;
  /** It is absent where the room keeps no history. */
  readonly offset?: number;
  readonly epoch?: string;
}

/**
 * Why something is missing, in words of the server: `epoch` (the history was lost), `expired` (it was dropped
 * by retention), `too_many` (it was too much); or of this library: `no_history` (the connection was lost, and
 * the room keeps none), `unrecoverable` (the server cannot say what is between two of its own messages).
 */
export type GapReason = "epoch" | "expired" | "too_many" | "no_history" | "unrecoverable";

/** Messages may be missing after `since`; the stream goes on after `now`. */
export interface Gap {
  readonly reason: GapReason;
  /** It is unknown where the room keeps no history. */
  readonly since: Position | undefined;
  readonly now: Position | undefined;
}

/** The user's notifications changed, here or on another device: all of them where there are no `ids`. */
export interface InboxChange {
  readonly event: "read" | "archive" | "unarchive" | "delete" | "snooze" | "act";
  /** What was done, of `act`. */
  readonly action?: ActionResult & { readonly id: string };
  readonly ids?: readonly string[];
  /** When they come back, in Unix seconds, of `snooze`. */
  readonly snoozedUntil?: number;
  readonly unread: number;
}
