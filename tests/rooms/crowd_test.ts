/** Very many memberships at once: whatever happens to them is done a few at a time, and everything else goes on meanwhile. */
import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { readConfig } from "../../lib/configuration.ts";
import type { Broker } from "../../lib/core/broker.ts";
import type { Connection } from "../../lib/core/connection.ts";
import type { Socket } from "../../lib/core/socket.ts";
import { CodedError } from "../../lib/base/errors.ts";
import { openEmbedded } from "../../lib/engines/embedded.ts";
import { FEATURES } from "../../lib/features.ts";
import type { StoringEngine } from "../../lib/feature.ts";
import type { Kernel } from "../../lib/kernel.ts";
import { roomsFeature, roomsFeatureWith } from "../../lib/rooms/feature.ts";
import { membershipsOf } from "../../lib/rooms/membership.ts";
import { Rooms } from "../../lib/rooms/rooms.ts";
import { MemoryPresence } from "../../lib/rooms/store/memory.ts";
import type { PresenceManager } from "../../lib/rooms/store/store.ts";
import { baseProtocol, openKernel } from "../support/kernel.ts";
import { waitFor } from "../support/wait.ts";

const CLIENTS = 50;
const ROOMS = 40;
const ALL = CLIENTS * ROOMS;

/** The most that may be asked of the store at once. */
const MOST = 400;

interface Happening {
  readonly what: string;
  readonly happen: (stage: Stage) => void;
  readonly isOver: (stage: Stage) => boolean;
}

const HAPPENINGS: readonly Happening[] = [
  {
    what: "connections that vanish at once",
    happen: ({ clients }) => clients.forEach((client) => client.close()),
    isOver: ({ presence }) => presence.removed === ALL,
  },
  {
    what: "connections that a loss closes",
    happen: ({ clients }) => clients.forEach((client) => client.terminate()),
    isOver: ({ presence }) => presence.removed === ALL,
  },
  {
    what: "presence that is lost",
    happen({ presence, kernel }) {
      presence.era = "another";
      kernel.node.handleRestored();
    },
    isOver: ({ presence }) => presence.added === 2 * ALL,
  },
  {
    what: "removals that failed",
    happen({ presence, clients, kernel }) {
      presence.isAway = true;
      clients.forEach((client) => client.close());
      void kernel.node.background.settled().then(() => {
        presence.isAway = false;
        presence.most = 0;
        kernel.node.restoring.ifIncomplete();
      });
    },
    isOver: ({ presence }) => presence.removed === ALL,
  },
];

for (const { what, happen, isOver } of HAPPENINGS) {
  Deno.test(`${what} ask little of the store at once`, async () => {
    await using stage = await Stage.open();
    await stage.joinAll();
    stage.presence.most = 0;
    happen(stage);
    await waitFor("it is over", () => isOver(stage));
    assert.ok(stage.presence.most <= MOST, `${stage.presence.most} at once`);
  });
}

Deno.test("presence that a loss in the middle left written is not written again", async () => {
  await using stage = await Stage.open();
  const { presence, kernel: { node } } = stage;
  await stage.joinAll();
  presence.era = "another";
  presence.awayAfter = ALL + MOST;
  node.handleRestored();
  await waitFor("it has failed", () => presence.refused > 0);
  await node.background.settled();
  assert.ok(stage.unwritten() > 0, "a part is left");
  presence.isAway = false; // it comes back to the same data
  presence.awayAfter = Infinity;
  node.handleRestored();
  await waitFor("all is written", () => stage.unwritten() === 0);
  assert.equal(presence.added, 2 * ALL, "each once more, and none twice");
});

Deno.test("presence is not written anew where nothing of it is lost", async () => {
  await using stage = await Stage.open();
  await stage.joinAll();
  stage.kernel.node.handleRestored();
  await waitFor("all channels are heard again", () => stage.subscribed >= 2 * ALL);
  await stage.kernel.node.background.settled();
  assert.equal(stage.presence.added, ALL);
});

