/** The engine of one node without Redis: rooms and presence in memory, notifications in one SQLite file. */
import type { Engine, EngineHandler } from "../engine.ts";
import { MemoryBroker } from "./memory_broker.ts";
import { MemoryPresence } from "./memory_presence.ts";
import { SqliteInbox } from "./sqlite_inbox.ts";

export interface EmbeddedOptions {
  /** Folder of the SQLite file, made where it is missing; `:memory:` keeps it in memory. */
  readonly dataDir: string;
  /** Notifications kept for one user. */
  readonly inboxSize: number;
}

/** Opens the store. Throws where the folder cannot be written. */
export function openEmbedded(options: EmbeddedOptions): Engine {
  let handler: EngineHandler | undefined;
  const fanOut: EngineHandler["handlePublication"] = (channel, publication, position) =>
    handler?.handlePublication(channel, publication, position);
  const broker = new MemoryBroker(fanOut);
  const inbox = new SqliteInbox(options, fanOut);
  return {
    name: "embedded",
    broker,
    presence: new MemoryPresence(),
    inbox,
    run(given) {
      handler = given;
      return Promise.resolve();
    },
    unready: () => Promise.resolve(inbox.unready()),
    async [Symbol.asyncDispose]() {
      handler = undefined;
      await inbox[Symbol.asyncDispose]();
    },
  };
}
