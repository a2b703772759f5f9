/**
 * Files while servers are killed, or stand still and go on: they are uploaded in all ways, used, looked at, removed, and go with their users. In the end,
 * what was accepted and is used is there, byte for byte, and nothing else is: no row, no bytes, nothing half made.
 */
import assert from "node:assert/strict";
import { Manager } from "../support/manager.ts";
import { ROOT } from "../support/paths.ts";
import { RedisServer } from "../support/redis.ts";
import { APP_KEY } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";
import { Cluster } from "./cluster.ts";
import { FileCaller } from "./file_caller.ts";
import { FileLedger } from "./file_ledger.ts";
import { FilePerson, sha256Of } from "./file_person.ts";
import {
  type BytesPlace,
  inBucket,
  inPostgres,
  inSqlite,
  onDisk,
  type RowsPlace,
} from "./file_places.ts";
import { requireLeft } from "./files_left.ts";
import { photo, plain } from "../files/content/images.ts";
import type { FaultContext, Report, Scenario } from "./scenario.ts";
import { passed } from "./time.ts";

const PEOPLE = 5;
/** Bytes of most files at the most. */
const MOST_BYTES = 400_000;
/** Files that are accepted before a server is killed again. */
const LEAST_BETWEEN = 5;

/** A bundle of the sources cannot load `sharp`, which makes the thumbnails. */
const SOURCES = `${ROOT}./`;

/** Longer than an upload is leased, so that the other node takes it over. */
const STILL_SECONDS = 11;
/** Seconds after which somebody asks the other node, where one stands still. */
const PATIENCE = 2;

type Open<Place> = () => Promise<Place>;

const PLACES: readonly [string, Open<RowsPlace>, Open<BytesPlace>][] = [
  ["SQLite and a disk", inSqlite, onDisk],
  ["SQLite and a bucket", inSqlite, inBucket],
  ["PostgreSQL and a disk", inPostgres, onDisk],
  ["PostgreSQL and a bucket", inPostgres, inBucket],
];

export const filesKilled: readonly Scenario[] = [
  ...PLACES.map(([where, openRows, openBytes]): Scenario => ({
    name: `files while the server is killed, ${where}`,
    async run(context) {
      await using rows = await openRows();
      await using bytes = await openBytes();
      return await run(context, { rows, bytes, nodes: 1, env: {} });
    },
  })),
  ...[["a folder", onDisk] as const, ["a bucket", inBucket] as const].map((
    [where, openBytes],
  ): Scenario => ({
    name: `files while one of two nodes is killed, ${where}`,
    async run(context) {
      await using redis = await RedisServer.start();
      await using rows = await inPostgres();
      await using bytes = await openBytes();
      return await run(context, { rows, bytes, nodes: 2, env: redis.env });
    },
  })),
];

/** These take longer: a lease has to end. */
export const filesStill: readonly Scenario[] = [
  ...[["a folder", onDisk] as const, ["a bucket", inBucket] as const].map((
    [where, openBytes],
  ): Scenario => ({
    name: `files while one of two nodes stands still, ${where}`,
    async run(context) {
      await using redis = await RedisServer.start();
      await using rows = await inPostgres();
      await using bytes = await openBytes();
      return await run(context, { rows, bytes, nodes: 2, env: redis.env, isStill: true });
    },
  })),
];

interface Behind {
  readonly rows: RowsPlace;
  readonly bytes: BytesPlace;
  readonly nodes: number;
  readonly env: Readonly<Record<string, string>>;
  /** Whether a server stands still for a while, in place of being killed. */
  readonly isStill?: boolean;
}

