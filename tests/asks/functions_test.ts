/** Functions of the same process that are asked, as programs have them that run the server as a library. */
import assert from "node:assert/strict";
import type { Asker } from "../../lib/asks/asker.ts";
import { readConfig } from "../../lib/configuration.ts";
import { Server } from "../../lib/server.ts";
import { TestClient } from "../support/test_client.ts";

function startWith(asker: Asker): Promise<Server> {
  const { config } = readConfig({
    APP_PORT: "0",
    APP_DATA_DIR: ":memory:",
    APP_REQUEST_SECONDS: "off",
    HOOK_ASK_SECONDS: "1",
  });
  return Server.start(config, { asker });
}

function webSocketOf({ url }: Server): string {
  return `${url.replace("http", "ws")}/ws`;
}

Deno.test("functions say who clients are, where they may go and what they may say; true believes the credentials", async () => {
  await using server = await startWith({
    authenticate: ({ credentials }) => credentials?.["password"] === "right",
    enter: ({ user_id, room }) => room === "lobby" || user_id === "alice",
    say: ({ message = "" }) => message === "damn" ? { message: "****" } : message !== "secret",
  });
  const config = await (await fetch(`${server.url}/config.json`)).json();
  assert.equal(config.open, false);
  await using alice = await TestClient.connectV2(webSocketOf(server));
  const credentials = { username: "alice", password: "right" };
  assert.deepEqual(await alice.command("auth", { credentials }), { user_id: "alice" });
  await alice.command("connect");
  await alice.command("subscribe", { room: "board" });
  await alice.command("publish", { room: "board", message: "damn" });
  await assert.rejects(alice.command("publish", { room: "board", message: "secret" }), /forbidden/);
  assert.partialDeepStrictEqual(await alice.get("usermsg"), [{ message: "****" }]);
  await using bob = await TestClient.connectV2(webSocketOf(server));
  await bob.command("auth", { credentials: { user_id: 5, password: "right" } });
  await bob.command("connect");
  await assert.rejects(
    bob.command("subscribe", { room: "board" }),
    /forbidden: .*application says no/,
  );
  await using wrong = await TestClient.connectV2(webSocketOf(server));
  await assert.rejects(
    wrong.command("auth", { credentials: { username: "alice", password: "no" } }),
    /forbidden: The application does not know these credentials/,
  );
  assert.equal((await wrong.waitClosed()).code, 3500);
});

Deno.test("a function that throws, hangs or names nobody lets nobody in", async () => {
  const answers: (() => unknown)[] = [
    () => {
      throw new Error("no database");
    },
    () => Promise.reject(new Error("no database")),
    () => new Promise(() => {}),
    () => true, // and the credentials name nobody
    () => undefined,
  ];
  let answer = answers[0]!;
  await using server = await startWith({ authenticate: () => answer() as Promise<boolean> });
  for (answer of answers) {
    await using client = await TestClient.connectV2(webSocketOf(server));
    await assert.rejects(client.command("auth", { credentials: {} }), /unavailable/);
  }
});
