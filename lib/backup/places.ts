/** Where the things are that a backup has, and which ones it does not have, by the settings. */
import type { FilesConfig } from "../files/settings.ts";
import type { Elsewhere } from "./archive.ts";

/** The folder of users' files; `undefined` where they are in a bucket. */
export function filesRootOf(
  { dir, s3 }: Pick<FilesConfig, "dir" | "s3">,
  dataDir: string,
): string | undefined {
  return s3 === undefined ? dir ?? `${dataDir}/files` : undefined;
}

interface Parts {
  readonly hasRedis: boolean;
  readonly hasPostgres: boolean;
  readonly hasBucket: boolean;
}

/** What is kept elsewhere than on this machine's disk. */
export function elsewhere({ hasRedis, hasPostgres, hasBucket }: Parts): Elsewhere[] {
  return [
    ...(hasPostgres ? ["postgres" as const] : []),
    ...(hasRedis ? ["redis" as const] : []),
    ...(hasBucket ? ["s3" as const] : []),
  ];
}
