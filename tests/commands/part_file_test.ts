/** The file of a backup before it counts: two programs never write the same one, and none is left. */
import assert from "node:assert/strict";
import { PartFile } from "../../lib/commands/part_file.ts";

Deno.test("a part is one program's until it counts, and nothing of it stays otherwise", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/a.tar.part`;
  {
    using part = new PartFile(path);
    assert.throws(() => new PartFile(path), /another program writes .*a\.tar\.part right now/);
    await part.file.write(new TextEncoder().encode("whole"));
    part.rename(`${folder}/a.tar`);
    // The next one is another file, and the one that counts stays as it is.
    using next = new PartFile(path);
    await next.file.write(new TextEncoder().encode("half"));
  }
  assert.equal(await Deno.readTextFile(`${folder}/a.tar`), "whole");
  assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["a.tar"]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("what a program left that was killed is written anew, and a link leads nowhere", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/a.tar.part`;
  await Deno.writeTextFile(path, "left", { mode: 0o644 });
  {
    using part = new PartFile(path);
    const { size, mode } = part.file.statSync();
    assert.deepEqual([size, mode! & 0o777], [0, 0o600]);
  }
  await Deno.writeTextFile(`${folder}/other`, "stays");
  await Deno.symlink(`${folder}/other`, path);
  {
    using part = new PartFile(path);
    await part.file.write(new TextEncoder().encode("backup"));
  }
  assert.equal(await Deno.readTextFile(`${folder}/other`), "stays");
  await Deno.remove(folder, { recursive: true });
});
