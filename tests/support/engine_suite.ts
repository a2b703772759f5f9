/** What every engine is held to; `engine_test.ts` runs it on each of them. */
import assert from "node:assert/strict";
import type {
  Channel,
  Connection,
  Engine,
  Notification,
  Position,
  Publication,
} from "../../lib/engine.ts";
import { waitFor } from "./wait.ts";

const SITE = "default";
const LOBBY: Channel = { site: SITE, kind: "room", name: "lobby" };

/** Publications that an engine handed to its node. */
interface Heard {
  readonly channel: Channel;
  readonly publication: Publication;
  readonly position?: Position;
}

/** Opens an engine on a store of its own, for one test. */
export type OpenEngine = () => Promise<Engine>;

export function testEngine(name: string, open: OpenEngine): void {
  const test = (what: string, run: (engine: Engine, heard: Heard[]) => Promise<void>) =>
    Deno.test(`${name} engine ${what}`, async () => {
      await using engine = await open();
      const heard: Heard[] = [];
      await engine.run({
        handlePublication: (channel, publication, position) =>
          void heard.push({ channel, publication, position }),
        handleRestored() {},
      });
      await run(engine, heard);
    });

  test("fans out what is published in a channel, in order", async ({ broker }, heard) => {
    await broker.subscribe(LOBBY);
    const sent = Array.from({ length: 200 }, (_, index) => message(`m-${index}`));
    await Promise.all(sent.map((publication) => broker.publish(LOBBY, publication)));
    await waitFor("all are heard", () => heard.length === sent.length);
    assert.deepEqual(heard.map(({ publication }) => publication), sent);
    assert.deepEqual(heard[0]?.channel, LOBBY);
  });

  test("carries every text and room unchanged", async ({ broker }, heard) => {
    const rooms = ["/user/123", "two words", "{braces}", "Grüße 🎉", "a:b", "0", "@site"];
    for (const room of rooms) {
      const channel: Channel = { site: SITE, kind: "room", name: room };
      await broker.subscribe(channel);
      const text = JSON.stringify({ message: `line\nbreak \u0000 "quoted" ${room}` });
      await broker.publish(channel, { kind: "message", id: "id-1", room, text });
      await waitFor("it is heard", () => heard.length > 0);
      assert.deepEqual(heard.pop(), {
        channel,
        publication: { kind: "message", id: "id-1", room, text },
        position: undefined,
      });
    }
  });

  test("keeps a history with offsets that rise by one", async ({ broker }, heard) => {
    await broker.subscribe(LOBBY);
    const options = { size: 3, seconds: 60 };
    const positions: (Position | undefined)[] = [];
    for (const id of ["a-1", "a-2", "a-3", "a-4", "a-5"]) {
      positions.push(await broker.publish(LOBBY, message(id), options));
    }
    assert.deepEqual(positions.map((position) => position?.offset), [1, 2, 3, 4, 5]);
    const history = await broker.history(LOBBY, { limit: 100 });
    assert.equal(history.offset, 5);
    assert.equal(history.epoch, positions[0]?.epoch);
    assert.deepEqual(history.publications, [
      { ...message("a-3"), offset: 3 },
      { ...message("a-4"), offset: 4 },
      { ...message("a-5"), offset: 5 },
    ]);
    await waitFor("all are heard", () => heard.length === 5);
    assert.deepEqual(heard.map(({ position }) => position), positions);
  });

  test("reads a history from a position on, up to a limit", async ({ broker }) => {
    for (const id of ["a-1", "a-2", "a-3", "a-4"]) {
      await broker.publish(LOBBY, message(id), { size: 10, seconds: 60 });
    }
    const { publications } = await broker.history(LOBBY, { since: 1, limit: 2 });
    assert.deepEqual(publications.map(({ offset }) => offset), [2, 3]);
    assert.deepEqual((await broker.history(LOBBY, { since: 4, limit: 10 })).publications, []);
  });

  test("starts a new epoch when a history has ended", async ({ broker }) => {
    const before = await broker.publish(LOBBY, message("a-1"), { size: 10, seconds: 1 });
    const after = await waitFor("the history ends", async () => {
      const history = await broker.history(LOBBY, { limit: 10 });
      return history.epoch !== before?.epoch && history;
    });
    assert.equal(after.offset, 0);
    assert.deepEqual(after.publications, []);
    const next = await broker.publish(LOBBY, message("a-2"), { size: 10, seconds: 60 });
    assert.deepEqual(next, { offset: 1, epoch: after.epoch });
  });

  test("knows who is in a room", async ({ presence }) => {
    assert.equal(await presence.add(SITE, "1", connection("1", "c1")), true);
    assert.equal(await presence.add(SITE, "2", connection("2", "c2")), true);
    assert.deepEqual(await presence.get(SITE, "lobby", "1"), connection("1", "c1"));
    assert.equal((await presence.list(SITE, "lobby")).length, 2);
    assert.deepEqual(await presence.stats(SITE, "lobby"), { users: 2 });
    assert.equal(await presence.get(SITE, "lobby", "3"), undefined);
    assert.deepEqual(await presence.list(SITE, "elsewhere"), []);
  });

  test("keeps a user with two clients until the last one is gone", async ({ presence }) => {
    const [older, newer] = [connection("1", "c1"), connection("1", "c2")];
    assert.equal(await presence.add(SITE, "1", older), true);
    assert.equal(await presence.add(SITE, "1", newer), false);
    assert.deepEqual(await presence.get(SITE, "lobby", "1"), { ...newer, clients: [older, newer] });
    assert.equal(await presence.remove(SITE, "1", newer), false);
    assert.deepEqual(await presence.get(SITE, "lobby", "1"), older);
    assert.equal(await presence.remove(SITE, "1", older), true);
    assert.equal(await presence.get(SITE, "lobby", "1"), undefined);
    assert.equal(
      await presence.remove(SITE, "1", older),
      false,
      "a second removal removes nothing",
    );
  });

  test("takes the same client twice as one", async ({ presence }) => {
    assert.equal(await presence.add(SITE, "1", connection("1", "c1")), true);
    assert.equal(await presence.add(SITE, "1", connection("1", "c1")), false);
    assert.equal(await presence.remove(SITE, "1", connection("1", "c1")), true);
  });

  test("stores a notification before it fans it out", async ({ broker, inbox }, heard) => {
    await broker.subscribe({ site: SITE, kind: "user", name: "1" });
    const sent = notification("n-1");
    await inbox.append(sent);
    await waitFor("it is heard", () => heard.length === 1);
    assert.deepEqual(heard[0], {
      channel: { site: SITE, kind: "user", name: "1" },
      publication: { kind: "notification", id: sent.id, room: sent.room, text: sent.text },
      position: undefined,
    });
    const { id, room, text } = sent;
    assert.deepEqual(await inbox.queued(SITE, "1", "lobby"), [{ id, room, text }]);
  });

  test("queues by user and room, in the order of acceptance", async ({ inbox }) => {
    const ids = Array.from({ length: 50 }, (_, index) => `n-${index}`);
    await Promise.all(ids.map((id) => inbox.append(notification(id))));
    await inbox.append(notification("other-room", { room: "elsewhere" }));
    await inbox.append(notification("other-user", { user: "2" }));
    const queued = await inbox.queued(SITE, "1", "lobby");
    assert.deepEqual(queued.map(({ id }) => id), ids);
    assert.deepEqual((await inbox.queued(SITE, "2", "lobby")).map(({ id }) => id), ["other-user"]);
  });

  test("no longer queues what was sent, and still lists it", async ({ inbox }) => {
    for (const id of ["n-1", "n-2", "n-3"]) await inbox.append(notification(id));
    await inbox.markSent(SITE, "1", ["n-1", "n-3", "unknown"]);
    assert.deepEqual((await inbox.queued(SITE, "1", "lobby")).map(({ id }) => id), ["n-2"]);
    const listed = await inbox.list(SITE, "1", { limit: 2 });
    assert.deepEqual(listed.map(({ id }) => id), ["n-3", "n-2"]);
    assert.ok(Math.abs(Number(listed[0]?.sentAt) - Date.now()) < 60_000);
    assert.equal(listed[1]?.sentAt, undefined);
  });

  test("keeps the newest notifications of a user, up to the inbox's size", async ({ inbox }) => {
    const ids = Array.from({ length: INBOX_SIZE + 5 }, (_, index) => `n-${index}`);
    for (const id of ids) await inbox.append(notification(id));
    const queued = await inbox.queued(SITE, "1", "lobby");
    assert.deepEqual(queued.map(({ id }) => id), ids.slice(5));
  });

  test("keeps sites apart", async ({ broker, presence, inbox }, heard) => {
    const other: Channel = { ...LOBBY, site: "acme" };
    await broker.subscribe(LOBBY);
    await broker.subscribe(other);
    await broker.publish(other, message("a-1"), { size: 10, seconds: 60 });
    await waitFor("it is heard", () => heard.length === 1);
    assert.deepEqual(heard[0]?.channel, other);
    assert.deepEqual((await broker.history(LOBBY, { limit: 10 })).publications, []);

    await presence.add("acme", "1", connection("1", "c1"));
    assert.deepEqual(await presence.list(SITE, "lobby"), []);
    await inbox.append(notification("n-1", { site: "acme" }));
    assert.deepEqual(await inbox.queued(SITE, "1", "lobby"), []);
    assert.equal((await inbox.queued("acme", "1", "lobby")).length, 1);
  });

  test("is ready", async (engine) => {
    assert.equal(await engine.unready(), undefined);
  });
}

/** Of every inbox under test. */
export const INBOX_SIZE = 60;

function message(id: string): Publication {
  return { kind: "message", id, room: "lobby", text: `{"id":"${id}"}` };
}

function connection(user: string, client_id: string): Connection {
  return {
    client_id,
    room: "lobby",
    name: `Name "of" ${user} 🎉`,
    user_id: Number(user),
    connected_at: 1_700_000_000,
  };
}

function notification(id: string, changes: Partial<Notification> = {}): Notification {
  return { site: SITE, user: "1", id, room: "lobby", text: `{"id":"${id}\\n"}`, ...changes };
}
