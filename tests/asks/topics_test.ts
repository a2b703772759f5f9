/** May they subscribe to this topic with this filter? An application says it, on both engines and listeners. */
import assert from "node:assert/strict";
import { Application, type Asked } from "../support/application.ts";
import { TARGETS } from "../support/engine_target.ts";
import { TestClient } from "../support/test_client.ts";
import { APP_KEY, connectionToken, subscriptionToken } from "../support/tokens.ts";

/** Lets nobody see more than the contact 5, and says who is who. */
function answerTo({ type, credentials, filter }: Asked): unknown {
  if (type === "connect") return { user_id: Object(credentials).user, topics: ["granted:*"] };
  return Object(filter).id === 5 ? { allow: true } : { allow: false, reason: "Contact 5 alone" };
}

for (const [engine, start] of TARGETS) {
  Deno.test(`${engine}: an application says who may subscribe to a topic, and by which filter`, async () => {
    await using application = new Application(answerTo);
    await using target = await start({ ...application.env("enter"), APP_KEY });
    const { webSocketUrl } = target.program;
    const token = await connectionToken({ sub: "1" });
    await using client = await TestClient.connectWithToken(webSocketUrl, token);
    const subscribed = await client.command("subscribe", { topic: "Contacts", filter: { id: 5 } });
    assert.equal(subscribed["sub"], 1, "a yes is as good as a subscribe token");
    await assert.rejects(
      client.command("subscribe", { topic: "Contacts", filter: { id: 6 } }),
      /forbidden: Contact 5 alone$/,
    );
    const subscribe = await subscriptionToken({ sub: "1", topic: "Contacts", filter: {} });
    await assert.rejects(
      client.command("subscribe", { topic: "Contacts", token: subscribe }),
      /forbidden: Contact 5 alone$/,
      "a token does not open what the application does not",
    );
    assert.deepEqual(
      application.asked.map(({ user_id, topic, filter }) => [user_id, topic, filter]),
      [
        [1, "Contacts", { id: 5 }],
        [1, "Contacts", { id: 6 }],
        [1, "Contacts", {}],
      ],
    );
  });

  Deno.test(`${engine}: without a key and without that question, a topic needs a grant of the application`, async () => {
    await using application = new Application(answerTo);
    await using target = await start(application.env("connect"));
    await using client = await TestClient.connectV2(target.program.webSocketUrl);
    await client.command("auth", { credentials: { user: 1 } });
    await client.command("connect");
    await client.command("subscribe", { topic: "granted:1" });
    await assert.rejects(client.command("subscribe", { topic: "Contacts" }), /forbidden/);
    await assert.rejects(
      client.command("subscribe", { topic: "Contacts", token: "eyJ" }),
      /invalid_token: .*no key/,
    );
    assert.equal(application.asked.length, 1);
  });
}
