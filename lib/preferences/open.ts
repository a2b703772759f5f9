/** Opens the feed of changes on whichever storage there is. */
import type { Storage } from "../engines/storage.ts";
import type { Change, ChangeFeed, FeedListener } from "./feed.ts";

/** The feed of the one node that there is. */
class OwnFeed implements ChangeFeed {
  readonly #listener: FeedListener;

  constructor(listener: FeedListener) {
    this.#listener = listener;
    listener.hearing();
  }

  tell(change: Change): Promise<void> {
    this.#listener.changed(change);
    return Promise.resolve();
  }

  flush(): Promise<void> {
    return Promise.resolve();
  }
}

export async function openFeed(storage: Storage, listener: FeedListener): Promise<ChangeFeed> {
  if (storage.kind === "sqlite") return new OwnFeed(listener);
  const { RedisFeed } = await import("./redis_feed.ts");
  return new RedisFeed(storage, listener);
}