async function run(
  context: FaultContext,
  { rows, bytes, nodes, env, isStill = false }: Behind,
): Promise<Report> {
  const { random, seconds, progress } = context;
  await using cluster = await Cluster.start({
    ...{ nodes, root: SOURCES },
    env: { APP_KEY, APP_RATE_CHAT: "off", ...rows.env, ...bytes.env, ...env },
  });
  const manager = await Manager.of(cluster.program(0));
  const ledger = new FileLedger();
  const photos = await photosOf();
  const names = Array.from({ length: PEOPLE }, (_, index) => `p${index}`);
  const failing = new AbortController();
  const personOf = async (user: string) => {
    const { ports } = cluster;
    const caller = await FileCaller.of(user, {
      ...{ ports, random: random.fork(), hopeless: failing.signal },
      patience: isStill ? PATIENCE : undefined,
    });
    const person = new FilePerson({
      ...{ caller, ledger, photos, random: random.fork() },
      ...{ to: names[0] === user ? "p1" : "p0", mostBytes: MOST_BYTES },
      largeBytes: bytes.largeBytes,
    });
    return { caller, person };
  };
  const people = await Promise.all(names.map(personOf));

  const ending = new AbortController();
  let [kills, erased] = [0, 0];
  const leave = async () => {
    while (!ending.signal.aborted) {
      const { caller, person } = await personOf(`gone${erased}`);
      const gone = new AbortController();
      const worked = person.work(gone.signal).catch(() => {}); // what is asked for may be gone
      await passed(random.between(0.1, 0.5));
      await erase(cluster, manager, caller.user);
      gone.abort();
      await worked;
      await erase(cluster, manager, caller.user);
      erased++;
    }
  };
  const kill = async () => {
    for (const endsAt = performance.now() + seconds * 1000; performance.now() < endsAt;) {
      const before = ledger.accepted;
      await waitFor("it goes", () => {
        return ledger.accepted >= before + LEAST_BETWEEN || failing.signal.aborted;
      });
      await passed(random.between(0, 0.2) * seconds);
      if (failing.signal.aborted) return;
      if (isStill) await standStill(cluster, random.between(1, 1.5) * STILL_SECONDS);
      else {
        const victim = random.integer(0, nodes - 1);
        await cluster.kill(victim);
        await cluster.restart(victim);
      }
      const what = isStill ? "stood still" : "killed";
      progress(`${what} ${++kills} times, ${ledger.accepted} accepted, ${erased} erased`);
    }
    ending.abort();
  };
  const works = [kill(), leave(), ...people.map(({ person }) => person.work(ending.signal))];
  const ended = await Promise.allSettled(works.map((work) =>
    work.catch((error) => {
      ending.abort();
      failing.abort(error);
      throw error;
    })
  ));
  if (failing.signal.aborted) throw failing.signal.reason;
  for (const each of ended) if (each.status === "rejected") throw each.reason;

  const kept = ledger.kept().filter(({ owner }) => names.includes(owner));
  const callers = new Map(people.map(({ caller }) => [caller.user, caller]));
  for (const { id, owner, sha256 } of kept) {
    assert.equal(sha256Of(await callers.get(owner)!.bytes(`/files/${id}`)), sha256, id);
  }
  for (const { id, owner } of ledger.gone()) {
    const found = await callers.get(owner)?.try({ method: "GET", path: `/files/${id}` });
    if (found !== undefined) assert.equal(found.status, 404, `${id} is gone`);
  }
  // However they end: what is half done stays so.
  for (const node of cluster.ports.keys()) {
    await cluster.kill(node, random.pick(["SIGKILL", "SIGTERM"]));
  }
  await bytes.settled();
  await using database = await rows.open(cluster.dataDir(0));
  await using store = await bytes.open();
  await requireLeft({ database, store, names: () => bytes.names() }, kept);
  const notes = `${kills} ${
    isStill ? "times still" : "kills"
  }, ${ledger.accepted} uploads, ${erased} users erased`;
  return { accepted: ledger.accepted, delivered: ledger.accepted, queued: 0, doubled: 0, notes };
}

/** The last node stands still, as in a machine that is paused; the others are asked meanwhile. */
async function standStill(cluster: Cluster, seconds: number): Promise<void> {
  const program = cluster.program(cluster.ports.length - 1);
  program.kill("SIGSTOP");
  await passed(seconds);
  program.kill("SIGCONT");
}

async function photosOf(): Promise<Uint8Array<ArrayBuffer>[]> {
  const made = [photo("image/jpeg"), plain("image/jpeg", { width: 900, height: 600 })];
  return (await Promise.all(made)).map((each) => Uint8Array.from(each));
}

/** Erases a user's data, until that is done. */
async function erase(cluster: Cluster, manager: Manager, user: string): Promise<void> {
  await waitFor(`${user} is erased`, async () => {
    const answer = await manager.call(cluster.program(0), "DELETE", `/users/${user}/data`);
    return answer.status === 200 && answer.json["done"] === true;
  });
}
