/** The recipes of balancers as they stand, in front of three real nodes on one Redis. */
import assert from "node:assert/strict";
import { Beside } from "../support/beside.ts";
import { Manager } from "../support/manager.ts";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { APP_KEY } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";
import { Balancer, type BalancerName } from "./balancer.ts";
import { StayingClient } from "./staying_client.ts";

const CLIENTS = 9;

/** While a balancer still leads to a node that is not ready, about each third answer is that node's. */
const READY_IN_A_ROW = 20;

/** Whether the balancer asks nodes how they are; one that does not takes another node where one refuses. */
const KINDS: readonly { name: BalancerName; asks: boolean }[] = [
  { name: "haproxy", asks: true },
  { name: "nginx", asks: false },
  { name: "caddy", asks: true },
];

for (const { name, asks } of KINDS) {
  Deno.test(`${name}: three nodes as in its recipe`, async (t) => {
    await using redis = await RedisServer.start();
    await using parts = new AsyncDisposableStack();
    const nodes = await Promise.all([1, 2, 3].map(() =>
      Program.start({
        env: {
          ...redis.env,
          ...{ APP_KEY, APP_LISTENER: "node", APP_DRAIN_SECONDS: "24" },
          APP_TRUSTED_PROXIES: "127.0.0.1",
        },
      })
    ));
    for (const node of nodes) parts.use(node);
    const manager = await Manager.of(nodes[0]!);
    await using balancer = await Balancer.start(name, nodes.map(({ port }) => port));
    const clientsOf = async (node: Program) => (await manager.stats(node))["clients"] ?? NaN;
    const clients: StayingClient[] = [];
    const connect = async (user: number) => {
      clients.push(parts.use(await StayingClient.connect(balancer, user)));
    };

    await t.step("the page is there", async () => {
      const { status, body } = await balancer.get("/");
      assert.equal(status, 200);
      assert.match(body, /<html/);
    });

    await t.step("each node gets the same number of connections", async () => {
      for (let user = 1; user <= CLIENTS; user++) await connect(user);
      assert.deepEqual(await Promise.all(nodes.map(clientsOf)), [3, 3, 3]);
    });

    await t.step("what a client says of its address is replaced", async () => {
      const { json } = await manager.call(nodes[0]!, "GET", "/users/1");
      const [connection] = json["connections"] as Record<string, unknown>[];
      assert.equal(connection?.["address"], "127.0.0.1");
    });

    await t.step(
      "a node that is stopped gives its clients to the others, and nobody is refused",
      async () => {
        const [leaving, ...staying] = nodes as [Program, ...Program[]];
        const statuses: number[] = [];
        await using asking = Beside.again(async () => {
          statuses.push((await balancer.get("/config.json")).status);
        });
        leaving.kill("SIGTERM");
        if (asks) {
          await waitFor("the node says that it goes", async () => {
            const response = await fetch(`${leaving.url}/readyz`);
            await response.body?.cancel();
            return response.status === 503;
          });
          let inARow = 0;
          await waitFor("the balancer leads nothing there", async () => {
            inARow = (await balancer.get("/readyz")).status === 200 ? inARow + 1 : 0;
            return inARow === READY_IN_A_ROW;
          });
          const before = await clientsOf(leaving);
          for (let user = 200; user < 203; user++) await connect(user);
          assert.ok(await clientsOf(leaving) <= before, "it was given clients while it drained");
        }
        assert.equal((await leaving.ended()).code, 0);
        await waitFor("its clients are back", async () => {
          const counts = await Promise.all(staying.map(clientsOf));
          return counts[0]! + counts[1]! === CLIENTS + (asks ? 3 : 0);
        });
        await asking.end();
        const codes = clients.flatMap((client) => client.codes);
        assert.ok(codes.length >= 3);
        assert.deepEqual(new Set(codes), new Set([3001]));
        assert.deepEqual(new Set(statuses), new Set([200]));
      },
    );
  });
}

Deno.test("haproxy: http leads to https", async () => {
  await using node = await Program.start();
  const port = node.port;
  await using balancer = await Balancer.start("haproxy", [port, port, port]);
  const response = await fetch(`http://localhost:${balancer.httpPort}/room?x=1`, {
    redirect: "manual",
  });
  await response.body?.cancel();
  assert.equal(response.status, 301);
  assert.match(response.headers.get("location") ?? "", /^https:.*\/room\?x=1$/);
});
