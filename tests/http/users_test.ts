/** Users call the API by their connection tokens: what these open, how they are refused, and what pages of other sites may. */
import assert from "node:assert/strict";
import { Caller, userOf } from "../support/chat.ts";
import { Manager } from "../support/manager.ts";
import { Program } from "../support/program.ts";
import { rawRequest } from "../support/raw_http.ts";
import { startHere } from "../support/server_here.ts";
import { TestClient } from "../support/test_client.ts";
import { APP_KEY, connectionToken, nowSeconds } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

const PAGE = "https://shop.example";
const FOREIGN = "https://evil.example";
const OTHER_KEY = "another key of the tests with 32 by";

Deno.test("a user's token opens the routes that say so, and no others", async () => {
  await using server = await startHere();
  const token = await connectionToken({ sub: "1", topics: ["*"] });
  const opened: string[] = [];
  for (const { method, path, users, scope } of server.routes) {
    const url = `${server.url}/api${path.replaceAll(/:\w+/g, "1")}`;
    const response = await fetch(url, { method, headers: { authorization: `Bearer ${token}` } });
    const text = await response.text();
    if (users) {
      assert.ok(![401, 403].includes(response.status), `${method} ${path}: ${response.status}`);
      opened.push(path);
      continue;
    }
    assert.equal(response.status, 401, `${method} ${path}`);
    assert.deepEqual(JSON.parse(text), {
      code: "unauthorized",
      message:
        `Cannot do this: a user's token does not open it, but a key with the scope '${scope}' does`,
    });
  }
  assert.ok(opened.length > 10, opened.join());
});

