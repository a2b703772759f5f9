/** Engines with the stores of all capabilities on them, for tests that need no server. */
import assert from "node:assert/strict";
import { openKeyStore } from "../../lib/auth/keys/open.ts";
import type { KeyStore } from "../../lib/auth/keys/store.ts";
import { openRevocationStore } from "../../lib/auth/revocations/open.ts";
import type { OnRevocationChange, RevocationChange } from "../../lib/auth/revocations/store.ts";
import { readConfig } from "../../lib/configuration.ts";
import type { Channel } from "../../lib/core/channel.ts";
import type { Engine, EngineHandler } from "../../lib/core/engine.ts";
import type { Inbox, Schedule, Snoozes, UserStore } from "../../lib/inbox/store/store.ts";
import type { RevocationStore } from "../../lib/auth/revocations/store.ts";
import type { PresenceManager } from "../../lib/rooms/store/store.ts";
import type { Position, Publication } from "../../lib/core/publication.ts";
import {
  type EmbeddedEngine,
  type EmbeddedOptions,
  openEmbedded,
} from "../../lib/engines/embedded.ts";
import { openRedis, type RedisEngine } from "../../lib/engines/redis.ts";
import type { RedisConfig } from "../../lib/engines/redis/settings.ts";
import type { Storage } from "../../lib/engines/storage.ts";
import type { Retention } from "../../lib/inbox/retention.ts";
import { openInboxStores } from "../../lib/inbox/store/open.ts";
import type { ReceiptLog } from "../../lib/inbox/store/store.ts";
import { openPresence } from "../../lib/rooms/store/open.ts";
import { FEATURES } from "../../lib/features.ts";
import { RedisServer } from "./redis.ts";

/** How many notifications an inbox under test holds. */
export const INBOX_SIZE = 60;

export const RETENTION: Retention = {
  size: INBOX_SIZE,
  bytes: Infinity,
  days: 30,
  onDropped() {},
};

/** The handler of a node that does nothing. */
export const QUIET: EngineHandler = { handlePublication() {}, handleRestored() {} };

/** An engine and all stores on it. */
export interface FullEngine extends Engine, AsyncDisposable {
  readonly storage: Storage;
  readonly presence: PresenceManager;
  readonly inbox: Inbox;
  readonly schedule: Schedule;
  readonly snoozes: Snoozes;
  readonly users: UserStore;
  readonly revocations: RevocationStore;
  readonly keys: KeyStore;
  readonly receipts?: ReceiptLog;
}

export interface StoreOptions {
  readonly retention?: Retention;
  /** Whether a log is kept of what is delivered and read. */
  readonly keepsReceipts?: boolean;
  readonly onRevocationChange?: OnRevocationChange;
}

/** Opens all stores on an engine; disposing of the result closes the engine, too. */
async function withStores<Opened extends Engine & AsyncDisposable & { storage: Storage }>(
  engine: Opened,
  { onRevocationChange = () => {}, retention = RETENTION, keepsReceipts }: StoreOptions = {},
): Promise<Opened & FullEngine> {
  const { storage } = engine;
  const inbox = await openInboxStores(storage, retention);
  return {
    ...engine,
    ...inbox,
    receipts: keepsReceipts ? inbox.keepReceipts() : undefined,
    keys: await openKeyStore(storage),
    revocations: await openRevocationStore(storage, onRevocationChange),
    presence: await openPresence(engine),
  };
}

/** @param options the engine is in memory where they name no folder */
export function openFullEmbedded(
  { dataDir = ":memory:", sync, ...options }: Partial<EmbeddedOptions> & StoreOptions = {},
): Promise<EmbeddedEngine & FullEngine> {
  return withStores(openEmbedded({ dataDir, sync, stored: FEATURES }), options);
}

/** @param changes to the settings of a server that uses this Redis */
export function openFullRedis(
  server: RedisServer,
  options: StoreOptions = {},
  changes: Partial<RedisConfig> = {},
): Promise<RedisEngine & FullEngine> {
  const { redis } = readConfig(server.env).config;
  assert.ok(redis);
  const engine = openRedis({ ...redis, ...changes }, { name: "test", stored: FEATURES });
  return withStores(engine, options);
}

/** Opens an engine on a store of its own, for one test. */
type OpenEngine = (options?: StoreOptions) => Promise<FullEngine>;

/** The engines that every test of all engines runs on. */
const ENGINES: Readonly<Record<string, OpenEngine>> = {
  async "embedded (file)"(options) {
    const dataDir = await Deno.makeTempDir();
    const engine = await openFullEmbedded({ dataDir, ...options });
    return closingAlso(engine, () => Deno.remove(dataDir, { recursive: true }));
  },
  "embedded (memory)": openFullEmbedded,
  async "redis"(options) {
    const server = await RedisServer.start();
    const engine = await openFullRedis(server, options);
    return closingAlso(engine, () => server[Symbol.asyncDispose]());
  },
  async "redis (own prefix)"(options) {
    const server = await RedisServer.start();
    const engine = await openFullRedis(server, options, { prefix: "shop:" });
    return closingAlso(engine, async () => {
      const keys = await server.call("KEYS", "*");
      await server[Symbol.asyncDispose]();
      for (const key of keys.split("\n")) if (key !== "") assert.match(key, /^shop:/);
    });
  },
};

/** A publication that an engine handed to its node. */
export interface Heard {
  readonly channel: Channel;
  readonly publication: Publication;
  readonly position?: Position;
}

/** Makes a test of every engine. The engine runs already; `changes` are those of its revocations. */
export function testEngines(
  what: string,
  run: (engine: FullEngine, heard: Heard[], changes: RevocationChange[]) => Promise<void>,
): void {
  for (const [name, open] of Object.entries(ENGINES)) {
    Deno.test(`${name} engine ${what}`, async () => {
      const heard: Heard[] = [];
      const changes: RevocationChange[] = [];
      await using engine = await open({
        keepsReceipts: true,
        onRevocationChange: (change) => void changes.push(change),
      });
      await engine.run({
        handlePublication: (channel, publication, position) =>
          void heard.push({ channel, publication, position }),
        handleRestored() {},
      });
      await run(engine, heard, changes);
    });
  }
}

export function message(id: string): Publication {
  return { kind: "message", id, at: 5, from: { user: "1", name: "One" }, message: `of ${id}` };
}

/** The engine; when it is closed, its store is removed, too. */
function closingAlso(engine: FullEngine, close: () => Promise<void>): FullEngine {
  return {
    ...engine,
    async [Symbol.asyncDispose]() {
      await engine[Symbol.asyncDispose]();
      await close();
    },
  };
}
