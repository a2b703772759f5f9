/** The broker carries publications to every node, and keeps the channels' histories. */
import type { Channel } from "./channel.ts";
import type { History, HistoryOptions, Position, Publication, Published } from "./publication.ts";

/** Takes the publications that reach this node; those of one channel come in order. */
export type FanOut = (channel: Channel, publication: Publication, position?: Position) => void;

export interface Broker {
  /** Once this has resolved, this node hears what is published in the channel. */
  subscribe(channel: Channel): Promise<void>;
  unsubscribe(channel: Channel): Promise<void>;
  /**
   * Appends to the history, then fans out to every node, this one too, in one order for all. A publication in a history
   * gets an `offset`. If all is done at once, no promise is returned: this is on every message's way.
   */
  publish(
    channel: Channel,
    publication: Publication,
    history?: HistoryOptions,
  ): Promise<Published | undefined> | Published | undefined;
  /** Gives a publication to the one node that hears a session's channel, in order. Says whether there is such a node. */
  forward(channel: Channel, publication: Publication): Promise<boolean>;
  /** For each of these channels, whether any node hears it; absent with an engine of one node. Rejects where the engine is away. */
  heard?(channels: readonly Channel[]): Promise<readonly boolean[]>;
  /**
   * The publications after offset `since`, or all; `limit` counts from the oldest.
   *
   * @param options `persistent` has the value that publications to the channel have
   */
  history(
    channel: Channel,
    options: { since?: number; limit: number; persistent?: boolean },
  ): Promise<History>;
  /**
   * Resolves when all that was published in the channel until now, and that this node hears, has reached its connections: a
   * history may have a publication before the node hears it. Rejects where the engine is away.
   */
  caughtUp(channel: Channel): Promise<void>;
  /** Drops a channel's history and its position: what is published from then on is of another epoch. */
  forget(channel: Channel): Promise<void>;
}
