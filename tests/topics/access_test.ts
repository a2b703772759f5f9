/** Who may subscribe to a topic: by token, by grant, by the rules of the file, on both engines; and nothing crosses a site. */
import assert from "node:assert/strict";
import { run, taskCommand } from "../support/command.ts";
import { TARGETS } from "../support/engine_target.ts";
import { EventStream } from "../support/event_stream.ts";
import type { Program } from "../support/program.ts";
import { RoomsFile } from "../support/rooms_file.ts";
import { TestClient } from "../support/test_client.ts";
import {
  APP_KEY,
  type Claims,
  connectionToken,
  nowSeconds,
  subscriptionToken,
} from "../support/tokens.ts";
import { eventsIn } from "../support/topics.ts";
import { waitFor } from "../support/wait.ts";

const RULES = {
  unknown: "public",
  rooms: [],
  topics: [
    { pattern: "open", private: false },
    { pattern: "guests", auth: false, history: { size: 5, seconds: 60 }, persistent: true },
    { pattern: "staff:*", members: [7], history: false },
  ],
};

/** A token, and what is said where it is refused for topic `T`, filter `{"id":5}`, of user 123 of the default site. */
const TOKENS: readonly [what: string, claims: Claims, refusal: RegExp | undefined][] = [
  ["without a user", { sub: undefined, topic: "T" }, undefined],
  ["for the user", { sub: 123, topic: "T" }, undefined],
  ["with the filter", { topic: "T", filter: { id: 5 } }, undefined],
  ["with an empty filter", { topic: "T", filter: {} }, undefined],
  [
    "with another value",
    { topic: "T", filter: { id: 6 } },
    /invalid_token: .* filter is \{"id":6\}/,
  ],
  ["with a text", { topic: "T", filter: { id: "5" } }, /invalid_token: .* filter is \{"id":"5"\}/],
  ["narrower", { topic: "T", filter: { id: 5, by: 1 } }, /must have each of these pairs/],
  ["with no good filter", { topic: "T", filter: { id: [5] } }, /its 'filter' is not allowed/],
  ["for another topic", { topic: "U" }, /invalid_token: .* another topic/],
  ["for a room", { room: "T" }, /invalid_token: .* another topic/],
  ["for another user", { sub: 124, topic: "T" }, /invalid_token: .* another user/],
  ["for another site", { site_id: "b", topic: "T" }, /invalid_token: .* another site/],
  ["for another session", { sub: undefined, sid: "x", topic: "T" }, /another session/],
  ["expired", { topic: "T", exp: nowSeconds() - 10 }, /expired_token: /],
  ["of another audience", { topic: "T", aud: "notifyli:connect" }, /invalid_token: /],
];

