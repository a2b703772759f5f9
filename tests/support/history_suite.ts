/** The tests that the history of every engine has to pass, persistent or not. */
import assert from "node:assert/strict";
import type { Broker } from "../../lib/core/broker.ts";
import type { Channel } from "../../lib/core/channel.ts";
import type { Position } from "../../lib/core/publication.ts";
import { type Heard, message, testEngines } from "./engines.ts";
import { waitFor } from "./wait.ts";

const LOBBY: Channel = { site: "default", kind: "room", name: "lobby" };

export function testHistory(persistent: boolean): void {
  const test = (what: string, run: (engine: { broker: Broker }, heard: Heard[]) => Promise<void>) =>
    testEngines(`${what}${persistent ? ", persistently" : ""}`, run);

  test("keeps a history with offsets that rise by one", async ({ broker }, heard) => {
    await broker.subscribe(LOBBY);
    const options = { size: 3, seconds: 60, persistent };
    const positions: (Position | undefined)[] = [];
    for (const id of ["a-1", "a-2", "a-3", "a-4", "a-5"]) {
      positions.push(await broker.publish(LOBBY, message(id), options));
    }
    assert.deepEqual(positions.map((position) => position?.offset), [1, 2, 3, 4, 5]);
    const history = await broker.history(LOBBY, { limit: 100, persistent });
    assert.equal(history.offset, 5);
    assert.equal(history.epoch, positions[0]?.epoch);
    const expected = [3, 4, 5].map((offset) => ({
      offset,
      publication: message(`a-${offset}`),
    }));
    assert.deepEqual(history.publications, expected);
    await waitFor("all are heard", () => heard.length === 5);
    assert.deepEqual(
      heard.map(({ position }) => position?.offset),
      positions.map((position) => position?.offset),
    );
    const [live, kept] = [heard.at(-1), expected.at(-1)];
    assert.deepEqual(live?.publication, kept?.publication, "what is live is what is kept");
  });

  test("has heard what it reads in a history once it has caught up", async ({ broker }, heard) => {
    await broker.subscribe(LOBBY);
    const options = { size: 100, seconds: 60, persistent };
    for (let round = 0; round < 50; round++) {
      const publishing = broker.publish(LOBBY, message(`a-${round}`), options);
      const { offset } = await broker.history(LOBBY, { limit: 100, persistent });
      await broker.caughtUp(LOBBY);
      const last = heard.at(-1)?.position?.offset ?? 0;
      assert.ok(last >= offset, `heard up to ${last}, and read up to ${offset}`);
      await publishing;
    }
  });

  test("reads a history from a position on, up to a limit", async ({ broker }) => {
    for (const id of ["a-1", "a-2", "a-3", "a-4"]) {
      await broker.publish(LOBBY, message(id), { size: 10, seconds: 60, persistent });
    }
    const { publications } = await broker.history(LOBBY, { since: 1, limit: 2, persistent });
    assert.deepEqual(publications.map(({ offset }) => offset), [2, 3]);
    assert.deepEqual(
      (await broker.history(LOBBY, { since: 4, limit: 10, persistent })).publications,
      [],
    );
  });

  test("keeps offset and epoch when the messages of a history have ended", async ({ broker }) => {
    const publication = { ...message("my-own-id"), isClientsId: true };
    const options = { size: 10, seconds: 1, persistent };
    const before = await broker.publish(LOBBY, publication, options);
    const after = await waitFor("the history ends", async () => {
      const history = await broker.history(LOBBY, { limit: 10, persistent });
      return history.publications.length === 0 && history;
    });
    assert.deepEqual([after.offset, after.epoch], [1, before?.epoch]);
    const again = await broker.publish(LOBBY, publication, options);
    assert.deepEqual(again, { ...before, isDuplicate: true }, "the id is known for longer");
    const next = await broker.publish(LOBBY, message("a-2"), options);
    assert.deepEqual(next, { offset: 2, epoch: before?.epoch, isDuplicate: false });
    const history = await broker.history(LOBBY, { limit: 10, persistent });
    assert.deepEqual(history.publications.map(({ offset }) => offset), [2]);
  });

  test("takes a publication with the same client's id once", async ({ broker }, heard) => {
    await broker.subscribe(LOBBY);
    const options = { size: 10, seconds: 60, persistent };
    const publication = { ...message("my-own-id"), isClientsId: true };
    const first = await broker.publish(LOBBY, publication, options);
    await broker.publish(LOBBY, message("a-2"), options);
    const again = await broker.publish(LOBBY, publication, options);
    assert.deepEqual(again, { ...first, isDuplicate: true });
    await broker.publish(LOBBY, message("a-3"), options);
    await waitFor("the last is heard", () => heard.length >= 3);
    assert.deepEqual(heard.map(({ publication }) => publication.id), ["my-own-id", "a-2", "a-3"]);
    assert.equal((await broker.history(LOBBY, { limit: 10, persistent })).offset, 3);
  });

  test(
    "takes the same client's id of another user as another publication",
    async ({ broker }, heard) => {
      await broker.subscribe(LOBBY);
      const options = { size: 10, seconds: 60, persistent };
      const of = (user: string) => ({
        ...message("my-own-id"),
        from: { user, name: user },
        isClientsId: true,
      });
      const first = await broker.publish(LOBBY, of("1"), options);
      const second = await broker.publish(LOBBY, of("2"), options);
      assert.deepEqual([first?.isDuplicate, second?.isDuplicate], [false, false]);
      assert.deepEqual([first?.offset, second?.offset], [1, 2]);
      for (const [user, published] of [["1", first], ["2", second]] as const) {
        const again = await broker.publish(LOBBY, of(user), options);
        assert.deepEqual(again, { ...published, isDuplicate: true });
      }
      await waitFor("both are heard", () => heard.length === 2);
      const users = heard.map(({ publication }) => publication.from?.user);
      assert.deepEqual(users, ["1", "2"]);
    },
  );

  test(
    "tells each that it was published in the order in which it is heard",
    async ({ broker }, heard) => {
      await broker.subscribe(LOBBY);
      const options = { size: 100, seconds: 60, persistent };
      const told: string[] = [];
      const publish = async (id: string, kind: "message" | "leave" = "message") => {
        const publication = { ...message(id), kind };
        await broker.publish(LOBBY, publication, kind === "message" ? options : undefined);
        told.push(id);
      };
      const ids = Array.from({ length: 60 }, (_, index) => `m-${index}`);
      await Promise.all(ids.map((id) => publish(id)));
      await Promise.all([publish("bye"), publish("left", "leave")]);
      await waitFor("all are heard", () => heard.length === 62);
      assert.deepEqual(told, [...ids, "bye", "left"]);
      assert.deepEqual(heard.map(({ publication }) => publication.id), told);
      const offsets = heard.map(({ position }) => position?.offset);
      assert.deepEqual(offsets, [...ids.map((_, index) => index + 1), 61, undefined]);
    },
  );

  test("keeps the place of a channel that nothing was said in", async ({ broker }) => {
    const nothing = { since: Number.MAX_SAFE_INTEGER, limit: 1, persistent };
    const [one, two] = await Promise.all([
      broker.history(LOBBY, nothing),
      broker.history(LOBBY, nothing),
    ]);
    assert.deepEqual([one, two], [{ ...one, offset: 0, publications: [] }, one]);
    const published = await broker.publish(LOBBY, message("a-1"), {
      size: 10,
      seconds: 60,
      persistent,
    });
    assert.deepEqual(published, { offset: 1, epoch: one.epoch, isDuplicate: false });
  });
}
