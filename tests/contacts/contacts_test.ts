/** Contacts, blocks and privacy by every door, on both engines and listeners. */
import assert from "node:assert/strict";
import { Manager } from "../support/manager.ts";
import { PLACES } from "../support/nodes.ts";
import { PostgresServer } from "../support/postgres.ts";
import { Program } from "../support/program.ts";
import { RoomsFile } from "../support/rooms_file.ts";
import { type Frame, TestClient } from "../support/test_client.ts";
import { APP_KEY, connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

for (const [place, start] of PLACES) {
  Deno.test(`contacts (${place})`, async (test) => {
    await using postgres = place.startsWith("redis") ? await PostgresServer.start() : undefined;
    await using nodes = await start({ APP_LIMIT_CONTACTS: "4", ...postgres?.env });
    const { first, last, manager } = nodes;
    const clientAs = async (program: Program, claims: object) =>
      await TestClient.connectWithToken(program.webSocketUrl, await connectionToken({ ...claims }));
    await using alice = await clientAs(first, { sub: "1" });
    await using phone = await clientAs(last, { sub: "1" });
    await using bob = await clientAs(last, { sub: "2" });
    for (const each of [alice, phone, bob]) {
      assert.deepEqual(await each.command("contacts"), { contacts: [] });
    }
    const contact = (fields: Frame) => alice.command("contact", fields);
    const listed = async (query: Frame = {}) =>
      (await phone.command("contacts", query))["contacts"];

    await test.step("are added, named, blocked, unblocked and removed", async () => {
      assert.deepEqual(await contact({ user_id: 2 }), { contact: { user_id: 2 } });
      assert.deepEqual(await contact({ user_id: 2, name: " Bob " }), {
        contact: { user_id: 2, name: "Bob" },
      });
      assert.deepEqual(await contact({ user_id: "2", blocked: true }), {
        contact: { user_id: 2, name: "Bob", blocked: true },
      });
      assert.deepEqual(await contact({ user_id: 2, remove: true }), {
        contact: { user_id: 2, contact: false, blocked: true },
      });
      assert.deepEqual(await listed(), [{ user_id: 2, contact: false, blocked: true }]);
      const gone = { contact: { user_id: 2, contact: false }, removed: true };
      assert.deepEqual(await contact({ user_id: 2, blocked: false }), gone);
      assert.deepEqual(await contact({ user_id: 2, remove: true }), gone, "harmless twice");
      assert.deepEqual(await listed(), []);
      assert.deepEqual(await bob.command("contacts"), { contacts: [] });
    });

    await test.step("changes come to the user's other devices, and to nobody else", async () => {
      await contact({ user_id: "zoë", name: "Zoë" });
      await alice.command("privacy", { show_online: false });
      await phone.get("privacy_changed");
      const told = phone.frames.filter(({ type }) => type === "contacts_changed");
      assert.equal(told.length, 6, JSON.stringify(told));
      assert.deepEqual(told.at(-1), {
        type: "contacts_changed",
        contact: { user_id: "zoë", name: "Zoë" },
      });
      assert.deepEqual(phone.frames.filter(({ type }) => type === "privacy_changed"), [{
        type: "privacy_changed",
        privacy: { read_receipts: true, show_online: false, show_last_seen: true },
      }]);
      for (const each of [alice, bob]) {
        await each.settled();
        assert.ok(!each.frames.some(({ type }) => /_changed$/.test(String(type))));
      }
    });

    await test.step("come in pages, and by what they are", async () => {
      await contact({ user_id: 3 });
      await contact({ user_id: 4, name: "Di", blocked: true });
      await contact({ user_id: 5, blocked: true });
      const ids: unknown[] = [];
      let cursor: unknown;
      do {
        const page = await phone.command("contacts", { limit: 1, cursor });
        ids.push(...(page["contacts"] as Frame[]).map(({ user_id }) => user_id));
        cursor = page["next"];
      } while (cursor !== undefined && ids.length < 9);
      assert.deepEqual(ids, [3, 4, 5, "zoë"]);
      assert.deepEqual(await listed({ blocked: true }), [
        { user_id: 4, name: "Di", blocked: true },
        { user_id: 5, contact: false, blocked: true },
      ]);
      assert.deepEqual(await listed({ user_ids: [3, 99, 3, 5] }), [
        { user_id: 3 },
        { user_id: 5, contact: false, blocked: true },
      ]);
      await assert.rejects(
        phone.command("contacts", { cursor: "?" }),
        /^Error: invalid_field: Cannot take field 'cursor'/,
      );
    });

    await test.step("have a limit, as blocks have", async () => {
      const known = (await manager.stats(first))["refused_contacts"] ?? 0;
      await contact({ user_id: 6 });
      const refused =
        /^Error: too_many_contacts: Cannot add the user: user 1 has 4 contacts, the limit is 4$/;
      await assert.rejects(contact({ user_id: 7 }), refused);
      for (const user_id of [7, 8]) await contact({ user_id, blocked: true });
      await assert.rejects(contact({ user_id: 9, blocked: true }), /has 4 blocked users/);
      assert.equal((await manager.stats(first))["refused_contacts"], known + 2);
      await contact({ user_id: 6, remove: true });
      await contact({ user_id: 7 });
    });

    await test.step("whom one has blocked hears nothing, and is told no reason, both ways", async () => {
      await using carol = await clientAs(first, { sub: "30" });
      await using dave = await clientAs(last, { sub: "31" });
      for (const each of [carol, dave]) await each.command("conversations");
      await carol.command("contact", { user_id: 31, name: "Dave" });
      await dave.command("contact", { user_id: 30 });
      const seen = await waitFor("Dave is online for Carol", async () => {
        const { contacts: [entry] } = await carol.command("contacts") as { contacts: Frame[] };
        return entry?.["status"] === "online" && entry;
      });
      assert.partialDeepStrictEqual(seen, { user_id: 31, name: "Dave" });
      const made = await carol.command("conversation", {
        ...{ kind: "group", name: "Team", members: [31] },
      });
      const group = (made["conversation"] as Frame)["id"];
      await carol.command("message", { to: 31, text: "hi" });
      await carol.command("contact", { user_id: 31, blocked: true });
      for (const [from, to] of [[carol, 31], [dave, 30]] as const) {
        await assert.rejects(from.command("message", { to, text: "?" }), (error: Error) => {
          assert.match(error.message, /^forbidden: Cannot reach user \d+$/);
          return true;
        });
      }
      await dave.command("presence", { user_ids: [30] }).then(({ users }) =>
        assert.deepEqual(users, [{ user_id: 30, status: "offline" }])
      );
      await dave.command("message", { conversation: group, text: "to all" });
      await waitFor("what is said in a group comes", () => texts(carol).includes("to all"));
      await carol.command("contact", { user_id: 31, blocked: false });
      await dave.command("message", { to: 30, text: "again" });
      await waitFor("it comes again", () => texts(carol).includes("again"));
      assert.ok(!texts(carol).includes("?") && !texts(dave).includes("?"));
    });

    await test.step("wrong fields are named", async () => {
      await assert.rejects(
        contact({ user_id: 1 }),
        /invalid_field: Cannot take field 'user_id': current value is 1, /,
      );
      await assert.rejects(contact({}), /missing_field: Missing field 'user_id'/);
      await assert.rejects(contact({ user_id: 2, name: "a\nb" }), /invalid_field: .*'name'/);
      await assert.rejects(contact({ user_id: 2, name: "x".repeat(65) }), /too_long: .*'name'/);
      await assert.rejects(contact({ user_id: 2, blocked: "maybe" }), /invalid_field: .*'blocked'/);
      await assert.rejects(
        alice.command("privacy", { read_receipts: 1 }),
        /invalid_field: .*'read_receipts'.* allowed is true or false/,
      );
    });

    await test.step("the same over HTTP, on another node, for the caller's site alone", async () => {
      const asked = async (
        method: "GET" | "PUT" | "PATCH" | "DELETE",
        path: string,
        body?: object,
      ) => {
        const { status, json } = await manager.call(last, method, path, body);
        return [status, json];
      };
      assert.deepEqual(await asked("PUT", "/contacts/2?user_id=7", { name: "Bob" }), [
        201,
        { user_id: 2, name: "Bob" },
      ]);
      assert.deepEqual(await asked("PATCH", "/contacts/2", { user_id: 7, blocked: true }), [
        200,
        { user_id: 2, name: "Bob", blocked: true },
      ]);
      assert.deepEqual(await asked("PUT", "/contacts/2?user_id=7"), [
        200,
        { user_id: 2, blocked: true },
      ]);
      assert.deepEqual(await asked("GET", "/contacts/2?user_id=7"), [
        200,
        { user_id: 2, blocked: true },
      ]);
      assert.deepEqual(await asked("GET", "/contacts?user_id=7&limit=1&blocked=true"), [200, {
        contacts: [{ user_id: 2, blocked: true }],
      }]);
      assert.deepEqual(await asked("PATCH", "/contacts/2?user_id=7", { blocked: false }), [
        200,
        { user_id: 2 },
      ]);
      assert.deepEqual(await asked("PATCH", "/contacts/2?user_id=7", { remove: true }), [
        200,
        { user_id: 2, contact: false },
      ]);
      assert.equal((await asked("DELETE", "/contacts/2?user_id=7"))[0], 204);
      assert.equal((await asked("DELETE", "/contacts/2?user_id=7"))[0], 204);
      assert.deepEqual(
        (await manager.call(last, "GET", "/contacts/2?user_id=7")).json["code"],
        "not_found",
      );
      assert.deepEqual((await manager.call(last, "GET", "/contacts")).json["field"], "user_id");
      for (const cursor of ["AA", "$", "_w"]) { // NUL, no base64url, no UTF-8
        const { status, json } = await manager.call(
          last,
          "GET",
          `/contacts?user_id=7&cursor=${cursor}`,
        );
        assert.deepEqual([status, json["field"]], [400, "cursor"], cursor);
      }
      await asked("PATCH", "/privacy?user_id=7", { read_receipts: false });
      assert.deepEqual(await asked("GET", "/privacy?user_id=7"), [200, {
        read_receipts: false,
        show_online: true,
        show_last_seen: true,
      }]);
      const own = async (path: string) => {
        const authorization = `Bearer ${await connectionToken({ sub: "7" })}`;
        const answer = await fetch(`${last.url}/api${path}`, { headers: { authorization } });
        return [answer.status, await answer.json()];
      };
      assert.deepEqual(await own("/contacts"), [200, { contacts: [] }]);
      assert.equal((await own("/privacy"))[1]["read_receipts"], false);
      assert.deepEqual((await own("/contacts?user_id=1"))[1]["code"], "user_mismatch");
      const shop = await Manager.of(first, "shop");
      assert.deepEqual((await shop.call(last, "GET", "/contacts?user_id=1")).json, {
        contacts: [],
      });
      assert.equal(
        (await shop.call(first, "GET", "/privacy?user_id=7")).json["read_receipts"],
        true,
      );
    });
  });
}

Deno.test("contacts of a guest: none, and the client is told why", async () => {
  await using rooms = await RoomsFile.write({
    unknown: "closed",
    rooms: [{ pattern: "lobby", auth: false }],
  });
  await using program = await Program.start({ env: { APP_KEY, APP_ROOMS: rooms.path } });
  await using guest = await TestClient.connectV2(program.webSocketUrl);
  await guest.command("connect", { user_id: undefined });
  for (const type of ["contacts", "privacy"]) {
    await assert.rejects(guest.command(type), /forbidden: .* as a guest/);
  }
});

/** What the client was told that others have written in conversations. */
function texts({ frames }: TestClient): unknown[] {
  return frames.flatMap(({ type, message }) =>
    type === "new_message" ? [Object(message).text] : []
  );
}
