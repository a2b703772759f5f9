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
import type { Retention } from "../../lib/retention.ts";
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
    const expected = [3, 4, 5].map((offset) => ({
      ...message(`a-${offset}`),
      text: `{"offset":${offset},"id":"a-${offset}"}`,
      offset,
    }));
    assert.deepEqual(history.publications, expected);
    await waitFor("all are heard", () => heard.length === 5);
    assert.deepEqual(
      heard.map(({ position }) => position?.offset),
      positions.map((position) => position?.offset),
    );
    const { text } = heard.at(-1)?.publication ?? {};
    assert.equal(text, expected.at(-1)?.text, "what is live is what is kept");
  });

  test("reads a history from a position on, up to a limit", async ({ broker }) => {
    for (const id of ["a-1", "a-2", "a-3", "a-4"]) {
      await broker.publish(LOBBY, message(id), { size: 10, seconds: 60 });
    }
    const { publications } = await broker.history(LOBBY, { since: 1, limit: 2 });
    assert.deepEqual(publications.map(({ offset }) => offset), [2, 3]);
    assert.deepEqual((await broker.history(LOBBY, { since: 4, limit: 10 })).publications, []);
  });

  test("keeps offset and epoch when the messages of a history have ended", async ({ broker }) => {
    const publication = { ...message("my-own-id"), isClientsId: true };
    const options = { size: 10, seconds: 1 };
    const before = await broker.publish(LOBBY, publication, options);
    const after = await waitFor("the history ends", async () => {
      const history = await broker.history(LOBBY, { limit: 10 });
      return history.publications.length === 0 && history;
    });
    assert.deepEqual([after.offset, after.epoch], [1, before?.epoch]);
    const again = await broker.publish(LOBBY, publication, options);
    assert.deepEqual(again, { ...before, isDuplicate: true }, "the id is known for longer");
    const next = await broker.publish(LOBBY, message("a-2"), options);
    assert.deepEqual(next, { offset: 2, epoch: before?.epoch, isDuplicate: false });
    const history = await broker.history(LOBBY, { limit: 10 });
    assert.deepEqual(history.publications.map(({ offset }) => offset), [2]);
  });

  test(
    "forwards commands to the node that hears a session, in order",
    async ({ broker }, heard) => {
      const session: Channel = { site: SITE, kind: "session", name: "a-session" };
      const command = (text: string) => ({ kind: "command", id: "-", room: "-", text }) as const;
      assert.equal(await broker.forward(session, command("too early")), false);
      await broker.subscribe(session);
      const sent = ["one", "two\nlines", "three"].map(command);
      for (const each of sent) assert.equal(await broker.forward(session, each), true);
      await waitFor("all are heard", () => heard.length === sent.length);
      assert.deepEqual(heard.map(({ publication }) => publication), sent);
      await broker.unsubscribe(session);
      assert.equal(await broker.forward(session, command("too late")), false);
    },
  );

  test("takes a publication with the same client's id once", async ({ broker }, heard) => {
    await broker.subscribe(LOBBY);
    const options = { size: 10, seconds: 60 };
    const publication = { ...message("my-own-id"), isClientsId: true };
    const first = await broker.publish(LOBBY, publication, options);
    await broker.publish(LOBBY, message("a-2"), options);
    const again = await broker.publish(LOBBY, publication, options);
    assert.deepEqual(again, { ...first, isDuplicate: true });
    await broker.publish(LOBBY, message("a-3"), options);
    await waitFor("the last is heard", () => heard.length >= 3);
    assert.deepEqual(heard.map(({ publication }) => publication.id), ["my-own-id", "a-2", "a-3"]);
    assert.equal((await broker.history(LOBBY, { limit: 10 })).offset, 3);
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
    const { id, room } = notification("n-1");
    assert.equal(await inbox.append(notification("n-1")), true);
    await waitFor("it is heard", () => heard.length === 1);
    const text = '{"offset":1,"id":"n-1\\n"}';
    assert.deepEqual(heard[0]?.channel, { site: SITE, kind: "user", name: "1" });
    assert.deepEqual(heard[0]?.publication, { kind: "notification", id, room, text });
    const { offset, notifications: [queued] } = await inbox.queued(SITE, "1", "lobby");
    assert.equal(offset, 1);
    assert.ok(Math.abs(Number(queued?.queuedAt) - Date.now()) < 60_000);
    assert.deepEqual(queued, { id, room, text, offset: 1, queuedAt: queued?.queuedAt });
  });

  test("queues by user and room, in the order of acceptance", async ({ inbox }) => {
    const ids = Array.from({ length: 50 }, (_, index) => `n-${index}`);
    await Promise.all(ids.map((id) => inbox.append(notification(id))));
    await inbox.append(notification("other-room", { room: "elsewhere" }));
    await inbox.append(notification("other-user", { user: "2" }));
    const { offset, notifications: queued } = await inbox.queued(SITE, "1", "lobby");
    assert.equal(offset, 51);
    assert.deepEqual(queued.map(({ id }) => id), ids);
    assert.deepEqual(queued.map(({ offset }) => offset), ids.map((_, index) => index + 1));
    assert.deepEqual((await inbox.queued(SITE, "2", "lobby")).notifications.map(({ id }) => id), [
      "other-user",
    ]);
  });

  test("moves notifications on from state to state, each once", async ({ inbox }) => {
    for (const id of ["n-1", "n-2", "n-3"]) await inbox.append(notification(id));
    assert.deepEqual(await inbox.mark(SITE, "1", "sent", ["n-1", "unknown"]), ["n-1"]);
    assert.deepEqual(await inbox.mark(SITE, "1", "sent", ["n-1"]), []);
    assert.deepEqual((await inbox.queued(SITE, "1", "lobby")).notifications.map(({ id }) => id), [
      "n-2",
      "n-3",
    ]);
    assert.deepEqual(await inbox.mark(SITE, "1", "delivered", ["n-1", "n-2"]), ["n-1", "n-2"]);
    assert.deepEqual((await inbox.queued(SITE, "1", "lobby")).notifications.map(({ id }) => id), [
      "n-3",
    ]);
    assert.equal(await inbox.unread(SITE, "1"), 3);
    assert.deepEqual(await inbox.mark(SITE, "1", "read", ["n-3"]), ["n-3"]);
    assert.equal(await inbox.unread(SITE, "1"), 2);
    const read = await inbox.get(SITE, "1", "n-3");
    for (const time of [read?.sentAt, read?.deliveredAt, read?.readAt]) {
      assert.ok(Math.abs(Number(time) - Date.now()) < 60_000, "each state implies those before it");
    }
    assert.deepEqual((await inbox.mark(SITE, "1", "read")).sort(), ["n-1", "n-2"]);
    assert.equal(await inbox.unread(SITE, "1"), 0);
  });

  test("lists an inbox page by page, without what is archived or removed", async ({ inbox }) => {
    for (const id of ["n-1", "n-2", "n-3", "n-4", "n-5"]) await inbox.append(notification(id));
    await inbox.archive(SITE, "1", ["n-4"]);
    await inbox.remove(SITE, "1", ["n-2"]);
    const ids = async (options: { before?: number; limit: number; archived?: boolean }) =>
      (await inbox.list(SITE, "1", options)).map(({ id }) => id);
    assert.deepEqual(await ids({ limit: 2 }), ["n-5", "n-3"]);
    assert.deepEqual(await ids({ before: 3, limit: 2 }), ["n-1"]);
    assert.deepEqual(await ids({ limit: 9, archived: true }), ["n-5", "n-4", "n-3", "n-1"]);
    assert.equal(await inbox.unread(SITE, "1"), 3);
    assert.equal(await inbox.get(SITE, "1", "n-2"), undefined);
    await inbox.append(notification("n-6"));
    assert.equal((await inbox.get(SITE, "1", "n-6"))?.offset, 6, "offsets are never used again");
  });

  test("syncs from a position: exactly what came after it", async ({ inbox }) => {
    for (const id of ["n-1", "n-2", "n-3"]) await inbox.append(notification(id));
    const first = await inbox.sync(SITE, "1");
    assert.partialDeepStrictEqual(first, { recovered: false, reason: "new", offset: 3, unread: 3 });
    assert.deepEqual(first.notifications.map(({ id }) => id), ["n-1", "n-2", "n-3"]);
    await inbox.mark(SITE, "1", "read", ["n-3"]);
    const { epoch } = first;
    const after = await inbox.sync(SITE, "1", { offset: 1, epoch });
    assert.partialDeepStrictEqual(after, { recovered: true, epoch, offset: 3, unread: 2 });
    assert.deepEqual(after.notifications.map(({ id }) => id), ["n-2", "n-3"], "read ones too");
    const upToDate = await inbox.sync(SITE, "1", { offset: 3, epoch });
    assert.deepEqual([upToDate.recovered, upToDate.notifications], [true, []]);
  });

  test("says so when it cannot sync from a position, and gives all that is unread", async ({ inbox }) => {
    for (const id of ["n-1", "n-2"]) await inbox.append(notification(id));
    const { epoch } = await inbox.sync(SITE, "1");
    const strange = await inbox.sync(SITE, "1", { offset: 1, epoch: "other" });
    assert.partialDeepStrictEqual(strange, { recovered: false, reason: "epoch" });
    assert.equal(strange.notifications.length, 2);
    const future = await inbox.sync(SITE, "1", { offset: 9, epoch });
    assert.partialDeepStrictEqual(future, { recovered: false, reason: "epoch" });
    for (let index = 0; index < INBOX_SIZE; index++) await inbox.append(notification(`m-${index}`));
    const expired = await inbox.sync(SITE, "1", { offset: 1, epoch });
    assert.partialDeepStrictEqual(expired, { recovered: false, reason: "expired" });
    assert.equal(expired.notifications.length, INBOX_SIZE);
    const recent = await inbox.sync(SITE, "1", { offset: 5, epoch });
    assert.equal(recent.recovered, true);
  });

  test("keeps a user's newest notifications, and drops read ones first", async ({ inbox }) => {
    const ids = Array.from({ length: INBOX_SIZE }, (_, index) => `n-${index}`);
    for (const id of ids) await inbox.append(notification(id));
    await inbox.mark(SITE, "1", "read", ["n-3", "n-7"]);
    for (const id of ["m-1", "m-2", "m-3"]) await inbox.append(notification(id));
    const kept = (await inbox.list(SITE, "1", { limit: 1000 })).map(({ id }) => id).reverse();
    const gone = ["n-3", "n-7", "n-0"];
    assert.deepEqual(kept, [...ids.filter((id) => !gone.includes(id)), "m-1", "m-2", "m-3"]);
  });

  test("takes a caller's id once, even after it was removed", async ({ inbox, broker }, heard) => {
    await broker.subscribe({ site: SITE, kind: "user", name: "1" });
    const order = notification("order-12345", { isCallersId: true });
    assert.equal(await inbox.append(order), true);
    assert.equal(await inbox.append(order), false);
    await inbox.remove(SITE, "1", [order.id]);
    assert.equal(await inbox.append(order), false);
    assert.equal(await inbox.append({ ...order, user: "2" }), true, "another user's is another");
    await inbox.append(notification("last"));
    const ownIds = () =>
      heard.filter(({ channel }) => channel.name === "1").map(({ publication }) => publication.id);
    await waitFor("the last is heard", () => ownIds().includes("last"));
    assert.deepEqual(ownIds(), ["order-12345", "last"]);
    assert.equal(await inbox.unread(SITE, "1"), 1);
  });

  test("gives nobody what has expired", async ({ inbox }) => {
    await inbox.append(notification("gone", { expiresAt: Date.now() - 1000 }));
    await inbox.append(notification("stays", { expiresAt: Date.now() + 3_600_000 }));
    const { notifications, unread } = await inbox.sync(SITE, "1");
    assert.deepEqual(notifications.map(({ id }) => id), ["stays"]);
    assert.equal(unread, 1);
    assert.deepEqual((await inbox.queued(SITE, "1", "lobby")).notifications.map(({ id }) => id), [
      "stays",
    ]);
    assert.deepEqual((await inbox.list(SITE, "1", { limit: 9 })).map(({ id }) => id), ["stays"]);
  });

  test("knows whose a notification is", async ({ inbox }) => {
    await inbox.append(notification("n-1", { user: "7" }));
    assert.equal(await inbox.owner(SITE, "n-1"), "7");
    assert.equal(await inbox.owner(SITE, "unknown"), undefined);
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
    assert.deepEqual((await inbox.queued(SITE, "1", "lobby")).notifications, []);
    assert.equal((await inbox.queued("acme", "1", "lobby")).notifications.length, 1);
  });

  test("is ready", async (engine) => {
    assert.equal(await engine.unready(), undefined);
  });
}

const INBOX_SIZE = 60;

/** Of every inbox under test. */
export const RETENTION: Retention = { size: INBOX_SIZE, days: 30, onDropped() {} };

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
