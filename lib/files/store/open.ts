/** Opens the store of files that the settings name. */
import type { FilesConfig } from "../settings.ts";
import { DiskStore } from "./disk.ts";
import type { FileStore } from "./file_store.ts";

/** @param dataDir where files are without a setting; `:memory:` for a folder that goes with the server */
export async function openStore(
  config: Pick<FilesConfig, "dir">,
  dataDir: string,
): Promise<FileStore> {
  const folder = dataDir === ":memory:" ? undefined : `${dataDir}/files`;
  return await DiskStore.open(config.dir ?? folder);
}
