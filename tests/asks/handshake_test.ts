/** An application that is asked about headers and cookies of the handshake, on both engines and listeners. */
import assert from "node:assert/strict";
import { Application, type Asked } from "../support/application.ts";
import { TARGETS } from "../support/engine_target.ts";
import { EventStream } from "../support/event_stream.ts";
import { nowSeconds } from "../support/tokens.ts";
import { TestClient } from "../support/test_client.ts";

/** Knows sessions such as `of-1`. */
function knows({ cookies, headers }: Asked): unknown {
  const session = Object(cookies)["shop"] ?? Object(headers)["x-session"];
  const [, user] = /^of-(\d+)$/.exec(String(session)) ?? [];
  return user === undefined ? { allow: false, reason: "Sign in" } : { user_id: Number(user) };
}

for (const [engine, start] of TARGETS) {
  Deno.test(`${engine}: cookies count for the server's own pages alone, and headers for programs, too`, async () => {
    await using application = new Application(knows);
    await using target = await start({
      ...application.env("connect"),
      HOOK_ASK_COOKIES: "shop, other",
      HOOK_ASK_HEADERS: "X-Session",
      APP_ALLOWED_ORIGINS: "https://friend.example",
    });
    const { webSocketUrl, url } = target.program;
    const connect = async (headers: Record<string, string>) => {
      const client = await TestClient.connectAs(webSocketUrl, {
        protocols: ["notifyli.v2"],
        headers,
      });
      const connected = await client.command("connect").catch(String);
      await client.close();
      return typeof connected === "string" ? connected : connected["user_id"];
    };
    const cookie = "a=b; shop=of-1; shop=of-2; secret=none-of-its-business";
    assert.equal(await connect({ cookie, origin: url }), 1);
    assert.deepEqual(application.asked[0], {
      type: "connect",
      cookies: { shop: "of-1" },
      address: "127.0.0.1",
    });
    assert.equal(await connect({ "x-session": "of-3" }), 3);
    const others: Record<string, string>[] = [
      { cookie },
      { cookie, origin: "https://friend.example" },
      { "x-session": "of-3", origin: "https://friend.example" },
    ];
    for (const headers of others) assert.match(String(await connect(headers)), /unauthorized/);
    assert.equal(application.asked.length, 2);

    await using stream = await EventStream.open(`${url}/sse?room=lobby`, "", {
      "x-session": "of-4",
    });
    assert.equal((await stream.get("connected"))[0]?.["user_id"], 4);
    await using session = await EventStream.open(`${url}/sse`, "", { "x-session": "of-5" });
    const { session: id } = await session.named("open");
    const body = JSON.stringify({ type: "connect", ref: 1 });
    const headers = { "x-session": String(id), "content-type": "application/json" };
    await (await fetch(`${url}/sse`, { method: "POST", headers, body })).body?.cancel();
    assert.partialDeepStrictEqual(await session.get("reply"), [{ data: { user_id: 5 } }]);

    const refused = await fetch(`${url}/sse?room=lobby`, {
      headers: { "x-session": "of-nobody" },
    });
    assert.partialDeepStrictEqual(await refused.json(), { code: "forbidden", message: "Sign in" });
    assert.equal(refused.status, 403);
  });

  Deno.test(`${engine}: a session ends when the application has said so`, async () => {
    let ends = 0;
    await using application = new Application(() => {
      ends ||= nowSeconds() + 3;
      return { user_id: 1, expires_at: ends };
    });
    await using target = await start(application.env("connect"));
    await using client = await TestClient.connectV2(target.program.webSocketUrl);
    const shown = await client.command("auth", { credentials: {} });
    assert.deepEqual(shown, { user_id: 1, expires_at: ends });
    await client.command("connect");
    assert.partialDeepStrictEqual(await client.get("session"), [{ expires_at: ends }]);
    assert.equal((await client.waitClosed()).code, 3014);
    await using late = await TestClient.connectV2(target.program.webSocketUrl);
    await assert.rejects(late.command("auth", { credentials: {} }), /expired_token/);
  });
}