Deno.test("a client that came into its room again is not taken out by a removal that had failed", async () => {
  await using stage = await Stage.open();
  const { presence, rooms, kernel: { node } } = stage;
  const [client] = stage.clients;
  assert.ok(client);
  await stage.join(client, "room");
  presence.isAway = true;
  await assert.rejects(rooms.leave(client, "room"));
  presence.isAway = false;
  await stage.join(client, "room");
  node.restoring.ifIncomplete();
  await node.background.settled();
  assert.equal((await rooms.presence.list("default", "room", { limit: 9 })).count, 1);
});

/** Presence that takes its time, and counts what is asked of it at once. */
class CountingPresence extends MemoryPresence implements PresenceManager {
  override era = "first";
  isAway = false;
  /** How many are written before it goes away by itself: a test that looks from outside may look too late. */
  awayAfter = Infinity;
  most = 0;
  added = 0;
  removed = 0;
  refused = 0;
  #underWay = 0;

  override async add(...given: Parameters<MemoryPresence["add"]>): Promise<boolean> {
    await this.#delay();
    if (++this.added >= this.awayAfter) this.isAway = true;
    return await super.add(...given);
  }

  override async remove(...given: Parameters<MemoryPresence["remove"]>): Promise<boolean> {
    await this.#delay();
    this.removed++;
    return await super.remove(...given);
  }

  async #delay(): Promise<void> {
    this.most = Math.max(this.most, ++this.#underWay);
    await pause(1);
    this.#underWay--;
    if (!this.isAway) return;
    this.refused++;
    throw new CodedError("unavailable", "away", { isAway: true });
  }
}

/** A node with clients whose sockets are none. */
class Stage implements AsyncDisposable {
  subscribed = 0;
  readonly presence: CountingPresence;
  readonly clients: readonly Connection[];
  readonly rooms: Rooms;

  private constructor(readonly kernel: Kernel, presence: CountingPresence) {
    this.presence = presence;
    this.rooms = kernel.use(Rooms);
    this.clients = Array.from({ length: CLIENTS }, (_, each) => {
      const client = kernel.node.accept(NO_SOCKET, baseProtocol(kernel), undefined);
      client.identify(`u${each}`, undefined);
      return client;
    });
  }

  static async open(): Promise<Stage> {
    const embedded = await openEmbedded({ dataDir: ":memory:", stored: FEATURES });
    const presence = new CountingPresence(() => {});
    let stage: Stage | undefined = undefined as Stage | undefined;
    const broker = new Proxy<Broker>(embedded.broker, {
      get(target, name: keyof Broker) {
        if (name === "subscribe" && stage !== undefined) stage.subscribed++;
        const own = target[name];
        return own?.bind(target);
      },
    });
    const engine: StoringEngine = { ...embedded, broker };
    const rooms = roomsFeatureWith(() => Promise.resolve(presence));
    const features = FEATURES.map((each) => each === roomsFeature ? rooms : each);
    const { config } = readConfig({ APP_LIMIT_ROOMS: "off" });
    stage = new Stage(await openKernel(engine, { config, features }), presence);
    return stage;
  }

  async join(client: Connection, room: string): Promise<void> {
    const user = client.requireUser();
    await this.rooms.entry.join(client, user, { room, name: user });
  }

  async joinAll(): Promise<void> {
    for (const [index, client] of this.clients.entries()) {
      const rooms = Array.from({ length: ROOMS }, (_, room) => `${index}-${room}`);
      await Promise.all(rooms.map((room) => this.join(client, room)));
    }
  }

  /** Memberships whose presence is not known to be written. */
  unwritten(): number {
    return this.clients.flatMap((client) => [...membershipsOf(client).values()])
      .filter(({ writtenIn }) => writtenIn !== this.presence.era).length;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kernel[Symbol.asyncDispose]();
  }
}

const NO_SOCKET = {
  bufferedAmount: 0,
  send() {},
  close() {},
  cut() {},
  terminate() {},
  pause() {},
  resume() {},
} as unknown as Socket;