for (const listener of ["deno", "node"]) {
  Deno.test(`a user's token counts over HTTP while it counts for connections (${listener})`, async () => {
    await using program = await Program.start({
      env: { APP_KEY, APP_LISTENER: listener, APP_ALLOWED_ORIGINS: PAGE },
    });
    const manager = await Manager.of(program);

    // Whose token is no good is told why, by the codes that a connection gets.
    const iat = nowSeconds() - 1;
    const bad: [claims: Record<string, unknown>, status: number, code: string, key?: string][] = [
      [{ exp: iat - 60 }, 401, "expired_token"],
      [{ expire_at: iat }, 401, "expired_token"],
      [{ aud: "notifyli:subscribe", room: "lobby" }, 401, "invalid_token"],
      [{ aud: undefined }, 401, "invalid_token"],
      [{ exp: undefined }, 401, "invalid_token"],
      [{ sub: undefined }, 401, "invalid_token"],
      [{}, 401, "invalid_token", OTHER_KEY],
    ];
    for (const [claims, status, code, key] of bad) {
      const token = await connectionToken(claims, key === undefined ? {} : { key });
      const { json, ...answer } = await new Caller(program, token).call("GET", "/conversations");
      assert.deepEqual([answer.status, json["code"]], [status, code], JSON.stringify(claims));
      assert.equal(answer.headers.get("www-authenticate"), "Bearer");
    }
    assert.ok(!program.output.includes("eyJ"), "no token is in the log");

    // Revoked and blocked: the next call is refused.
    const revoked = await userOf(program, 2, { jti: "t-2", iat });
    const blocked = await userOf(program, 3, { iat });
    for (const user of [revoked, blocked]) await user.done("GET", "/conversations");
    await manager.done(program, "/revocations", { token_id: "t-2" });
    await manager.done(program, "/users/3/block", {});
    const refusals = [await revoked.call("GET", "/conversations")];
    refusals.push(await blocked.call("GET", "/conversations"));
    assert.deepEqual(refusals.map(({ status, json }) => [status, json["code"]]), [
      [401, "revoked_token"],
      [403, "blocked"],
    ]);

    // The token is the user: nothing else of the request says who calls, and no other place of it has a token.
    const user = await userOf(program, 5, { name: "Eve" });
    const other = await user.call("GET", "/conversations?user_id=6");
    assert.deepEqual([other.status, other.json["code"]], [403, "user_mismatch"]);
    await user.done("GET", "/conversations?user_id=5");
    const { bearer } = user;
    const elsewhere: [path: string, header: string, code: string][] = [
      ["/api/conversations", `Cookie: notifyli_token=${bearer}`, "unauthorized"],
      ["/api/conversations", `X-API-Key: ${bearer}`, "unauthorized"],
      [`/api/conversations?token=${bearer}`, "X-Nothing: 1", "unauthorized"],
    ];
    for (const [path, header, code] of elsewhere) {
      const origin = `Origin: http://127.0.0.1:${program.port}`;
      const { status, body } = await rawRequest(program.port, [
        ...[`GET ${path} HTTP/1.1`, `Host: 127.0.0.1:${program.port}`, origin, header],
      ]);
      assert.deepEqual([status, JSON.parse(body)["code"]], [401, code], header);
    }

    // Pages of allowed sites may ask, and read what they are answered; others get nothing by a token they got hold of.
    const path = "/conversations/1";
    const preflight = await fetch(`${program.url}/api${path}`, {
      method: "OPTIONS",
      headers: { origin: PAGE, "access-control-request-method": "PATCH" },
    });
    await preflight.body?.cancel();
    const { headers } = preflight;
    assert.equal(preflight.status, 204);
    assert.equal(headers.get("access-control-allow-origin"), PAGE);
    assert.match(headers.get("access-control-allow-methods") ?? "", /\bGET\b.*\bPATCH\b/);
    assert.match(
      headers.get("access-control-allow-headers") ?? "",
      /authorization.*idempotency-key/,
    );
    const missing = await user.call("GET", path, undefined, { origin: PAGE });
    assert.equal(missing.status, 404);
    assert.equal(missing.headers.get("access-control-allow-origin"), PAGE);
    assert.match(missing.headers.get("vary") ?? "", /Origin/);
    const foreign = await user.call("GET", path, undefined, { origin: FOREIGN });
    assert.deepEqual([foreign.status, foreign.json["code"]], [403, "forbidden"]);
    assert.equal(foreign.headers.get("access-control-allow-origin"), null);
    const closed = await fetch(`${program.url}/api/notifications`, {
      method: "OPTIONS",
      headers: { origin: PAGE, "access-control-request-method": "POST" },
    });
    await closed.body?.cancel();
    assert.equal(closed.headers.get("access-control-allow-origin"), null);

    const { auth_refused, api_unauthorized } = await manager.stats(program);
    assert.ok(auth_refused! >= bad.length + 2, String(auth_refused));
    assert.ok(api_unauthorized! >= elsewhere.length, String(api_unauthorized));
  });
}

Deno.test("a user's calls and frames have one rate, which no other user's calls touch", async () => {
  await using program = await Program.start({ env: { APP_KEY, APP_RATE_MESSAGES_USER: "1/20" } });
  const [one, two] = [await userOf(program, 1), await userOf(program, 2)];
  await using client = await TestClient.connectWithToken(program.webSocketUrl, one.bearer);
  for (let frame = 0; frame < 10; frame++) await client.settled();
  const answers = await Promise.all(
    Array.from({ length: 12 }, () => one.call("GET", "/conversations")),
  );
  const refused = answers.filter(({ status }) => status === 429);
  assert.ok(refused.length >= 2, answers.map(({ status }) => status).join());
  const [{ json, headers } = assert.fail()] = refused;
  assert.equal(json["code"], "rate_limited");
  assert.ok(Number(json["retry_after_ms"]) > 0 && Number(headers.get("retry-after")) >= 1);
  assert.equal((await two.call("GET", "/conversations")).status, 200);
  // The rate goes on when the connection is gone.
  await client.close();
  await waitFor("the user may call again", async () => {
    return (await one.call("GET", "/conversations")).status === 200;
  });
});
