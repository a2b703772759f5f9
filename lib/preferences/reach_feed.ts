/** Tells all nodes that the devices of a user have changed, so that none goes on with what it knew of them. */
import type { UserId } from "../base/fields.ts";
import type { Node } from "../core/node.ts";
import type { ChangeFeed } from "./feed.ts";

export class ReachFeed {
  readonly #feed: ChangeFeed;
  readonly #node: Pick<Node, "noteIncomplete">;

  constructor(feed: ChangeFeed, node: Pick<Node, "noteIncomplete">) {
    this.#feed = feed;
    this.#node = node;
  }

  /** The change is kept. A node that cannot be told now is told later. */
  async changed(site: string, user: UserId): Promise<void> {
    try {
      await this.#feed.tell({ site, user, isReach: true });
    } catch (error) {
      this.#node.noteIncomplete("telling nodes of changed devices", error);
    }
  }
}
