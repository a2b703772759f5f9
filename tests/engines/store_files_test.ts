/**
 * The files of a store are damaged, removed, replaced or cut short beside a running server: it says so, accepts nothing that
 * would be gone, and loses nothing that it can save.
 */
import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { readiness } from "../faults/readiness.ts";
import { damagePages } from "../support/damage.ts";
import { Program } from "../support/program.ts";
import { SmallDisk } from "../support/small_disk.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

/** What may happen to the log alone: SQLite still has it open, so the server saves what is in it. */
const LOG_FAULTS: Readonly<Record<string, (wal: string) => void>> = {
  removed: (wal) => Deno.removeSync(wal),
  "moved away": (wal) => Deno.renameSync(wal, `${wal}.old`),
  "replaced by an empty file": (wal) => replace(wal, new Uint8Array()),
  "replaced by other bytes": (wal) => replace(wal, new Uint8Array(100_000).fill(7)),
  "replaced by its own copy": (wal) => replace(wal, Deno.readFileSync(wal)),
};

for (const [what, happens] of Object.entries(LOG_FAULTS)) {
  for (const waits of [false, true]) {
    Deno.test(`a log that is ${what}: nothing that was accepted is lost${waits ? ", although nothing is written any more" : ""}`, async () => {
      const dataDir = await Deno.makeTempDir();
      {
        await using program = await Program.start({ dataDir });
        assert.equal((await notify(program, "order-0001")).status, 201);
        happens(`${dataDir}/notifyli.db-wal`);
        if (waits) await waitFor("it is noticed", () => line(program, "nothing is lost"));
        else assert.equal((await notify(program, "order-0002")).status, 201);
        assert.equal((await readiness(program.url)).status, 200);
        program.kill("SIGKILL");
        await program.ended();
      }
      await using after = await Program.start({ dataDir });
      assert.equal(await statusOf(after, "order-0001"), 200);
      if (!waits) assert.equal(await statusOf(after, "order-0002"), 200);
      await Deno.remove(dataDir, { recursive: true });
    });
  }
}

/** What may happen to the database itself; each returns what puts it back. */
const DATABASE_FAULTS: Readonly<Record<string, (file: string) => (() => void) | undefined>> = {
  "moved away": (file) => {
    Deno.renameSync(file, `${file}.old`);
    return () => Deno.renameSync(`${file}.old`, file);
  },
  removed: (file) => {
    Deno.removeSync(file);
    return undefined;
  },
  "replaced by a copy": (file) => {
    Deno.renameSync(file, `${file}.old`);
    Deno.copyFileSync(`${file}.old`, file);
    return () => Deno.renameSync(`${file}.old`, file);
  },
  "replaced by an empty file": (file) => {
    replace(file, new Uint8Array());
    return undefined;
  },
  "cut short": (file) => {
    Deno.truncateSync(file, 0);
    return undefined;
  },
  "whole, but whose log is cut short": (file) => {
    Deno.truncateSync(`${file}-wal`, 0);
    return undefined;
  },
};

for (const [what, happens] of Object.entries(DATABASE_FAULTS)) {
  Deno.test(`a database that is ${what}: nothing is accepted, and the server says why`, async () => {
    const dataDir = await Deno.makeTempDir();
    {
      await using program = await Program.start({ dataDir });
      assert.equal((await notify(program, "order-0001")).status, 201);
      const putBack = happens(`${dataDir}/notifyli.db`);
      await lookIsOver();
      const refused = await notify(program, "order-0002");
      assert.deepEqual([refused.status, refused.code], [503, "unavailable"]);
      assert.match(refused.message, /notifyli\.db(-wal)? was (removed|replaced|cut short) while/);
      for (let ask = 0; ask < 3; ask++) {
        const { status, reason } = await readiness(program.url);
        assert.deepEqual([status, reason], [503, refused.message]);
      }
      putBack?.();
      if (putBack !== undefined) {
        assert.equal((await readiness(program.url)).status, 200);
        assert.equal((await notify(program, "order-0003")).status, 201);
      }
      program.kill("SIGKILL");
      await program.ended();
      if (putBack === undefined) return await Deno.remove(dataDir, { recursive: true });
    }
    await using after = await Program.start({ dataDir });
    for (const id of ["order-0001", "order-0003"]) assert.equal(await statusOf(after, id), 200, id);
    assert.equal(await statusOf(after, "order-0002"), 404);
    await Deno.remove(dataDir, { recursive: true });
  });
}

Deno.test("a database that grew and is cut short to what it was at the start: nothing is accepted any more", async () => {
  await using program = await Program.start();
  const file = `${program.dataDir}/notifyli.db`;
  const atFirst = Deno.statSync(file).size;
  await waitFor("the database has grown", async () => {
    const many = Array.from({ length: 100 }, () => notify(program, crypto.randomUUID()));
    assert.ok((await Promise.all(many)).every(({ status }) => status === 201));
    return Deno.statSync(file).size > 10 * atFirst;
  });
  Deno.truncateSync(file, 2 * atFirst);
  await lookIsOver();
  const refused = await notify(program, "order-0001");
  assert.deepEqual([refused.status, refused.code], [503, "unavailable"]);
  assert.match(refused.message, /notifyli\.db was cut short while/);
  assert.equal((await readiness(program.url)).reason, refused.message);
});

