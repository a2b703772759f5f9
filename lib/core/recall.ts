/** Finds in the histories what one user has published, and takes it back. Looking through all of them takes long. */
import type { UserId } from "../base/fields.ts";
import type { Channel } from "./channel.ts";
import type { Content, KeptPublication } from "./publication.ts";

/** A publication of the user's. */
export interface Said extends KeptPublication {
  readonly channel: Channel;
}

/** What was found in some of the histories. */
export interface Found {
  readonly said: readonly Said[];
  /** The cursor that leads on; absent once all histories were looked through. */
  readonly next?: string;
}

export interface Recall {
  /**
   * The publications of a user in channels of one kind, in some of the histories.
   *
   * @param cursor the `next` of the call before; absent: from the start
   */
  saidBy(site: string, user: UserId, kind: string, cursor?: string): Promise<Found>;
  /**
   * Leaves nothing of some publications of one channel but their places: a history with a hole would tell those who come back
   * that it has lost something.
   */
  unsay(channel: Channel, offsets: readonly number[]): Promise<void>;
}

/** What is left of a publication that was taken back. */
export const UNSAID: Content = { event: "erased" };
