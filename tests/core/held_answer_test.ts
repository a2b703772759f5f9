/** What changes while an answer is under way follows the answer, which is older. */
import assert from "node:assert/strict";
import { Contacts } from "../../lib/contacts/contacts.ts";
import { Preferences } from "../../lib/preferences/preferences.ts";
import type { Server } from "../../lib/server.ts";
import { startHere } from "../support/server_here.ts";
import { TestClient } from "../support/test_client.ts";
import { connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

const ANN = { site: "default", user: "ann" };

Deno.test("the list of contacts comes before a change that it does not have", async () => {
  await using server = await startHere();
  const contacts = server.use(Contacts);
  await contacts.change(ANN, { user: "bob", isContact: true });
  await using ann = await clientOf(server);
  const reading = new Held();
  contacts.useNames(async () => {
    await reading.wait();
    return new Map();
  });
  const listing = ann.command("contacts");
  await waitFor("the list is read", () => reading.isWaiting);
  await contacts.change(ANN, { user: "bob", name: "Bob", isBlocked: true });
  reading.goOn();
  assert.deepEqual(await listing, { contacts: [{ user_id: "bob" }] });
  const [changed] = await ann.get("contacts_changed");
  assert.deepEqual(changed?.["contact"], { user_id: "bob", name: "Bob", blocked: true });
  assert.deepEqual(newsOf(ann), ["reply", "contacts_changed"]);
});

Deno.test("privacy settings come before a change that they do not have", async () => {
  await using server = await startHere();
  const contacts = server.use(Contacts);
  await using ann = await clientOf(server);
  await ann.command("contacts");
  const reading = new Held();
  const read = contacts.readPrivacy.bind(contacts);
  contacts.readPrivacy = async (...asked) => {
    const privacy = await read(...asked);
    await reading.wait();
    return privacy;
  };
  const asking = ann.command("privacy");
  await waitFor("they are read", () => reading.isWaiting);
  await contacts.changePrivacy(ANN, { showOnline: false });
  reading.goOn();
  assert.equal((await asking)["show_online"], true);
  await ann.get("privacy_changed");
  assert.deepEqual(newsOf(ann), ["reply", "privacy_changed"]);
});

Deno.test("preferences come before a change that they do not have, also where they cannot be read", async () => {
  await using server = await startHere();
  const preferences = server.use(Preferences);
  await using ann = await clientOf(server);
  const reading = new Held();
  const show = preferences.show.bind(preferences);
  preferences.show = async (...asked) => {
    const shown = await show(...asked);
    await reading.wait();
    return shown;
  };
  const asking = ann.command("preferences");
  await waitFor("they are read", () => reading.isWaiting);
  await preferences.change(ANN, { time_zone: "Asia/Tokyo" });
  reading.goOn();
  assert.equal((await asking)["version"], 0);
  await ann.get("preferences_changed");
  assert.deepEqual(newsOf(ann), ["reply", "preferences_changed"]);

  preferences.show = async () => {
    await preferences.change(ANN, { time_zone: "Europe/Rome" });
    throw new Error("away");
  };
  await assert.rejects(ann.command("preferences"));
  await ann.get("preferences_changed", 2);
});

/** Something that waits until a test lets it go on. */
class Held {
  isWaiting = false;
  readonly #held = Promise.withResolvers<void>();

  wait(): Promise<void> {
    this.isWaiting = true;
    return this.#held.promise;
  }

  goOn(): void {
    this.#held.resolve();
  }
}

async function clientOf({ url }: Server): Promise<TestClient> {
  const token = await connectionToken({ sub: "ann" });
  return await TestClient.connectWithToken(`${url.replace("http", "ws")}/ws`, token);
}

/** The types of the last two frames. */
function newsOf({ frames }: TestClient): unknown[] {
  return frames.slice(-2).map(({ type }) => type);
}