Deno.test("a server that was killed starts on a disk that is full to the last byte", async () => {
  await using disk = await SmallDisk.mount(8 * 1024 * 1024);
  const options = { dataDir: disk.path, wrapper: disk.wrapper };
  {
    await using program = await Program.start(options);
    assert.equal((await notify(program, "order-0001")).status, 201);
    program.kill("SIGKILL");
    await program.ended();
  }
  disk.fill();
  await using program = await Program.start(options);
  assert.equal(await statusOf(program, "order-0001"), 200);
  assert.equal((await notify(program, "order-0002")).status, 503);
  disk.free();
  assert.equal((await notify(program, "order-0002")).status, 201);
});

Deno.test("a folder that is moved away and back is the store's again", async () => {
  const parent = await Deno.makeTempDir();
  {
    const dataDir = `${parent}/data`;
    await using program = await Program.start({ dataDir: parent, env: { APP_DATA_DIR: dataDir } });
    assert.equal((await notify(program, "order-0001")).status, 201);
    await Deno.rename(dataDir, `${dataDir}.old`);
    await Deno.mkdir(dataDir);
    await lookIsOver();
    assert.equal((await notify(program, "order-0002")).status, 503);
    assert.equal((await readiness(program.url)).status, 503);
    await Deno.remove(dataDir);
    await Deno.rename(`${dataDir}.old`, dataDir);
    assert.equal((await notify(program, "order-0002")).status, 201);
    assert.equal((await readiness(program.url)).status, 200);
  }
  await Deno.remove(parent, { recursive: true });
});

Deno.test("a damaged file is not ready, accepts nothing, and is not opened again until it is whole", async () => {
  const dataDir = await Deno.makeTempDir();
  const file = `${dataDir}/notifyli.db`;
  {
    await using program = await Program.start({ dataDir });
    for (let each = 0; each < USERS; each++) {
      assert.equal((await notify(program, `order-000${each}`, `u-${each}`)).status, 201);
    }
    program.kill("SIGTERM");
    await program.ended();
  }
  const backup = await Deno.readFile(file);
  damagePages(file, LONG);
  {
    await using program = await Program.start({ dataDir });
    await waitFor("it is noticed", async () => {
      for (let each = 0; each < USERS; each++) await look(program, `u-${each}`);
      return (await readiness(program.url)).status === 503;
    });
    const refused = await notify(program, "order-0100", "somebody-else");
    assert.deepEqual([refused.status, refused.code], [503, "unavailable"]);
    for (let ask = 0; ask < 3; ask++) {
      const { status, reason } = await readiness(program.url);
      assert.equal(status, 503);
      assert.match(reason, /^The store is damaged/);
    }
    const errors = program.log.filter(({ level }) => level === "error");
    assert.equal(errors.length, 1, `it is logged once: ${errors.map(({ message }) => message)}`);
  }
  {
    await using program = await Program.spawn({ dataDir });
    assert.equal((await program.ended()).code, 1);
    assert.match(program.output, /cannot start: .*notifyli\.db cannot be opened: it is damaged/);
  }
  await Deno.writeFile(file, backup);
  await Deno.remove(`${file}-wal`).catch(() => {});
  for (const word of ["the store is whole", undefined]) {
    await using program = await Program.start({ dataDir });
    assert.equal((await readiness(program.url)).status, 200);
    assert.equal(
      program.log.some(({ message }) => message === "the store is whole"),
      word !== undefined,
    );
    assert.equal(await statusOf(program, "order-0000"), 200);
  }
  await Deno.remove(dataDir, { recursive: true });
});

/** Users with one long notification each: enough for the pages to be read from the disk. */
const USERS = 20;

/** Longer than a page, so that some pages hold nothing else. */
const LONG = "all of this is damaged ".repeat(400);

/** Reads a user's inbox, or is told that it cannot be read. */
async function look({ webSocketUrl }: Program, user: string): Promise<void> {
  await using client = await TestClient.connectV2(webSocketUrl);
  client.send({ type: "connect", ref: 1, user_id: user });
  client.send({ type: "inbox", ref: 2 });
  await waitFor("it answers", () => client.frames.some(({ ref }) => ref === 2));
}

function replace(path: string, bytes: Uint8Array): void {
  Deno.writeFileSync(`${path}.new`, bytes);
  Deno.renameSync(`${path}.new`, path);
}

function line(program: Program, text: string): boolean {
  return program.log.some(({ message }) => message.includes(text));
}

async function statusOf({ url }: Program, id: string): Promise<number> {
  const answer = await fetch(`${url}/api/notifications/${id}`);
  await answer.body?.cancel();
  return answer.status;
}

interface Answer {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

async function notify({ url }: Program, id: string, user = "1"): Promise<Answer> {
  const answer = await fetch(`${url}/api/users/${user}/notifications`, {
    method: "POST",
    body: LONG,
    headers: { "idempotency-key": id },
  });
  return { status: answer.status, ...await answer.json() };
}

/** Resolves when the next commit looks at the files itself: within a millisecond of a look, it would write first. */
async function lookIsOver(): Promise<void> {
  await pause(5);
}