for (const [engine, start] of TARGETS) {
  Deno.test(`${engine}: who may subscribe, and to what`, async (test) => {
    await using file = await RoomsFile.write(RULES);
    await using target = await start({ APP_KEY, APP_ROOMS: file.path });
    const { program } = target;
    await using client = await clientWith(program, { sub: 123 });
    await using granted = await clientWith(program, { sub: 5, topics: ["Contact_*"] });

    for (const [what, claims, refusal] of TOKENS) {
      await test.step(`a token ${what} is ${refusal ? "refused" : "taken"}`, async () => {
        const token = await subscriptionToken({ sub: undefined, ...claims });
        const subscribing = client.command("subscribe", { topic: "T", filter: { id: 5 }, token });
        if (refusal !== undefined) return await assert.rejects(subscribing, refusal);
        assert.equal(typeof (await subscribing)["sub"], "number");
      });
    }

    await test.step("a subscription may be narrower than its token", async () => {
      const token = await subscriptionToken({ topic: "T", filter: { id: 5 } });
      const narrower = { topic: "T", filter: { id: 5, by: 1 }, token };
      assert.equal(typeof (await client.command("subscribe", narrower))["sub"], "number");
      const wider = client.command("subscribe", { topic: "T", token });
      await assert.rejects(wider, /^Error: invalid_token: .* must have each of these pairs/);
    });

    await test.step("a topic needs a token, a grant or a rule", async () => {
      const refused = /^Error: forbidden: Cannot use topic ".*": it needs a subscribe token/;
      await assert.rejects(client.command("subscribe", { topic: "T" }), refused);
      await assert.rejects(client.command("subscribe", { topic: "Contact_1" }), refused);
      await assert.rejects(granted.command("subscribe", { topic: "T" }), refused);
      assert.equal((await granted.command("subscribe", { topic: "Contact_1" }))["sub"], 1);
      assert.equal((await granted.command("subscribe", { topic: "open" }))["sub"], 2);
      await assert.rejects(granted.command("subscribe", { topic: "staff:1" }), refused);
      await using member = await clientWith(program, { sub: 7 });
      const kept = await member.command("subscribe", { topic: "staff:1" });
      assert.deepEqual([kept["sub"], kept["reason"], kept["epoch"]], [1, "no_history", ""]);
    });

    await test.step("a guest may subscribe where guests may come", async () => {
      await using guest = await TestClient.connectV2(program.webSocketUrl);
      await guest.command("connect", { user_id: undefined });
      assert.equal((await guest.command("subscribe", { topic: "guests" }))["sub"], 1);
      const refused = (topic: string) => guest.command("subscribe", { topic });
      await assert.rejects(refused("open"), /^Error: unauthorized: .* it needs a token/);
      await assert.rejects(refused("T"), /^Error: unauthorized: /);
      await using stream = await EventStream.open(`${program.url}/sse?topic=guests&topic=open`);
      assert.equal((await stream.get("subscribed"))[0]?.["topic"], "guests");
      assert.equal((await stream.get("error"))[0]?.["code"], "unauthorized");
    });

    await test.step("no event crosses a site", async () => {
      const key = await keyFor(program);
      await using other = await clientWith(program, { sub: 9, site_id: "b", topics: ["*"] });
      await using own = await clientWith(program, { sub: 9, topics: ["*"] });
      await other.command("subscribe", { topic: "T" });
      await own.command("subscribe", { topic: "T" });
      const publish = async (body: object) => {
        const answer = await fetch(`${program.url}/api/topics?topic=T`, {
          method: "POST",
          headers: { authorization: `Bearer ${key}` },
          body: JSON.stringify(body),
        });
        return [answer.status, await answer.json()];
      };
      const [status, refused] = await publish({ data: { id: 1 }, site: "b" });
      assert.deepEqual([status, refused.code], [403, "forbidden"]);
      const [created] = await publish({ data: { id: 2 } });
      assert.equal(created, 201);
      await own.get("event");
      await other.settled();
      assert.deepEqual(other.ofType("event"), []);
      const replay = await other.command("subscribe", { topic: "T", replay: true });
      assert.deepEqual(eventsIn(replay), []);
    });

    await test.step("who has subscribed by a token that is revoked is closed", async () => {
      const token = await subscriptionToken({ topic: "T", jti: "gone", sub: undefined });
      const key = await keyFor(program, "manage");
      await using one = await clientWith(program, { sub: 20 });
      await one.command("subscribe", { topic: "T", token });
      const answer = await fetch(`${program.url}/api/revocations`, {
        method: "POST",
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        body: JSON.stringify({ token_id: "gone", expires_at: nowSeconds() + 60 }),
      });
      assert.ok(answer.ok, await answer.text());
      assert.equal((await one.waitClosed()).code, 3503);
      await using again = await clientWith(program, { sub: 20 });
      await assert.rejects(again.command("subscribe", { topic: "T", token }), /revoked_token/);
    });

    await test.step("notifyli token signs a subscribe token", async () => {
      const sign = (...options: string[]) =>
        run([...taskCommand("token"), "-u", "123", ...options], { env: { APP_KEY } });
      const { stdout } = await sign("-t", "T", "-f", '{"id":8}');
      const asked = { topic: "T", filter: { id: 8 }, token: stdout.trim() };
      assert.equal(typeof (await client.command("subscribe", asked))["sub"], "number");
      const wrong = client.command("subscribe", { ...asked, filter: { id: 9 } });
      await assert.rejects(wrong, /invalid_token/);
      const refused = await Promise.all([
        sign("-t", "T", "-r", "lobby"),
        sign("-f", "{}"),
        sign("-t", "T", "-f", '{"id":[1]}'),
      ]);
      assert.deepEqual(refused.map(({ code }) => code), [2, 2, 2]);
    });
  });
}

function clientWith(program: Program, claims: Claims): Promise<TestClient> {
  return connectionToken(claims)
    .then((token) => TestClient.connectWithToken(program.webSocketUrl, token));
}

/** Makes an API key of the default site. */
async function keyFor({ port, dataDir }: Program, scope = "publish"): Promise<string> {
  const env = { APP_PORT: String(port), APP_DATA_DIR: dataDir, APP_KEY };
  const made = await run([...taskCommand("key"), "create", "--name", "test", "--scope", scope], {
    env,
  });
  return await waitFor("a key", () => /nk_\S+/.exec(made.stdout)?.[0]);
}
