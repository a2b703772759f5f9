/** Who watches whom, where rights are read slowly, and change meanwhile. */
import assert from "node:assert/strict";
import type { Connection } from "../../lib/core/connection.ts";
import type { Outgoing } from "../../lib/core/outgoing.ts";
import type { Presence } from "../../lib/presence/part.ts";
import type { Right } from "../../lib/presence/rights.ts";
import { Watching } from "../../lib/presence/watching.ts";

const SITE = "default";
const ONLINE: Presence = { status: "online", devices: [] };
const SEEN = new Map<string, Right>([["bob", {}]]);
const UNSEEN = new Map<string, Right>();

Deno.test("of two readings of rights the one that began later counts, whichever ends last", async () => {
  await using world = new World();
  const ann = world.connection();
  await world.watches(ann, SEEN);
  const first = world.watching.rightsChanged(SITE, { users: ["bob"] });
  const second = world.watching.rightsChanged(SITE, { users: ["bob"] });
  const [older, newer] = world.readings;
  newer!.resolve(UNSEEN);
  await second;
  await world.quiet();
  assert.deepEqual(ann.told, ["offline"]);
  older!.resolve(SEEN);
  await first;
  await world.quiet();
  assert.deepEqual(ann.told, ["offline"]);
});

Deno.test("a reading that fails late does not hide what a later one has found", async () => {
  await using world = new World();
  const ann = world.connection();
  await world.watches(ann, UNSEEN);
  const first = world.watching.rightsChanged(SITE, { users: ["bob"] });
  const second = world.watching.rightsChanged(SITE, { users: ["bob"] });
  const [older, newer] = world.readings;
  newer!.resolve(SEEN);
  await second;
  older!.reject(new Error("The store is away"));
  await first;
  await world.quiet();
  assert.deepEqual(ann.told, ["online"]);
});

Deno.test("a right that ends while it is read for the first time is none", async () => {
  await using world = new World();
  const ann = world.connection();
  const watched = world.watching.watch(ann.connection, "ann", ["bob"]);
  const changed = world.watching.rightsChanged(SITE, { users: ["bob"] });
  assert.equal(world.readings.length, 2, "the change is heard already");
  world.readings[1]!.resolve(UNSEEN);
  await changed;
  world.readings[0]!.resolve(SEEN);
  const { users, sent } = await watched;
  sent(true);
  assert.deepEqual(users, []);
  world.watching.changed({ site: SITE, user: "bob" });
  await world.quiet();
  assert.deepEqual(ann.told, []);
});

Deno.test("who asks for others in vain is told what changed meanwhile of those before", async () => {
  await using world = new World();
  const ann = world.connection();
  await world.watches(ann, SEEN);
  const away = world.away = {
    asked: Promise.withResolvers<void>(),
    answer: Promise.withResolvers<never>(),
  };
  const watched = world.watching.watch(ann.connection, "ann", ["carl"]);
  world.readings.pop()!.resolve(new Map([["carl", {}]]));
  await away.asked.promise;
  await world.watching.rightsChanged(SITE, { users: ["bob"] }); // nobody watches bob at the moment
  world.away = undefined;
  away.answer.reject(new Error("The store is away"));
  await assert.rejects(watched, /away/);
  world.readings.pop()!.resolve(UNSEEN);
  await world.quiet();
  assert.deepEqual(ann.told, ["offline"]);
});

interface Client {
  readonly connection: Connection;
  /** Statuses. */
  readonly told: string[];
}

/** In which bob is online, and rights are read when the test says so. */
class World implements AsyncDisposable {
  readonly readings: PromiseWithResolvers<ReadonlyMap<string, Right>>[] = [];
  readonly #works: Promise<void>[] = [];
  /** What is read while the store is away. */
  away: { asked: PromiseWithResolvers<void>; answer: PromiseWithResolvers<never> } | undefined;
  readonly watching = new Watching({
    read: (_site, users) => {
      this.away?.asked.resolve();
      return this.away?.answer.promise ??
        Promise.resolve(new Map(users.map((user) => [user, ONLINE])));
    },
    rightsOf: () => {
      const reading = Promise.withResolvers<ReadonlyMap<string, Right>>();
      this.readings.push(reading);
      return reading.promise;
    },
    runInBackground: (work) => void this.#works.push(work()),
    told: { value: 0 },
  });

  connection(): Client {
    const told: string[] = [];
    const send = ({ text }: Outgoing) => void told.push(JSON.parse(String(text)).status);
    return { connection: { site: SITE, closed: false, send } as unknown as Connection, told };
  }

  /** Has a client watch bob. */
  async watches({ connection }: Client, rights: ReadonlyMap<string, Right>): Promise<void> {
    const watched = this.watching.watch(connection, "ann", ["bob"]);
    this.readings.pop()!.resolve(rights);
    (await watched).sent(true);
  }

  /** Resolves when nothing is read any more. */
  async quiet(): Promise<void> {
    for (let work = this.#works.shift(); work !== undefined; work = this.#works.shift()) await work;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.quiet();
  }
}
