/** What is asked of topics, and what is answered: the shapes that the service shares with its commands, routes and ways in. */
import type { Fields } from "../base/fields.ts";
import type { Channel } from "../core/channel.ts";
import type { Claim } from "../core/claim.ts";
import type { SyncRequest, TopicSync } from "./sync.ts";

/** An event as another system publishes it. */
export interface TopicEvent {
  /** The id that the caller made; absent if it made none. */
  readonly id?: string;
  readonly data: Fields;
  /** The id that a way in made for it, by which it is not known again. */
  readonly madeId?: string;
  /** Where it came by a way that nodes share. */
  readonly claim?: Claim;
}

/** What became of an event. */
export interface PublishedEvent {
  readonly id: string;
  /** Its position; absent if the topic keeps no history. */
  readonly offset?: number;
  readonly epoch?: string;
  /** Whether it was there already, under the same caller's id. */
  readonly isDuplicate: boolean;
}

export interface SubscribeRequest extends SyncRequest {
  readonly topic: string;
  /** A subscribe token. */
  readonly token?: string;
}

/** What a new subscriber is told. What arrives meanwhile is held back until `connection.release(channel)`. */
export interface Subscribed extends TopicSync {
  readonly channel: Channel;
  /** The numbers of the subscriptions, one for each filter. */
  readonly subs: readonly number[];
}
