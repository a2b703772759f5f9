/** Devices that watch their users' preferences are told when the application changes a kind, on all nodes, and no others are. */
import assert from "node:assert/strict";
import { connect } from "../../lib/sdk/mod.ts";
import { Manager } from "../support/manager.ts";
import { PLACES } from "../support/nodes.ts";
import { PostgresServer } from "../support/postgres.ts";
import type { Program } from "../support/program.ts";
import { TestClient } from "../support/test_client.ts";
import { connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

type Json = Record<string, unknown>;

for (const [place, start] of PLACES) {
  Deno.test(`devices hear of changed kinds (${place})`, async (test) => {
    await using postgres = place.startsWith("redis") ? await PostgresServer.start() : undefined;
    await using nodes = await start(postgres?.env);
    const { first, last, manager } = nodes;
    const clientAs = async (program: Program, user: string, site?: string) =>
      await TestClient.connectWithToken(
        program.webSocketUrl,
        await connectionToken({ sub: user, ...(site && { site_id: site }) }),
      );
    await using alice = await clientAs(first, "1");
    await using phone = await clientAs(last, "1");
    await using bob = await clientAs(last, "2");
    await using idle = await clientAs(first, "3");
    await using other = await clientAs(first, "1", "other");
    await alice.command("set_preferences", { kinds: { news: { mail: true } } });
    for (const each of [alice, phone, bob, other]) await each.command("preferences");
    const kindsOf = (client: TestClient) => {
      const { effective } = client.ofType("preferences_changed").at(-1) ?? {};
      return (effective as { kinds: Json } | undefined)?.kinds ?? {};
    };

    await test.step("of one that is set, and of one that is gone", async () => {
      const news = { in_app: false, push: false, mail: false };
      await manager.call(last, "PUT", "/kinds/news", news);
      for (const [client, mail] of [[alice, true], [phone, true], [bob, false]] as const) {
        await waitFor("it is told", () => "news" in kindsOf(client));
        assert.deepEqual(kindsOf(client)["news"], { in_app: false, push: false, mail });
      }
      await manager.call(first, "DELETE", "/kinds/news");
      await waitFor("it is told", () => !("news" in kindsOf(bob)));
      await waitFor("it is told", () => {
        const { in_app } = kindsOf(phone)["news"] as Json;
        return in_app === true;
      });
    });

    await test.step("of many at once they hear a few times, and nobody else hears anything", async () => {
      const before = bob.ofType("preferences_changed").length;
      await Promise.all(
        Array.from(
          { length: 30 },
          (_, index) =>
            manager.call(index % 2 ? first : last, "PUT", `/kinds/kind${index}`, { push: false }),
        ),
      );
      await waitFor("all are told", () => Object.keys(kindsOf(bob)).length === 31);
      const told = bob.ofType("preferences_changed").length - before;
      assert.ok(told < 20, `${told} times`);
      for (const each of [idle, other]) {
        await each.settled();
        assert.equal(each.ofType("preferences_changed").length, 0);
      }
      const others = await Manager.of(first, "other");
      await others.call(first, "PUT", "/kinds/theirs", { push: false });
      await waitFor("it is told", () => "theirs" in kindsOf(other));
      assert.ok(!("theirs" in kindsOf(alice)));
    });

    await test.step("the library's value is right by itself", async () => {
      const token = await connectionToken({ sub: "5" });
      const client = connect({ url: last.webSocketUrl, userId: "5", token: () => token });
      using _client = { [Symbol.dispose]: () => client.close() };
      client.preferences.activate();
      await waitFor("it is read", () => client.preferences.value);
      await manager.call(first, "PUT", "/kinds/late", { push: false });
      await waitFor(
        "it has the kind",
        () => "late" in (client.preferences.value?.effective.kinds ?? {}),
      );
    });
  });
}
