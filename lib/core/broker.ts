/** The broker: it carries publications to every node, and keeps a channel's history. */
import type { Channel } from "./channel.ts";
import type { History, HistoryOptions, Position, Publication, Published } from "./publication.ts";

/** Takes what reaches this node, in the order of each channel. */
export type FanOut = (channel: Channel, publication: Publication, position?: Position) => void;

export interface Broker {
  /** From its resolution on, this node hears what is published in the channel. */
  subscribe(channel: Channel): Promise<void>;
  unsubscribe(channel: Channel): Promise<void>;
  /**
   * Appends to the history, then fans out to every node, this one too, in one order for all. With a history the
   * frame is given its `offset`. No promise where it is done by then: it is on every message's way.
   */
  publish(
    channel: Channel,
    publication: Publication,
    history?: HistoryOptions,
  ): Promise<Published | undefined> | Published | undefined;
  /** To the one node that hears a session's channel, this or another; in order. Says whether there is one. */
  forward(channel: Channel, publication: Publication): Promise<boolean>;
  /**
   * What is kept after `since`, or all of it; `limit` counts from the oldest.
   *
   * @param options `persistent` as it is published there
   */
  history(
    channel: Channel,
    options: { since?: number; limit: number; persistent?: boolean },
  ): Promise<History>;
}
