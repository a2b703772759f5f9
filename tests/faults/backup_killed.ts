/** Backups and restores that are killed at any moment, beside a server under load: what is there is always the old or the new, whole. */
import assert from "node:assert/strict";
import { baseEnv, run, taskCommand } from "../support/command.ts";
import { envOf } from "../support/engine_target.ts";
import { Program } from "../support/program.ts";
import type { FaultContext, Report, Scenario } from "./scenario.ts";
import { passed } from "./time.ts";

export const BACKUP_KILLED: Scenario = {
  name: "backups and restores are killed",
  run: killed,
};

type Env = Readonly<Record<string, string>>;

/** How often a backup is begun at the most, until some were killed and some were not. */
const MOST_ROUNDS = 30;

async function killed({ random, seconds, progress }: FaultContext): Promise<Report> {
  const folder = await Deno.makeTempDir();
  const [dataDir, trial, file] = [`${folder}/data`, `${folder}/trial`, `${folder}/backup.tar`];
  await Deno.mkdir(dataDir);
  const accepted: string[] = [];
  let [whole, kills] = [0, 0];
  {
    await using program = await Program.start({ dataDir });
    const env = envOf(program);
    const endsAt = performance.now() + seconds * 1000;
    let isOver = false;
    const load = notifyUntil(program, accepted, () => isOver);
    const took = await secondsOf(async () => {
      assert.equal(await ended("backup", ["--force", file], env), 0);
    });
    const isEnough = () => whole > 0 && kills > 1 && performance.now() > endsAt;
    for (let round = 0; round < MOST_ROUNDS && !isEnough(); round++) {
      const before = accepted.length;
      const seconds = took * random.between(0.4, 1.6);
      const code = await ended("backup", ["--force", file], env, seconds);
      if (code === 0) whole++;
      else kills++;
      // Killed or not: the file is one that can be restored, and a whole one has all that was accepted before.
      const restored = await restoredIds(file, trial);
      if (code === 0) {
        for (const id of accepted.slice(0, before)) assert.ok(restored.has(id), id);
      }
      await Deno.remove(trial, { recursive: true });
    }
    isOver = true;
    await load;
    assert.ok(whole > 0 && kills > 1, `${kills} backups were killed, and ${whole} not`);
  }
  progress(`${accepted.length} accepted, ${kills} backups killed, ${whole} whole`);
  const newest = await idsIn(dataDir);
  for (const id of accepted) assert.ok(newest.has(id), `${id} is lost`);
  let saved = new Set<string>();
  const took = await secondsOf(async () => void (saved = await restoredIds(file, trial)));
  let [restores, news] = [0, 0];
  for (let round = 0; round < 4; round++) {
    const env = { APP_DATA_DIR: trial, APP_PORT: "1" };
    const wanted = round % 2 === 0 ? `${folder}/newest.tar` : file;
    if (round === 0) await ended("backup", [wanted], { ...env, APP_DATA_DIR: dataDir });
    const before = (await idsIn(trial)).size;
    const code = await ended("restore", ["--force", wanted], env, took * random.between(0.2, 0.9));
    const after = (await idsIn(trial)).size;
    const expected = round % 2 === 0 ? newest.size : saved.size;
    assert.ok(after === before || after === expected, `${after} of ${before} or ${expected}`);
    if (code === 0) assert.equal(after, expected);
    restores++;
    if (after === expected) news++;
  }
  await Deno.remove(folder, { recursive: true });
  return {
    ...{ accepted: accepted.length, delivered: 0, queued: accepted.length, doubled: 0 },
    notes: `${kills} backups killed, ${whole} whole; of ${restores} restores ${news} left the new`,
  };
}

/** Runs a command, and kills it after some seconds if it still runs. Resolves with its exit code. */
async function ended(
  task: "backup" | "restore",
  args: readonly string[],
  env: Env,
  seconds?: number,
): Promise<number> {
  const [program = "", ...words] = [...taskCommand(task), ...args];
  const child = new Deno.Command(program, {
    ...{ args: words, clearEnv: true, env: { ...baseEnv(), ...env } },
    ...{ stdin: "null", stdout: "null", stderr: "null" },
  }).spawn();
  let isEnded = false;
  const status = child.status.finally(() => isEnded = true);
  if (seconds !== undefined) {
    await passed(seconds);
    if (!isEnded) child.kill("SIGKILL");
  }
  return (await status).code;
}

async function secondsOf(work: () => Promise<void>): Promise<number> {
  const beganAt = performance.now();
  await work();
  return (performance.now() - beganAt) / 1000;
}

async function notifyUntil(
  program: Program,
  accepted: string[],
  isOver: () => boolean,
): Promise<void> {
  for (let count = 0; !isOver(); count++) {
    const id = `saved-${String(count).padStart(6, "0")}`;
    const body = JSON.stringify({ user_id: count % 20, id, message: "x".repeat(2000) });
    const response = await fetch(`${program.url}/api/notifications`, { method: "POST", body });
    assert.equal(response.status, 201, await response.text());
    accepted.push(id);
    await passed(0.002);
  }
}

/** What a restore into an empty folder brings. */
async function restoredIds(file: string, folder: string): Promise<Set<string>> {
  const { code, stderr } = await run([...taskCommand("restore"), file], {
    env: { APP_DATA_DIR: folder, APP_PORT: "1" },
  });
  assert.equal(code, 0, stderr);
  return await idsIn(folder);
}

/** The notifications that a server finds which starts on the folder. */
async function idsIn(dataDir: string): Promise<Set<string>> {
  {
    await using program = await Program.start({ dataDir });
    program.kill("SIGTERM");
    await program.ended();
  }
  const { DatabaseSync } = await import("node:sqlite");
  using database = new DatabaseSync(`${dataDir}/notifyli.db`);
  return new Set(
    database.prepare("SELECT id FROM notifications").all().map(({ id }) => String(id)),
  );
}
