/** Opens the store of files that the settings name. */
import type { FilesConfig } from "../settings.ts";
import { DiskStore } from "./disk.ts";
import type { FileStore } from "./file_store.ts";
import { S3Store } from "./s3.ts";

/** @param dataDir where files are without a setting; `:memory:` for a folder that goes with the server */
export async function openStore(
  config: Pick<FilesConfig, "dir" | "s3">,
  dataDir: string,
): Promise<FileStore> {
  if (config.s3 !== undefined) return await S3Store.open(config.s3);
  if (config.dir !== undefined) return await DiskStore.open(config.dir);
  return new DiskStore(dataDir === ":memory:" ? undefined : `${dataDir}/files`);
}
