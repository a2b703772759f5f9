/** Tells all nodes whose preferences or devices have changed, and which sites' kinds, so that none goes on with what it has read before. */
import type { UserId } from "../base/fields.ts";

/** What has changed: a user's preferences, or a site's kinds where no user is named. */
export interface Change {
  readonly site: string;
  readonly user?: UserId;
  /** Whether it is by which ways the user can be reached (`reach.ts`), and not what the user has chosen. */
  readonly isReach?: true;
}

/** Hears on a node what has changed anywhere. */
export interface FeedListener {
  changed(change: Change): void;
  /** From now on the node may miss changes. */
  deaf(): void;
  /** From now on it hears all changes. */
  hearing(): void;
}

export interface ChangeFeed {
  /** Tells all nodes; this one has heard it when the call returns. Rejects where it was not sent: it is sent with `flush` then. */
  tell(change: Change): Promise<void>;
  /** Sends what could not be sent before. Rejects where it cannot be sent now, either. */
  flush(): Promise<void>;
}
