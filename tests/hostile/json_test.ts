/** JSON that is meant to break its reader: each is answered as what it is, and nothing of the server's breaks. */
import assert from "node:assert/strict";
import { Program } from "../support/program.ts";
import { TestClient } from "../support/test_client.ts";
import { DEEP, nested } from "./nasty.ts";

/** Fields whose values are looked into, or shown in an error. */
const WALKED = ["type", "user_id", "room", "message", "id", "ref", "inbox", "__proto__"];

const ENV = { APP_LIMIT_FRAME: "1000000" };

for (const listener of ["deno", "node"]) {
  const start = () => Program.start({ env: { APP_LISTENER: listener, ...ENV } });

  Deno.test(`${listener} listener: ${DEEP} levels of nesting are a wrong value like another`, async () => {
    await using program = await start();
    await using v1 = await TestClient.connect(program.webSocketUrl);
    await using v2 = await TestClient.connectV2(program.webSocketUrl);
    const deep = nested(DEEP);
    for (const field of WALKED) {
      for (const client of [v1, v2]) {
        client.sendRaw(
          `{"type":"usermsg","room":"a","message":"b","user_id":1,"${field}":${deep}}`,
        );
      }
      v2.sendRaw(`{"type":"connect","ref":1,"user_id":1,"${field}":${deep}}`);
    }
    v1.sendRaw(deep);
    v2.sendRaw(deep);
    v1.sendRaw('{"a":'.repeat(DEEP) + "1" + "}".repeat(DEEP));
    await v1.settled();
    await v2.command("ping").catch(() => {}); // whether or not it is connected by now
    for (
      const body of [deep, `{"user_id":${deep},"message":"x"}`, `{"user_id":1,"message":${deep}}`]
    ) {
      const { status, text } = await post(program, body);
      assert.equal(status, 400, text);
    }
    assertUnharmed(program, [v1, v2]);
  });

  Deno.test(`${listener} listener: keys of JavaScript's own objects are keys like others`, async () => {
    await using program = await start();
    await using client = await TestClient.join(program.webSocketUrl, { user: 1, room: "lobby" });
    for (const key of ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty"]) {
      client.sendRaw(`{"${key}":{"type":"ping","user_id":9,"room":"lobby","message":"polluted"}}`);
      client.sendRaw(`{"type":"keepalive","user_id":1,"room":"${key}","name":"${key}"}`);
      client.sendRaw(`{"type":"usermsg","user_id":1,"room":"${key}","message":"${key}"}`);
      client.sendRaw(`{"type":"${key}"}`);
      await post(program, `{"${key}":{"user_id":9},"message":"polluted"}`);
      await post(program, `{"user_id":"${key}","room":"${key}","message":"${key}"}`);
    }
    await client.settled();
    assert.equal(client.ofType("usermsg").length, 5, "each in the room of its name");
    assert.equal(JSON.stringify(client.ofType("usermsg")).includes("polluted"), false);
    client.sendRaw("{}");
    await client.settled();
    assert.equal(client.frames.at(-2)?.["code"], "missing_field", "no object has got a type");
    assertUnharmed(program, [client]);
  });

  Deno.test(`${listener} listener: of a key that is there twice the last one counts, for checks too`, async () => {
    await using program = await start();
    await using client = await TestClient.join(program.webSocketUrl, { user: 1, room: "lobby" });
    client.sendRaw(
      '{"type":"ping","type":"usermsg","user_id":2,"user_id":1,"room":"lobby","message":"x"}',
    );
    client.sendRaw(
      '{"type":"usermsg","user_id":1,"user_id":2,"room":"lobby","message":"not mine"}',
    );
    await client.settled();
    assert.deepEqual(client.ofType("usermsg").map(({ user_id }) => user_id), [1]);
    assert.deepEqual(client.ofType("error").map(({ code }) => code), ["user_mismatch"]);
  });

  Deno.test(`${listener} listener: numbers past all bounds and halves of characters name nobody`, async () => {
    await using program = await start();
    await using client = await TestClient.connect(program.webSocketUrl);
    const users = ["1e400", "-1e400", "9007199254740993", "1.5", "9".repeat(400), '"\\ud800"'];
    for (const user of users) {
      client.sendRaw(`{"type":"keepalive","user_id":${user},"room":"lobby"}`);
      const { status, text } = await post(program, `{"user_id":${user},"message":"x"}`);
      assert.ok(status === 400 || status === 413, text);
    }
    await client.settled();
    assert.deepEqual(
      client.ofType("error").map(({ code, field }) => `${code} ${field}`),
      users.map(() => "invalid_field user_id"),
    );
    for (const half of ['"\\ud800"', '"\\udfff x"']) {
      client.sendRaw(`{"type":"usermsg","user_id":1,"room":"lobby","message":${half}}`);
      client.sendRaw(`{"type":"usermsg","user_id":1,"room":${half},"message":"x"}`);
      client.sendRaw(`{"type":"keepalive","user_id":1,"room":"lobby","name":${half}}`);
    }
    await client.settled();
    assert.equal(client.ofType("error").length, users.length + 6);
    assertUnharmed(program, [client]);
  });
}

async function post(program: Program, body: string): Promise<{ status: number; text: string }> {
  const response = await fetch(`${program.url}/api/notifications`, { method: "POST", body });
  return { status: response.status, text: await response.text() };
}

function assertUnharmed(program: Program, clients: readonly TestClient[]): void {
  for (const { frames } of clients) {
    assert.deepEqual(frames.filter(({ code }) => code === "internal"), []);
  }
  assert.deepEqual(program.errors, []);
  assert.deepEqual(program.log.filter(({ level }) => level === "error"), []);
}
