/** What is kept of which users are online, on all nodes together, and what a store does with it. */
import type { UserId } from "../../base/fields.ts";
import type { AppEvent } from "./event.ts";

export interface OnlineUser {
  readonly site: string;
  readonly user: UserId;
}

/** An event of a user, and the logs that get it. */
export interface UserEvent {
  readonly event: AppEvent;
  readonly logs: readonly string[];
}

export interface OnlineStore {
  /** Changes when all that was added is lost. */
  readonly era: string;
  /**
   * This node has a connection of a user. Says whether the user was not online, anywhere; then the event is written in the
   * same step.
   */
  add(user: OnlineUser, told: UserEvent): Promise<boolean>;
  /** This node has no connection of the user any more. Where no other has one, the user is offline a little later. */
  remove(user: OnlineUser): Promise<void>;
  /** Who is offline by now, and is to be told of by {@linkcode OnlineStore.end}. */
  due(limit: number): Promise<readonly OnlineUser[]>;
  /** Says whether the user is offline since, and not back, nor told of by another node; then the event is written. */
  end(user: OnlineUser, told: UserEvent): Promise<boolean>;
}
