/** Who is this? An application says it for credentials, cookies and headers, on both engines and listeners. */
import assert from "node:assert/strict";
import { Application, type Asked } from "../support/application.ts";
import { TARGETS } from "../support/engine_target.ts";
import { Program } from "../support/program.ts";
import { APP_KEY, connectionToken } from "../support/tokens.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

/** Knows one session of each user, `of-1` of user 1. */
function knows({ credentials, cookies, headers }: Asked): unknown {
  const session = Object(credentials)["session"] ?? Object(cookies)["shop"] ??
    Object(headers)["x-session"];
  const [, user] = /^of-(\w+)$/.exec(String(session)) ?? [];
  if (user === undefined) return { allow: false, reason: "That session is over" };
  return { user_id: user, name: `User ${user}`, rooms: ["staff:*"] };
}

for (const [engine, start] of TARGETS) {
  Deno.test(`${engine}: an application says who a client is, in v2, v1 and sessions over HTTP`, async () => {
    await using application = new Application(knows);
    const env = { ...application.env("connect"), APP_PRIVATE_ROOMS: "staff:*, board" };
    await using target = await start(env);
    const { webSocketUrl, url } = target.program;
    await using v2 = await TestClient.connectV2(webSocketUrl);
    await assert.rejects(
      v2.command("connect", { user_id: 2 }),
      /unauthorized: .* with credentials$/,
    );
    const answer = await v2.command("auth", { credentials: { session: "of-1", page: 7 } });
    assert.deepEqual(answer, { user_id: 1 });
    assert.partialDeepStrictEqual(application.asked, [
      { type: "connect", credentials: { session: "of-1", page: 7 }, address: "127.0.0.1" },
    ]);
    assert.partialDeepStrictEqual(await v2.command("connect"), { user_id: 1, site_id: "default" });
    await v2.command("subscribe", { room: "staff:1" });
    await assert.rejects(v2.command("subscribe", { room: "board" }), /forbidden/);
    await assert.rejects(v2.command("connect", { user_id: 2 }), /user_mismatch/);

    await using v1 = await TestClient.connect(webSocketUrl);
    v1.send({ type: "auth", credentials: { session: "of-2" } });
    await v1.get("auth");
    v1.send({ type: "usermsg", room: "staff:1", message: "Hello" });
    const [said] = await v2.get("usermsg");
    assert.partialDeepStrictEqual(said, { user_id: 2, name: "User 2", message: "Hello" });

    assert.equal(await statusOf(`${url}/sse?user_id=1&room=lobby`), 401);
    assert.partialDeepStrictEqual(await (await fetch(`${url}/config.json`)).json(), {
      open: false,
    });
    assert.equal(await statusOf(`${url}/api/rooms/lobby/connections`), 401);
  });

  Deno.test(`${engine}: who is refused is told why, and closed; so is who sends no credentials`, async () => {
    await using application = new Application(knows);
    await using target = await start(application.env("connect"));
    await using client = await TestClient.connectV2(target.program.webSocketUrl);
    await assert.rejects(
      client.command("auth", { credentials: { session: "wrong" } }),
      /forbidden: That session is over/,
    );
    assert.equal((await client.waitClosed()).code, 3500);
    for (const credentials of ["text", [1], 5, { long: "x".repeat(9000) }]) {
      await using other = await TestClient.connectV2(target.program.webSocketUrl);
      await assert.rejects(other.command("auth", { credentials }), /invalid_field|too_long/);
    }
    assert.equal(application.asked.length, 1);
  });
}

Deno.test("a token is checked as ever where there is a key, and nobody is asked of it", async () => {
  await using application = new Application(knows);
  const env = { ...application.env("connect"), APP_KEY };
  await using program = await Program.start({ env });
  await using byToken = await TestClient.connectWithToken(
    program.webSocketUrl,
    await connectionToken({ sub: "7" }),
  );
  await byToken.settled();
  await using client = await TestClient.connectV2(program.webSocketUrl);
  await assert.rejects(client.command("auth", { token: "wrong" }), /invalid_token/);
  assert.deepEqual(application.asked, []);
  await using other = await TestClient.connectV2(program.webSocketUrl);
  assert.deepEqual(await other.command("auth", { credentials: { session: "of-3" } }), {
    user_id: 3,
  });
});

Deno.test("an application that does not answer, or answers nonsense, lets nobody in, open failures or not", async () => {
  await using application = new Application(knows);
  const env = {
    ...application.env("connect"),
    HOOK_ASK_FAILURE: "open",
    HOOK_ASK_SECONDS: "3", // also a busy machine answers within it
  };
  await using program = await Program.start({ env });
  const nonsense: [answer: () => unknown, reason: RegExp][] = [
    [() => new Response("no", { status: 500 }), /status 500/],
    [() => new Response("no", { status: 403 }), /status 403: also a no is said by status 200/],
    [() => Response.redirect("http://127.0.0.1:1/"), /status 302, and redirects are not followed/],
    [() => new Response("Hello"), /the answer is not JSON/],
    [() => [1], /no JSON object/],
    [() => ({}), /Missing field 'user_id'/],
    [() => ({ allow: true }), /Missing field 'user_id'/],
    // Seconds later, the log has room for ten more lines.
    [() => new Promise((resolve) => setTimeout(resolve, 4500, {})), /none within 3 s/],
    [() => ({ allow: "yes", user_id: 1 }), /'allow': current value is "yes"/],
    [() => ({ user_id: {} }), /'user_id': current value is \{\}/],
    [() => ({ user_id: 1, rooms: "all" }), /'rooms': current value is "all"/],
    [() => ({ user_id: 1, site: "a b" }), /'site': current value is "a b"/],
    [() => ({ user_id: 1, expires_at: "soon" }), /'expires_at': current value is "soon"/],
    [() => ({ user_id: 1, cache_seconds: -1 }), /'cache_seconds': current value is -1/],
    [() => ({ user_id: 1, more: "x".repeat(70_000) }), /longer than 65536 bytes/],
  ];
  for (const [index, [answer, reason]] of nonsense.entries()) {
    application.answer = answer;
    await using client = await TestClient.connectV2(program.webSocketUrl);
    const asking = client.command("auth", { credentials: { session: "of-1", index } });
    await assert.rejects(asking, /unavailable: The application that is asked cannot answer/);
    await waitFor(
      `a line of ${reason}`,
      () => program.log.some(({ message }) => reason.test(message)),
    );
    assert.equal(client.closed, undefined, "it may try again");
  }
  application.answer = knows;
  await using client = await TestClient.connectV2(program.webSocketUrl);
  await client.command("auth", { credentials: { session: "of-1" } });
  assert.doesNotMatch(program.output, /of-path|whsec|of-1/);
});

async function statusOf(url: string): Promise<number> {
  const response = await fetch(url);
  await response.body?.cancel();
  return response.status;
}
