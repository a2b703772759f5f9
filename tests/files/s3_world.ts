/** A store in a bucket of its own, for the suite that all stores pass (`store_test.ts`). */
import { S3Store } from "../../lib/files/store/s3.ts";
import type { FileStore } from "../../lib/files/store/file_store.ts";
import { S3Server } from "../support/s3.ts";

export interface TestedS3 extends AsyncDisposable {
  readonly store: FileStore;
  /** Another one on the same bucket, as another node has it. */
  other(): Promise<FileStore>;
  /** The names of all that it keeps. */
  names(): Promise<string[]>;
}

export async function openS3(): Promise<TestedS3> {
  const server = await S3Server.start();
  const store = await S3Store.open(server.config());
  return {
    store,
    other: () => S3Store.open(server.config()),
    names: () => Promise.resolve(server.keys()),
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}
