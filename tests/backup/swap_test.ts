/** A restore that dies at any of its steps leaves the old or the new, and never a part of both; two that end it do not harm each other. */
import assert from "node:assert/strict";
import { beginSwap, commitSwap, finishSwap, newIn } from "../../lib/engines/sqlite/swap.ts";

const OLD = {
  "notifyli.db": "old",
  "notifyli.db-wal": "old log",
  "notifyli.seal": "old seal",
  "operator.key": "old key",
  "files/ab/one": "old file",
  "of others": "theirs",
};
const NEW = { "notifyli.db": "new", "files/cd/two": "new file" };
const AFTER = { ...NEW, "of others": "theirs" };

/** What a swap does to files. Each may be the last that is done. */
const STEPS = ["renameSync", "removeSync", "mkdirSync"] as const;

Deno.test("a program that dies at any step of a swap leaves the old or the new", async () => {
  let steps = 0;
  for (let dies = 1;; dies++) {
    const folder = await Deno.makeTempDir();
    write(folder, OLD);
    beginSwap(folder);
    write(newIn(folder), NEW);
    const isDead = dyingAt(dies, () => {
      commitSwap(folder, [{ folder, replaces: "files" }]);
      finishSwap(folder);
    });
    const isCommitted = exists(`${folder}/notifyli.restore/ready`) || !isDead || steps > 0;
    finishSwap(folder);
    const found = picture(folder);
    const { "notifyli.db": database } = found;
    const isNew = database === "new";
    assert.deepEqual(found, isNew ? AFTER : OLD, `step ${dies}`);
    assert.equal(isNew, isCommitted, `step ${dies}`);
    if (isNew) steps++;
    await Deno.remove(folder, { recursive: true });
    if (!isDead) break;
  }
  assert.ok(steps > 8, `${steps} steps after the commit are few`);
});

Deno.test("a folder of files elsewhere is replaced together with the data folder, or not", async () => {
  for (let dies = 1;; dies++) {
    const [folder, files] = [await Deno.makeTempDir(), await Deno.makeTempDir()];
    write(folder, { "notifyli.db": "old" });
    write(files, { "ab/one": "old file" });
    for (const each of [folder, files]) beginSwap(each);
    write(newIn(folder), { "notifyli.db": "new" });
    write(newIn(files), { "cd/two": "new file" });
    const isDead = dyingAt(dies, () => {
      commitSwap(folder, [{ folder, replaces: "own" }, { folder: files, replaces: "all" }]);
      finishSwap(folder);
    });
    finishSwap(folder);
    const isNew = picture(folder)["notifyli.db"] === "new";
    const { "cd/two": two, "ab/one": one } = picture(files);
    assert.deepEqual([one, two], isNew ? [undefined, "new file"] : ["old file", undefined]);
    for (const each of [folder, files]) assert.equal(exists(`${each}/notifyli.restore`), !isNew);
    for (const each of [folder, files]) await Deno.remove(each, { recursive: true });
    if (!isDead) break;
  }
});

Deno.test("what a restore has left that never was ready is in no later one", async () => {
  const folder = await Deno.makeTempDir();
  write(folder, OLD);
  beginSwap(folder);
  write(newIn(folder), { "files/ab/left": "of another backup" });
  beginSwap(folder);
  write(newIn(folder), NEW);
  commitSwap(folder, [{ folder, replaces: "files" }]);
  finishSwap(folder);
  assert.deepEqual(picture(folder), AFTER);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a swap is brought to its end from whichever folder that is done", async () => {
  const root = await Deno.makeTempDir();
  const before = Deno.cwd();
  Deno.mkdirSync(`${root}/elsewhere`);
  write(`${root}/data`, OLD);
  try {
    Deno.chdir(root);
    beginSwap("data");
    write(newIn("data"), NEW);
    commitSwap("data", [{ folder: "data", replaces: "files" }]);
    Deno.chdir(`${root}/elsewhere`);
    finishSwap("../data");
  } finally {
    Deno.chdir(before);
  }
  assert.deepEqual(picture(`${root}/data`), AFTER);
  assert.equal(exists(`${root}/data/notifyli.restore`), false);
  await Deno.remove(root, { recursive: true });
});

Deno.test("two that end a swap at the same time do not harm each other: the second one waits, and finds it done", async () => {
  const folder = await Deno.makeTempDir();
  write(folder, OLD);
  beginSwap(folder);
  write(newIn(folder), NEW);
  commitSwap(folder, [{ folder, replaces: "files" }]);
  const { lockSync } = Deno.FsFile.prototype;
  let waits = 0;
  // As where the other one has the lock, and goes on to the end.
  Deno.FsFile.prototype.lockSync = function (isExclusive) {
    Deno.FsFile.prototype.lockSync = lockSync;
    assert.equal(isExclusive, true);
    waits++;
    finishSwap(folder);
    write(folder, { "notifyli.db": "of a server by now" });
    this.lockSync(isExclusive);
  };
  try {
    finishSwap(folder);
  } finally {
    Deno.FsFile.prototype.lockSync = lockSync;
  }
  assert.equal(waits, 1);
  assert.deepEqual(picture(folder), { ...AFTER, "notifyli.db": "of a server by now" });
  await Deno.remove(folder, { recursive: true });
});

/** Runs something that dies before its nth step. Whether it died. */
function dyingAt(step: number, work: () => void): boolean {
  const originals = STEPS.map((name) => [name, Deno[name]] as const);
  let left = step;
  for (const [name, original] of originals) {
    const dying = (...args: unknown[]) => {
      if (--left === 0) throw new Death();
      return (original as (...args: unknown[]) => unknown)(...args);
    };
    Object.assign(Deno, { [name]: dying });
  }
  try {
    work();
    return false;
  } catch (error) {
    if (!(error instanceof Death)) throw error;
    return true;
  } finally {
    Object.assign(Deno, Object.fromEntries(originals));
  }
}

class Death extends Error {}

function write(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    const path = `${folder}/${name}`;
    Deno.mkdirSync(path.replace(/\/[^/]*$/, ""), { recursive: true });
    Deno.writeTextFileSync(path, text);
  }
}

/** The files of a folder, but for what a swap that never was ready has left. */
function picture(folder: string, under = ""): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { name, isDirectory } of Deno.readDirSync(`${folder}/${under}`)) {
    if (name === "notifyli.restore") continue;
    if (isDirectory) Object.assign(found, picture(folder, `${under}${name}/`));
    else found[`${under}${name}`] = Deno.readTextFileSync(`${folder}/${under}${name}`);
  }
  return found;
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
