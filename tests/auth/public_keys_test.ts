/** The running program with public keys instead of a secret, with two secrets, and with tokens of sites over Redis. */
import assert from "node:assert/strict";
import { exportSPKI, generateKeyPair } from "jose";
import { KeyServer } from "../support/key_server.ts";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { TestClient } from "../support/test_client.ts";
import { APP_KEY, type Claims, connectionToken, type Signing } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

for (const listener of ["deno", "node"]) {
  for (const algorithm of ["RS256", "ES256", "EdDSA"] as const) {
    Deno.test(`a server with a public key for ${algorithm} takes no other token (${listener})`, async () => {
      const { publicKey, privateKey } = await generateKeyPair(algorithm);
      const pem = await exportSPKI(publicKey);
      const path = await Deno.makeTempFile({ suffix: ".pem" });
      await Deno.writeTextFile(path, pem);
      try {
        await using program = await Program.start({
          env: {
            APP_LISTENER: listener,
            APP_TOKEN_ALGORITHM: algorithm,
            APP_TOKEN_PUBLIC_KEY: path,
          },
        });
        const header = { alg: algorithm };
        assert.equal(
          await entry(program, await connectionToken({}, { key: privateKey, header })),
          101,
        );
        for (const key of [pem, pem.trim(), APP_KEY]) {
          assert.equal(await entry(program, await connectionToken({}, { key })), 401);
        }
      } finally {
        await Deno.remove(path);
      }
    });
  }

  Deno.test(`a server with two secrets takes tokens of both (${listener})`, async () => {
    const old = "o".repeat(32);
    const env = { APP_LISTENER: listener, APP_KEY: `${APP_KEY},${old}` };
    await using program = await Program.start({ env });
    for (const [key, status] of [[APP_KEY, 101], [old, 101], ["x".repeat(32), 401]] as const) {
      assert.equal(await entry(program, await connectionToken({}, { key })), status);
    }
  });
}

Deno.test("a server takes the keys of an identity provider, and follows it to a new one", async () => {
  await using keys = new KeyServer();
  const first = await keys.add("first");
  await using program = await Program.start({ env: keys.env });
  const enter = async (signing: Signing) => entry(program, await connectionToken({}, signing));
  keys.status = 500;
  assert.equal(await enter(first), 503, "nothing is said of the token");
  keys.status = 200;
  await waitFor("the keys are there", async () => await enter(first) === 101);
  const second = await keys.add("second");
  const before = keys.fetches;
  await waitFor("the new key is known", async () => await enter(second) === 101);
  assert.equal(keys.fetches, before + 1, "it is not asked each time");
  await program.line(({ message }) => /keys of tokens cannot be had.+answer is 500/.test(message));
});

Deno.test("sites are apart on Redis, too, over two nodes", async () => {
  await using redis = await RedisServer.start();
  const env = { ...redis.env, APP_KEY };
  await using here = await Program.start({ env });
  await using there = await Program.start({ env });
  await using alice = await connect(here, { sub: "alice", site_id: "one" });
  await using twin = await connect(there, { sub: "alice", site_id: "one" });
  await using other = await connect(there, { sub: "alice", site_id: "two" });
  await using main = await connect(there, { sub: "alice" });
  const all = [alice, twin, other, main];
  for (const client of all) await client.command("subscribe", { room: "lobby" });
  await alice.command("publish", { room: "lobby", message: "ours" });
  await twin.get("usermsg");
  await other.command("publish", { room: "lobby", message: "theirs" });
  await other.get("usermsg");
  await alice.settled();
  const heard = all.map((client) => client.ofType("usermsg").map(({ message }) => message));
  assert.deepEqual(heard, [["ours"], ["ours"], ["theirs"], []]);
  for (const client of all) {
    const { users } = await client.command("presence", { room: "lobby" });
    assert.equal((users as unknown[]).length, 1);
  }
  // What other systems read by the base protocol's own name is the default site's.
  assert.equal(await redis.call("HLEN", "notifyli:connections:lobby"), "1");
});

/** The status of a handshake with the token. */
async function entry(program: Program, token: string): Promise<number> {
  const response = await fetch(`${program.url}/sse`, {
    headers: { authorization: `Bearer ${token}` },
  });
  await response.body?.cancel();
  if (response.status !== 200) return response.status;
  await using _ = await TestClient.connectWithToken(program.webSocketUrl, token);
  return 101;
}

async function connect({ webSocketUrl }: Program, claims: Claims): Promise<TestClient> {
  return await TestClient.connectWithToken(webSocketUrl, await connectionToken(claims));
}

Deno.test("keys of which only the start comes are logged as such, and taken once they come whole", async () => {
  await using keys = new KeyServer();
  const token = await connectionToken({}, await keys.add("one"));
  keys.isStuck = true;
  await using program = await Program.start({ env: keys.env });
  assert.equal(await entry(program, token), 503);
  await program.line(({ message }) => /the keys of tokens cannot be had.+/.test(message));
  keys.isStuck = false;
  await waitFor("it is let in", async () => await entry(program, token) === 101);
});
