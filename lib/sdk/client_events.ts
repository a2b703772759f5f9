/** What a client tells, by the name of the event. */
import type { State } from "./core/server_connection.ts";
import type { NotifyliError } from "./core/errors.ts";
import type { Gap, InboxChange, Message, Notification } from "./core/types.ts";

export interface ClientEvents {
  state: State;
  /** Each notification once, in the inbox's order; acknowledged to the server when its handlers have run. */
  notification: Notification;
  /** A notification that was there before has changed: its sender did that, and it is at the top of the list now. */
  notificationChanged: Notification;
  /** Each message of every room that is subscribed to. */
  message: Message;
  /** The number of unread notifications changed. */
  unread: number;
  /** Notifications were read, archived, brought back, deleted or put off, here or elsewhere. */
  inbox: InboxChange;
  /** Notifications may be missing; they come no more. For rooms, see the subscription's event. */
  gap: Gap;
  /**
   * What the server said is wrong, or a handler threw. Where nobody listens, what a handler threw is an uncaught
   * error, and all else a warning on the console.
   */
  error: NotifyliError;
}
