/** Backups of what the server keeps on its disk, while it runs, as a capability of the server. */
import { store as storeSettings } from "../engines/settings.ts";
import { IN_MEMORY } from "../engines/sqlite/data_dir.ts";
import type { Feature } from "../feature.ts";
import { Files } from "../files/files.ts";
import { files as fileSettings } from "../files/settings.ts";
import { Counter } from "../core/metrics.ts";
import { described } from "../http/openapi/described.ts";
import { BACKUP_API } from "./api.ts";
import { elsewhere, filesRootOf } from "./places.ts";
import { backupRoutes } from "./routes.ts";

export const backupFeature = {
  name: "backup",
  open({ engine: { storage }, database, of, use }) {
    const files = use(Files);
    const { dataDir } = of(storeSettings);
    const made = new Counter("backups", "Backups that were given out, to their end.");
    const ofFiles = of(fileSettings);
    return {
      metrics: [made],
      routes: described(
        backupRoutes({
          contents: {
            dataDir,
            hold: storage.kind === "sqlite"
              ? () => storage.store.hold()
              : database.hold && (() => database.hold!()),
            filesRoot: filesRootOf(ofFiles, dataDir),
          },
          elsewhere: elsewhere({
            hasRedis: storage.kind === "redis",
            hasPostgres: database.dialect === "postgres",
            hasBucket: ofFiles.s3 !== undefined,
          }),
          holdDeletion: () => files.holdDeletion(),
          isInMemory: dataDir === IN_MEMORY,
          made,
        }),
        BACKUP_API,
      ),
    };
  },
} satisfies Feature;
