/** Says whether a user has a connection, at whichever node. */
import type { UserId } from "../base/fields.ts";
import { userChannel } from "../core/channel.ts";
import type { Node } from "../core/node.ts";
import type { Storage } from "../engines/storage.ts";

export class Online {
  readonly #node: Pick<Node, "hub">;
  readonly #storage: Storage;

  constructor(node: Pick<Node, "hub">, storage: Storage) {
    this.#node = node;
    this.#storage = storage;
  }

  /** Whether the user has one at this node. */
  isHere(site: string, user: UserId): boolean {
    return (this.#node.hub.get(userChannel(site, user))?.connections.size ?? 0) > 0;
  }

  /**
   * Whether the user has one at any node: nodes hear the channels of their users. Where Redis does not say, there is none, so that
   * what is to be pushed does not wait for somebody who may be gone.
   */
  async isAnywhere(site: string, user: UserId): Promise<boolean> {
    if (this.isHere(site, user)) return true;
    if (this.#storage.kind === "sqlite") return false;
    const { redis, keys } = this.#storage;
    const answer = await redis.pubsub("NUMSUB", keys.channel(userChannel(site, user)))
      .catch(() => []);
    return Number(answer[1] ?? 0) > 0;
  }
}
