/** Plain clients that do not say who they are, on both listeners: they are guests where guests may be. */
import assert from "node:assert/strict";
import { sharedProgram } from "../support/shared_program.ts";
import { type Frame, TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

for (const listener of ["deno", "node"]) {
  const shared = sharedProgram({ APP_LISTENER: listener });

  Deno.test(`${listener} listener: a keepalive without a user joins an open server's room as a guest`, async () => {
    const { webSocketUrl } = shared();
    await using alice = await TestClient.join(webSocketUrl, { user: 1, room: "lobby" });
    const ways: [name: string, url: string, query?: Record<string, string>][] = [
      ["/ws", webSocketUrl],
      ["/", webSocketUrl.replace(/\/ws$/, "/")],
      ["the query", webSocketUrl, { room: "lobby" }],
    ];
    for (const [name, url, query] of ways) {
      await using guest = await TestClient.connect(url, query);
      if (name !== "the query") guest.send({ type: "keepalive", room: "lobby" });
      guest.send({ type: "keepalive", room: "lobby", user_id: null }); // the same guest, still
      await guest.settled();
      const [id] = await waitFor("one guest is there, and those before have left", async () => {
        const users = await usersOf(alice, "lobby");
        return users.length === 1 && users;
      });
      assert.match(String(id), /^guest-[\w-]{22}$/, name);
      alice.send({ type: "usermsg", user_id: 1, room: "lobby", message: `for ${name}` });
      const [heard] = await guest.get("usermsg");
      assert.equal(heard?.["message"], `for ${name}`);
      guest.send({ type: "usermsg", room: "lobby", message: `from ${name}` });
      const said = await waitFor(
        "it is heard",
        () => alice.ofType("usermsg").find(({ message }) => message === `from ${name}`),
      );
      assert.deepEqual([said["user_id"], said["name"]], [id, id]);
      await guest.close();
    }
  });

  Deno.test(`${listener} listener: a keepalive without a user is of the user that was named before`, async () => {
    const { webSocketUrl } = shared();
    await using client = await TestClient.join(webSocketUrl, {
      user: 42,
      room: "yard",
      name: "Bob",
    });
    client.send({ type: "keepalive", room: "attic" });
    client.send({ type: "presence", room: "attic" });
    const [presence] = await client.get("presence");
    assert.partialDeepStrictEqual(presence, { users: [{ user_id: 42, name: "Bob" }] });
  });

  Deno.test(`${listener} listener: what is said without a user is refused, with a line in the log and none of the text`, async () => {
    const program = shared();
    await using client = await TestClient.connect(program.webSocketUrl);
    for (let time = 0; time < 3; time++) {
      client.send({ type: "usermsg", room: "lobby", message: "nobody's business" });
    }
    client.sendRaw('{"type":"usermsg","message":"nobody\'s business"');
    client.send({ type: "nobody's business" });
    const codes = (await client.get("error", 5)).map(({ code }) => code);
    assert.deepEqual(codes, [...Array(3).fill("missing_field"), "invalid_json", "unknown_type"]);
    const lines = program.log.filter(({ message }) => message.startsWith("a frame was refused"));
    const told = lines.map(({ code, type, field }) => `${code} ${type} ${field}`);
    for (const line of ["missing_field usermsg user_id", "invalid_json - -"]) {
      assert.equal(told.filter((each) => each === line).length, 1, `${line} in ${told}`);
    }
    assert.ok(told.some((each) => each.startsWith("unknown_type - ")), told.join());
    assert.doesNotMatch(program.output, /business/);
  });
}

/** The other users in a room, as one who is there sees them. */
async function usersOf(client: TestClient, room: string): Promise<unknown[]> {
  const before = client.ofType("presence").length;
  client.send({ type: "presence", room });
  const frame = await waitFor("an answer", () => client.ofType("presence")[before]);
  return (frame["users"] as Frame[]).map((user) => user["user_id"]).filter((id) => id !== 1);
}
