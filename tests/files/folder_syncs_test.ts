/** Syncs of folders that are shared: nobody takes one for theirs that began before they asked. */
import assert from "node:assert/strict";
import { FolderSyncs } from "../../lib/files/store/folder_syncs.ts";

Deno.test("who asks while a folder is synced shares the next sync, and not that one", async () => {
  const [folder, other] = [await Deno.makeTempDir(), await Deno.makeTempDir()];
  const syncs = new FolderSyncs();
  const ended: string[] = [];
  const sync = (name: string, path = folder) => {
    const done = syncs.sync(path);
    return { done, noted: done.then(() => void ended.push(name)) };
  };
  const [first, second, third] = [sync("first"), sync("second"), sync("third")];
  const elsewhere = sync("elsewhere", other);
  assert.notEqual(first.done, second.done);
  assert.equal(second.done, third.done);
  assert.notEqual(second.done, elsewhere.done);
  await Promise.all([first, second, third, elsewhere].map(({ noted }) => noted));
  assert.deepEqual(ended.filter((name) => name !== "elsewhere"), ["first", "second", "third"]);

  // A folder that is not there is synced once it is.
  await Deno.remove(folder);
  const [lost, lostToo] = [syncs.sync(folder), syncs.sync(folder)];
  await assert.rejects(lost, Deno.errors.NotFound);
  await assert.rejects(lostToo, Deno.errors.NotFound);
  await Deno.mkdir(folder);
  await syncs.sync(folder);
  for (const path of [folder, other]) await Deno.remove(path);
});
