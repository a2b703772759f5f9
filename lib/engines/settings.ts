/** The settings of the embedded store. */
import { filled, oneOf } from "../config/kinds.ts";
import { slice } from "../config/slice.ts";
import type { SyncMode } from "./sqlite/disk_sync.ts";

interface StoreConfig {
  /** Folder of the embedded store; `:memory:` keeps the store in memory. With Redis, too, it has the operator's key. */
  readonly dataDir: string;
  readonly sync: SyncMode;
}

export const store = slice({
  name: "store",
  title: "Store",
  settings: {
    APP_DATA_DIR: {
      default: "data",
      help: "Folder of the embedded store; `:memory:` keeps it in memory",
      kind: filled,
    },
    APP_STORE_SYNC: {
      default: "always",
      help:
        "When the embedded store is safe from a power cut: `always` (before it accepts) or `everysec`",
      kind: oneOf("always", "everysec"),
    },
  },
  config: (read): StoreConfig => ({
    dataDir: read.value("APP_DATA_DIR"),
    sync: read.value("APP_STORE_SYNC"),
  }),
});
