/** What happens while somebody only begins to watch others, on a node where nobody has watched anybody before. */
import assert from "node:assert/strict";
import { RedisBroker } from "../../lib/engines/redis/broker.ts";
import { clientOf, PresenceWorld } from "../support/presence_world.ts";
import type { Frame } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

Deno.test("who begins to watch sees what changes before the node hears of changes", async () => {
  await using world = await PresenceWorld.start(["node", "node"]);
  world.acquaint("ann", "bob");
  await using bob = await clientOf(world.last, "bob");
  await using ann = await clientOf(world.first, "ann");
  const status = async () => (await world.asked("ann", "bob")).json["status"];
  assert.equal(await status(), "online");

  using news = holdNews();
  const watching = ann.command("presence", { user_ids: ["bob"] });
  await waitFor("the node begins to hear of changes", () => news.isWaiting);
  await bob.command("away", {});
  await waitFor("bob is away", async () => await status() === "away");
  news.goOn();
  const { users } = await watching;
  assert.deepEqual((users as Frame[]).map(({ status }) => status), ["away"]);
});

/** No node hears of changes until they go on. */
function holdNews(): Disposable & { readonly isWaiting: boolean; goOn(): void } {
  const { subscribe } = RedisBroker.prototype;
  const held = Promise.withResolvers<void>();
  let isWaiting = false;
  RedisBroker.prototype.subscribe = async function (channel) {
    if (channel.kind === "presence") {
      isWaiting = true;
      await held.promise;
    }
    await subscribe.call(this, channel);
  };
  return {
    get isWaiting() {
      return isWaiting;
    },
    goOn: held.resolve,
    [Symbol.dispose]: () => void (RedisBroker.prototype.subscribe = subscribe),
  };
}
