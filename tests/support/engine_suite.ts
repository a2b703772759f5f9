/** What every engine is held to; `engine_test.ts` runs it on each of them. */
import assert from "node:assert/strict";
import type { AccessChange, Revocation } from "../../lib/auth/revocations/store.ts";
import type { ApiKey } from "../../lib/auth/keys/store.ts";
import type { Channel } from "../../lib/core/channel.ts";
import type { PresenceEntry } from "../../lib/rooms/store/store.ts";
import type { Engine } from "../../lib/engines/engine.ts";
import type {
  Notification,
  ReceiptLog,
  ScheduledNotification,
} from "../../lib/inbox/store/store.ts";
import type { Position, Publication } from "../../lib/core/publication.ts";
import type { Retention } from "../../lib/inbox/retention.ts";
import { waitFor } from "./wait.ts";

const SITE = "default";
const LOBBY: Channel = { site: SITE, kind: "room", name: "lobby" };

/** Publications that an engine handed to its node. */
export interface Heard {
  readonly channel: Channel;
  readonly publication: Publication;
  readonly position?: Position;
}

/** Opens an engine on a store of its own, for one test. */
export type OpenEngine = () => Promise<Engine>;

export function testEngine(name: string, open: OpenEngine): void {
  const test = (
    what: string,
    run: (engine: Engine, heard: Heard[], changes: AccessChange[]) => Promise<void>,
  ) =>
    Deno.test(`${name} engine ${what}`, async () => {
      await using engine = await open();
      const heard: Heard[] = [];
      const changes: AccessChange[] = [];
      await engine.run({
        handlePublication: (channel, publication, position) =>
          void heard.push({ channel, publication, position }),
        handleAccess: (change) => void changes.push(change),
        handleRestored() {},
      });
      await run(engine, heard, changes);
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
    const n3 = { ids: ["n-3"], unread: 2 };
    assert.deepEqual(await inbox.change(SITE, "1", "read", ["n-3"]), n3);
    assert.equal(await inbox.unread(SITE, "1"), 2);
    const read = await inbox.get(SITE, "1", "n-3");
    for (const time of [read?.sentAt, read?.deliveredAt, read?.readAt]) {
      assert.ok(Math.abs(Number(time) - Date.now()) < 60_000, "each state implies those before it");
    }
    assert.deepEqual(await inbox.change(SITE, "1", "read"), { ids: ["n-1", "n-2"], unread: 0 });
    assert.equal(await inbox.unread(SITE, "1"), 0);
  });

  test(
    "tells what a user did with the count that is right then, in order",
    async ({ broker, inbox }, heard) => {
      await broker.subscribe({ site: SITE, kind: "user", name: "1" });
      const ids = ["n-1", "n-2", "n-3", "n-4"];
      await Promise.all([
        ...ids.map((id) => inbox.append(notification(id))),
        inbox.change(SITE, "1", "read", 2),
        inbox.append(notification("n-5")),
        inbox.change(SITE, "1", "archive", ["n-4"]),
        inbox.change(SITE, "1", "archive", ["n-4", "unknown"]),
        inbox.change(SITE, "1", "delete", ["n-3", "n-1"]),
      ]);
      await waitFor("all is heard", () => heard.length >= 8);
      const events = heard.map(({ publication: { kind, id, text } }) =>
        kind === "inbox" ? JSON.parse(text) : id
      );
      const inboxEvent = (event: string, ids: string[], unread: number) => (
        { type: "inbox", event, ids, unread }
      );
      assert.deepEqual(events, [
        ...ids,
        inboxEvent("read", ["n-1", "n-2"], 2),
        "n-5",
        inboxEvent("archive", ["n-4"], 2),
        inboxEvent("delete", ["n-3", "n-1"], 1),
      ]);
    },
  );

  test("lists an inbox page by page, without what is archived or removed", async ({ inbox }) => {
    for (const id of ["n-1", "n-2", "n-3", "n-4", "n-5"]) await inbox.append(notification(id));
    await inbox.change(SITE, "1", "archive", ["n-4"]);
    await inbox.change(SITE, "1", "delete", ["n-2"]);
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
    await inbox.change(SITE, "1", "read", ["n-3"]);
    const { epoch } = first;
    const after = await inbox.sync(SITE, "1", { offset: 1, epoch });
    assert.partialDeepStrictEqual(after, { recovered: true, epoch, offset: 3, unread: 2 });
    assert.deepEqual(after.notifications.map(({ id }) => id), ["n-2", "n-3"], "read ones too");
    const upToDate = await inbox.sync(SITE, "1", { offset: 3, epoch });
    assert.deepEqual([upToDate.recovered, upToDate.notifications], [true, []]);
  });

  test("syncs page by page, each from where the one before ended", async ({ inbox }) => {
    for (const id of ["n-1", "n-2", "n-3", "n-4", "n-5"]) await inbox.append(notification(id));
    await inbox.change(SITE, "1", "read", ["n-2", "n-4"]);
    const given: string[][] = [];
    for (const unreadOnly of [true, false]) {
      let page = await inbox.sync(SITE, "1", undefined, { limit: 1 });
      assert.partialDeepStrictEqual(page, {
        recovered: false,
        reason: "new",
        offset: 1,
        unread: 3,
      });
      const ids = page.notifications.map(({ id }) => id);
      while (page.more) {
        page = await inbox.sync(SITE, "1", page, { limit: 1, unreadOnly });
        assert.equal(page.recovered, true);
        ids.push(...page.notifications.map(({ id }) => id));
      }
      assert.equal(page.offset, 5, "the last page ends where the inbox does");
      given.push(ids);
    }
    assert.deepEqual(given, [["n-1", "n-3", "n-5"], ["n-1", "n-2", "n-3", "n-4", "n-5"]]);
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

  test("a position in one inbox is none in another, however the two were made", async ({ inbox, schedule }) => {
    const places = ["default", "shop"].flatMap((site) =>
      ["10", "11", "12"].map((user) => ({ site, user }))
    );
    const arriving = places.filter(({ user }) => user === "10"); // in one call
    await Promise.all(arriving.map((place) => inbox.append(notification("n-1", place))));
    for (const place of places.filter(({ user }) => user === "11")) {
      const id = `later-${place.site}`;
      await schedule.add({
        ...notification(id, place),
        deliverAt: Date.now() - 1,
        isUndated: false,
      });
    }
    await schedule.release(10);
    await Promise.all(
      places.filter(({ user }) => user === "12").map((place) => inbox.sync(place.site, place.user)),
    );
    for (const place of places) await inbox.append(notification("n-2", place));
    const positions = await Promise.all(places.map(({ site, user }) => inbox.sync(site, user)));
    assert.equal(new Set(positions.map(({ epoch }) => epoch)).size, places.length);
    for (const [index, { site, user }] of places.entries()) {
      for (const [other, { offset, epoch }] of positions.entries()) {
        const { recovered, notifications } = await inbox.sync(site, user, { offset, epoch });
        assert.equal(recovered, index === other);
        assert.equal(notifications.length === 0, index === other, "nothing of it is passed over");
      }
    }
  });

  test("keeps a user's newest notifications, and drops read ones first", async ({ inbox }) => {
    const ids = Array.from({ length: INBOX_SIZE }, (_, index) => `n-${index}`);
    for (const id of ids) await inbox.append(notification(id));
    await inbox.change(SITE, "1", "read", ["n-3", "n-7"]);
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
    await inbox.change(SITE, "1", "delete", [order.id]);
    assert.equal(await inbox.append(order), false);
    assert.equal(await inbox.append({ ...order, user: "2" }), true, "another user's is another");
    await inbox.append(notification("last"));
    const ownIds = () =>
      heard.filter(({ channel }) => channel.name === "1").map(({ publication }) => publication.id);
    await waitFor("the last is heard", () => ownIds().includes("last"));
    assert.deepEqual(ownIds(), ["order-12345", "-", "last"], "the second is that it was deleted");
    assert.equal(await inbox.unread(SITE, "1"), 1);
  });

  test("gives nobody what has expired", async ({ broker, inbox }, heard) => {
    await broker.subscribe({ site: SITE, kind: "user", name: "1" });
    await inbox.append(notification("gone", { expiresAt: Date.now() - 1000 }));
    await inbox.append(notification("stays", { expiresAt: Date.now() + 3_600_000 }));
    const { notifications, unread } = await inbox.sync(SITE, "1");
    assert.deepEqual(notifications.map(({ id }) => id), ["stays"]);
    assert.equal(unread, 1);
    assert.deepEqual((await inbox.queued(SITE, "1", "lobby")).notifications.map(({ id }) => id), [
      "stays",
    ]);
    assert.deepEqual((await inbox.list(SITE, "1", { limit: 9 })).map(({ id }) => id), ["stays"]);
    await waitFor("one is heard", () => heard.length > 0);
    assert.deepEqual(heard.map(({ publication }) => publication.id), ["stays"]);
  });

  test("knows whose a notification is", async ({ inbox }) => {
    await inbox.append(notification("n-1", { user: "7" }));
    assert.equal(await inbox.owner(SITE, "n-1"), "7");
    assert.equal(await inbox.owner(SITE, "unknown"), undefined);
    await inbox.append(notification("n-1", { user: "8" }));
    await inbox.change(SITE, "7", "delete", ["n-1"]);
    assert.equal(await inbox.owner(SITE, "n-1"), "8", "another user's with the same id stays");
    await inbox.change(SITE, "8", "delete", ["n-1"]);
    assert.equal(await inbox.owner(SITE, "n-1"), undefined);
  });

  test("logs what is delivered and read, once and in order", async (engine) => {
    const { inbox } = engine;
    const receipts = logOf(engine);
    assert.equal(await receipts.hold(), true);
    for (const id of ["n-1", "n-2"]) await inbox.append(notification(id));
    await inbox.append(notification("n-3", { site: "acme", user: "Grüße", room: "{two} words" }));
    await inbox.mark(SITE, "1", "sent");
    assert.equal(await receipts.batch(9), undefined, "sent is no receipt");
    await inbox.mark(SITE, "1", "delivered", ["n-1", "unknown"]);
    await inbox.mark(SITE, "1", "delivered", ["n-1"]);
    await inbox.change(SITE, "1", "read");
    await inbox.change(SITE, "1", "read");
    await inbox.change(SITE, "1", "archive", ["n-1"]);
    await inbox.mark("acme", "Grüße", "delivered", ["n-3"]);
    const { events } = await receipts.batch(9) ?? { events: [] };
    assert.deepEqual(events.map(({ id, state }) => [id, state]), [
      ["n-1", "delivered"],
      ["n-1", "read"],
      ["n-2", "delivered"],
      ["n-2", "read"],
      ["n-3", "delivered"],
    ]);
    for (const { at } of events) assert.ok(Math.abs(at - Date.now()) < 60_000);
    const { at } = events.at(-1)!;
    const room = "{two} words";
    const last = { site: "acme", user: "Grüße", id: "n-3", room, state: "delivered", at };
    assert.deepEqual(events.at(-1), last);
  });

  test("gives the same batch of receipts until it is removed", async (engine) => {
    const { inbox } = engine;
    const receipts = logOf(engine);
    await receipts.hold();
    for (const id of ["n-1", "n-2", "n-3"]) await inbox.append(notification(id));
    await inbox.mark(SITE, "1", "delivered", ["n-1", "n-2"]);
    const first = await receipts.batch(9);
    await inbox.mark(SITE, "1", "delivered", ["n-3"]);
    assert.deepEqual(await receipts.batch(9), first, "nothing comes into it afterwards");
    assert.equal(first?.events.length, 2);
    await receipts.remove(first);
    const second = await receipts.batch(9);
    assert.deepEqual(second?.events.map(({ id }) => id), ["n-3"]);
    assert.notEqual(second?.id, first.id);
    await receipts.remove(first);
    assert.deepEqual(await receipts.batch(9), second, "removing twice removes nothing more");
    await receipts.remove(second!);
    assert.equal(await receipts.batch(9), undefined);
  });

  test("limits a batch of receipts, and the log", async (engine) => {
    const { inbox } = engine;
    const receipts = logOf(engine);
    await receipts.hold();
    const ids = Array.from({ length: 9 }, (_, index) => `n-${index}`);
    for (const id of ids) await inbox.append(notification(id));
    await inbox.mark(SITE, "1", "delivered", ids);
    const told = async () => (await receipts.batch(4))?.events.map(({ id }) => id);
    assert.deepEqual(await told(), ids.slice(0, 4));
    assert.equal(await receipts.trim(9), 0);
    assert.equal(await receipts.trim(6), 3);
    assert.deepEqual(await told(), ["n-3"], "what is left of the batch");
    assert.equal(await receipts.trim(2), 4);
    assert.deepEqual(await told(), ["n-7", "n-8"]);
  });

  test("delivers what is scheduled once it is due, and not before", async (engine, heard) => {
    const { broker, inbox, schedule } = engine;
    await broker.subscribe({ site: SITE, kind: "user", name: "1" });
    const later = { ...scheduled("later", 3_600_000), room: "lobby" };
    assert.equal(await schedule.add(later), true);
    const dated = { ...scheduled("dated", 200), text: '{"n":"é","timestamp":5}', isUndated: false };
    await schedule.add(dated);
    assert.equal(await schedule.dueAt(SITE, "1", "later"), later.deliverAt);
    assert.equal(await inbox.owner(SITE, "later"), "1");
    assert.equal(await inbox.get(SITE, "1", "later"), undefined);
    await inbox.append(notification("first"));
    const released = await waitFor("it is due", async () => {
      const released = await schedule.release(10);
      return released.delivered.length > 0 && released;
    });
    assert.ok(released.now >= dated.deliverAt);
    const { now } = released;
    assert.deepEqual(released, {
      now,
      delivered: [dated.deliverAt],
      expired: 0,
      isMore: false,
    });
    await waitFor("it is heard", () => heard.length === 2);
    assert.deepEqual(heard[1]?.publication, {
      kind: "notification",
      id: "dated",
      room: "lobby",
      text: '{"offset":2,"n":"é","timestamp":5}',
    });
    const got = await inbox.get(SITE, "1", "dated");
    assert.ok(Math.abs(Number(got?.queuedAt) - now) < 1000, "queued when it came into the inbox");
    assert.equal(await schedule.dueAt(SITE, "1", "dated"), undefined);
    assert.equal((await schedule.release(10)).delivered.length, 0);
    assert.equal(await inbox.unread(SITE, "1"), 2);
  });

  test("gives a scheduled frame the time of its delivery", async ({ inbox, schedule }) => {
    await schedule.add({ ...scheduled("n-1", -1), text: '{"message":"\\"timestamp\\":7}"}' });
    const { now } = await schedule.release(10);
    const { text = "" } = await inbox.get(SITE, "1", "n-1") ?? {};
    const { timestamp, ...rest } = JSON.parse(text);
    assert.deepEqual(rest, { offset: 1, message: '"timestamp":7}' });
    assert.ok(Math.abs(timestamp - now / 1000) <= 1, text);
  });

  test("delivers in the order of times, then of acceptance, in bounded steps", async ({ inbox, schedule }) => {
    const at = Date.now() - 10_000;
    const plan = [["c", 2], ["a", 1], ["e", 3], ["b", 1], ["d", 2]] as const;
    for (const [id, time] of plan) {
      await schedule.add({ ...scheduled(id, 0), deliverAt: at + time });
    }
    const steps = [];
    for (let step = 0; step < 3; step++) {
      const { delivered, isMore } = await schedule.release(2);
      steps.push([delivered.map((dueAt) => dueAt - at), isMore]);
    }
    assert.deepEqual(steps, [[[1, 1], true], [[2, 2], true], [[3], false]]);
    const listed = await inbox.list(SITE, "1", { limit: 9 });
    assert.deepEqual(listed.map(({ id }) => id).reverse(), ["a", "b", "c", "d", "e"]);
  });

  test("delivers each scheduled one once, however many release at once", async ({ inbox, schedule }) => {
    const ids = Array.from({ length: 50 }, (_, index) => `n-${index}`);
    await Promise.all(ids.map((id) => schedule.add(scheduled(id, -1))));
    const released = await Promise.all([1, 2, 3].map(() => schedule.release(100)));
    assert.equal(released.flatMap(({ delivered }) => delivered).length, ids.length);
    const listed = await inbox.list(SITE, "1", { limit: 100 });
    assert.deepEqual(listed.map(({ id }) => id).reverse(), ids);
  });

  test("takes a caller's id once, scheduled or not", async ({ inbox, schedule }) => {
    const order = scheduled("order-12345", 3_600_000, { isCallersId: true });
    assert.equal(await schedule.add(order), true);
    assert.equal(await schedule.add({ ...order, deliverAt: order.deliverAt + 1 }), false);
    assert.equal(await inbox.append(order), false);
    assert.equal(await schedule.dueAt(SITE, "1", order.id), order.deliverAt);
    assert.equal(await schedule.add({ ...order, user: "2" }), true, "another user's is another");
    const sent = notification("order-67890", { isCallersId: true });
    await inbox.append(sent);
    assert.equal(await schedule.add({ ...scheduled(sent.id, 1), isCallersId: true }), false);
    const due = scheduled("order-now", -1, { isCallersId: true });
    await schedule.add(due);
    await schedule.release(10);
    assert.equal(await inbox.append(due), false);
    await inbox.change(SITE, "1", "delete", [due.id]);
    assert.equal(await schedule.add(due), false, "even after it was removed");
  });

  test("cancels what is scheduled, once", async ({ inbox, schedule }) => {
    const order = scheduled("order-12345", -1, { isCallersId: true });
    await schedule.add(order);
    await schedule.add(scheduled("stays", -1));
    assert.equal(await schedule.cancel(SITE, "2", order.id), false);
    assert.equal(await schedule.cancel(SITE, "1", order.id), true);
    assert.equal(await schedule.cancel(SITE, "1", order.id), false);
    assert.equal(await schedule.dueAt(SITE, "1", order.id), undefined);
    assert.equal(await inbox.owner(SITE, order.id), undefined);
    assert.equal((await schedule.release(10)).delivered.length, 1);
    const listed = await inbox.list(SITE, "1", { limit: 9 });
    assert.deepEqual(listed.map(({ id }) => id), ["stays"]);
    assert.equal(await schedule.add(order), false, "a retry does not bring it back");
    assert.equal(await schedule.cancel(SITE, "1", "stays"), false, "it is delivered");
  });

  test("delivers nothing scheduled that has expired meanwhile", async ({ inbox, schedule }) => {
    await schedule.add(scheduled("gone", -2000, { expiresAt: Date.now() - 1000 }));
    await schedule.add(scheduled("stays", -2000, { expiresAt: Date.now() + 3_600_000 }));
    const { delivered, expired } = await schedule.release(10);
    assert.deepEqual([delivered.length, expired], [1, 1]);
    const { notifications } = await inbox.sync(SITE, "1");
    assert.deepEqual(notifications.map(({ id }) => id), ["stays"]);
    assert.equal(await inbox.owner(SITE, "gone"), undefined);
  });

  test("keeps scheduled ones of sites apart", async ({ inbox, schedule }) => {
    await schedule.add(scheduled("n-1", -1, { site: "acme" }));
    await schedule.add(scheduled("n-2", 3_600_000, { site: "acme" }));
    assert.equal(await schedule.dueAt(SITE, "1", "n-2"), undefined);
    assert.equal(await schedule.cancel(SITE, "1", "n-2"), false);
    assert.equal(await inbox.owner(SITE, "n-2"), undefined);
    await schedule.release(10);
    assert.equal(await inbox.get(SITE, "1", "n-1"), undefined);
    assert.equal((await inbox.get("acme", "1", "n-1"))?.offset, 1);
    assert.equal(await schedule.cancel("acme", "1", "n-2"), true);
  });

  test("drops from an inbox that what is delivered overfills", async ({ inbox, schedule }) => {
    for (let index = 0; index < INBOX_SIZE; index++) await inbox.append(notification(`n-${index}`));
    await schedule.add(scheduled("last", -1));
    await schedule.release(10);
    const listed = await inbox.list(SITE, "1", { limit: 1000 });
    assert.deepEqual([listed.length, listed[0]?.id, listed.at(-1)?.id], [
      INBOX_SIZE,
      "last",
      "n-1",
    ]);
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

  test("keeps API keys with all they have, oldest first", async ({ apiKeys }) => {
    assert.equal(await apiKeys.exist(), false);
    assert.deepEqual(await apiKeys.list(), []);
    assert.equal(await apiKeys.find("k1"), undefined);
    const one = apiKey("k1", { expiresAt: 1_800_000_000_000 });
    const two = apiKey("k2", { site: "acme", name: 'The "shop", Grüße: 🎉', createdAt: 2 });
    for (const key of [one, two]) await apiKeys.create(key);
    assert.equal(await apiKeys.exist(), true);
    assert.deepEqual(await apiKeys.find("k1"), one);
    assert.deepEqual(await apiKeys.find("k2"), two);
    assert.deepEqual(await apiKeys.list(), [one, two]);
    assert.deepEqual(await apiKeys.list("acme"), [two]);
    assert.deepEqual(await apiKeys.list("other"), []);
  });

  test("keeps when an API key was used and revoked, the first time", async ({ apiKeys }) => {
    for (const id of ["k1", "k2"]) await apiKeys.create(apiKey(id));
    await apiKeys.touch("k1", 1000);
    await apiKeys.touch("k1", 2000);
    await apiKeys.revoke("k1", 3000);
    await apiKeys.revoke("k1", 4000);
    await apiKeys.touch("k1", 5000);
    const expected = { ...apiKey("k1"), lastUsedAt: 5000, revokedAt: 3000 };
    assert.deepEqual(await apiKeys.find("k1"), expected);
    assert.deepEqual(await apiKeys.list(), [expected, apiKey("k2")]);
    await apiKeys.revoke("k2", 6000);
    assert.equal(await apiKeys.exist(), true, "revoked ones count");
  });

  test("keeps revocations of all kinds, and has told its node of each by then", async (
    { revocations },
    _heard,
    changes,
  ) => {
    assert.deepEqual(await revocations.list(), []);
    const all = [
      revocation("token", "a b:c\nd 🎉", { expiresAt: Date.now() + 60_000 }),
      revocation("session", "0"),
      revocation("user", "user@example.org", { site: "acme" }),
      revocation("site", ""),
      revocation("block", "1"),
    ];
    for (const each of all) {
      await revocations.add(each);
      assert.deepEqual(changes.at(-1), { type: "revoked", revocation: each });
    }
    const byKind = (one: Revocation, other: Revocation) => one.kind < other.kind ? -1 : 1;
    assert.deepEqual((await revocations.list()).sort(byKind), all.sort(byKind));
    await revocations.disconnect("acme", "a:b");
    await waitFor(
      "it is told to disconnect",
      () =>
        changes.some((change) =>
          change.type === "disconnect" && change.site === "acme" && change.user === "a:b"
        ),
    );
  });

  test("never shortens a revocation, but takes the last word on a block", async ({ revocations }) => {
    const [soon, later] = [Date.now() + 60_000, Date.now() + 120_000];
    for (const kind of ["token", "block"] as const) {
      await revocations.add(revocation(kind, "ends", { at: 5, expiresAt: later }));
      await revocations.add(revocation(kind, "ends", { at: 4, expiresAt: soon }));
      await revocations.add(revocation(kind, "for good"));
      await revocations.add(revocation(kind, "for good", { expiresAt: soon }));
    }
    const kept = new Map(
      (await revocations.list()).map((each) => [`${each.kind} ${each.name}`, each]),
    );
    assert.deepEqual(
      kept.get("token ends"),
      revocation("token", "ends", { at: 5, expiresAt: later }),
    );
    assert.deepEqual(kept.get("token for good"), revocation("token", "for good"));
    assert.deepEqual(
      kept.get("block ends"),
      revocation("block", "ends", { at: 5, expiresAt: soon }),
    );
    assert.equal(kept.get("block for good")?.expiresAt, soon);
  });

  test("lifts a revocation, and forgets one that has ended", async (
    { revocations },
    _heard,
    changes,
  ) => {
    const ended = revocation("block", "2", { expiresAt: Date.now() - 1 });
    await revocations.add(ended);
    await revocations.add(revocation("block", "1"));
    await revocations.add(revocation("user", "1"));
    assert.equal((await revocations.list()).length, 2);
    const key = { site: SITE, kind: "block", name: "1" } as const;
    assert.equal(await revocations.remove(key), true);
    assert.deepEqual(changes.at(-1), { type: "lifted", revocation: key });
    assert.equal(await revocations.remove(key), false);
    assert.deepEqual(await revocations.list(), [revocation("user", "1")]);
  });

  test("is ready", async (engine) => {
    assert.equal(await engine.unready(), undefined);
  });
}

const INBOX_SIZE = 60;

function logOf({ receipts }: Engine): ReceiptLog {
  assert.ok(receipts, "the engine keeps no receipts");
  return receipts;
}

/** Of every inbox under test. */
export const RETENTION: Retention = { size: INBOX_SIZE, days: 30, onDropped() {} };

export function message(id: string): Publication {
  return { kind: "message", id, room: "lobby", text: `{"id":"${id}"}` };
}

function connection(user: string, client_id: string): PresenceEntry {
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

function apiKey(id: string, changes: Partial<ApiKey> = {}): ApiKey {
  const scopes = ["publish", "read"] as const;
  return { id, name: "shop", site: SITE, scopes, hash: "ab".repeat(32), createdAt: 1, ...changes };
}

function revocation(
  kind: Revocation["kind"],
  name: string,
  changes: Partial<Revocation> = {},
): Revocation {
  return { site: SITE, kind, name, at: 1_700_000_000_000, ...changes };
}

/** Due `ms` from now. */
function scheduled(
  id: string,
  ms: number,
  changes: Partial<Notification> = {},
): ScheduledNotification {
  return { ...notification(id, changes), deliverAt: Date.now() + ms, isUndated: true };
}
