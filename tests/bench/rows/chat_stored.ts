/** How many messages are stored a second, beside bare inserts into the same kind of store, in one run. */
import { DatabaseSync } from "node:sqlite";
import { programsOf } from "../../support/postgres_data.ts";
import type { PostgresServer } from "../../support/postgres.ts";
import { ChatServer, type DatabaseName, DATABASES, privateWith } from "../chat.ts";
import { cpuSeconds } from "../loads/figures.ts";
import { type Bench, digits, type Row } from "../row.ts";
import { median } from "../run_load.ts";

/** People who send without a pause, each to a conversation of their own. */
const SENDERS = 64;
/** As many as insert into PostgreSQL at the same time; more only wait for each other on few cores. */
const CLIENTS = 16;
/** They all have to be connected first. */
const LEAST_SECONDS = 4;
const TEXT = "A message of a usual length, as people write them to each other.";

interface Figures {
  readonly stored: number;
  readonly bare: number;
  readonly cpuEach: number;
}

export const chatStored: Row = {
  name: "chat-stored",
  question: "Messages stored a second, of 64 senders, against bare inserts into the same store",
  async measure(bench) {
    const seen = [];
    for (const database of DATABASES) {
      const rounds: Figures[] = [];
      for (let round = 0; round < bench.rounds; round++) {
        rounds.push(await once(bench, database));
        const { stored, bare } = rounds.at(-1)!;
        bench.progress(`${database}: ${digits(stored)} stored/s, ${digits(bare)} bare inserts/s`);
      }
      seen.push({ database, ...median(rounds, ({ stored, bare }) => stored / bare) });
    }
    return {
      checks: seen.map(({ database, stored, bare }) => ({
        ...{ what: `${database}: messages, to bare inserts`, value: stored / bare },
        target: database === "SQLite" ? 0.05 : 0.1, // its bare loop goes without any way to a server
        is: "at least" as const,
      })),
      details: seen.map(({ database, stored, bare, cpuEach }) => ({
        "database": database,
        "messages/s": digits(stored),
        "bare inserts/s": digits(bare),
        "server CPU µs each": digits(cpuEach),
      })),
      notes: [
        `SQLite's bare inserts are ${SENDERS} in one commit, PostgreSQL's are those of pgbench with ${CLIENTS} clients. A message ` +
        "is more than one insert: its number, its row, the words to search for, and the sender's pointer.",
      ],
    };
  },
};

async function once(bench: Bench, database: DatabaseName): Promise<Figures> {
  await using server = await ChatServer.start(database);
  const { postgres, program: { pid } } = server;
  using people = new DisposableStack();
  const lanes = await Promise.all(Array.from({ length: SENDERS }, async (_, index) => {
    const link = people.use(await server.enter(`sender${index}`));
    return { link, conversation: await privateWith(link, `receiver${index}`) };
  }));
  const send = async (seconds: number) => {
    const endsAt = performance.now() + seconds * 1000;
    const counts = await Promise.all(lanes.map(async ({ link, conversation }) => {
      let count = 0;
      for (; performance.now() < endsAt; count++) {
        await link.command("message", { conversation, text: TEXT });
      }
      return count;
    }));
    return counts.reduce((sum, count) => sum + count);
  };
  await send(1); // warms it up
  const [startedAt, cpuBefore] = [performance.now(), cpuSeconds([pid])];
  const count = await send(bench.seconds);
  const took = (performance.now() - startedAt) / 1000;
  const cpuEach = (cpuSeconds([pid]) - cpuBefore) / count * 1e6;
  const bare = postgres === undefined
    ? await insertsInSqlite(bench.seconds)
    : await insertsInPostgres(postgres, bench.seconds);
  return { stored: count / took, bare, cpuEach };
}

/** As fast as one loop inserts, with a synced commit for as many as there are senders. */
async function insertsInSqlite(seconds: number): Promise<number> {
  const folder = await Deno.makeTempDir();
  const file = new DatabaseSync(`${folder}/bare.db`);
  try {
    file.exec(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE bare (text TEXT)",
    );
    const insert = file.prepare("INSERT INTO bare (text) VALUES (?)");
    const startedAt = performance.now();
    let count = 0;
    while (performance.now() < startedAt + seconds * 1000) {
      file.exec("BEGIN");
      for (let each = 0; each < SENDERS; each++, count++) insert.run(TEXT);
      file.exec("COMMIT");
    }
    return count / (performance.now() - startedAt) * 1000;
  } finally {
    file.close();
    await Deno.remove(folder, { recursive: true });
  }
}

async function insertsInPostgres(postgres: PostgresServer, seconds: number): Promise<number> {
  await postgres.sql("CREATE TABLE bare (id BIGINT GENERATED ALWAYS AS IDENTITY, text TEXT)");
  const script = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(script, `INSERT INTO bare (text) VALUES ('${TEXT}');`);
    const { stdout, success, stderr } = await new Deno.Command(`${programsOf()}/pgbench`, {
      args: [
        ...[
          "-n",
          "-M",
          "prepared",
          "-c",
          String(CLIENTS),
          "-T",
          String(Math.max(LEAST_SECONDS, seconds)),
        ],
        ...["-f", script, postgres.url],
      ],
      stdin: "null",
    }).output();
    if (!success) throw new Error(`pgbench: ${new TextDecoder().decode(stderr)}`);
    return Number(/tps = ([\d.]+)/.exec(new TextDecoder().decode(stdout))?.[1]);
  } finally {
    await Deno.remove(script);
  }
}
