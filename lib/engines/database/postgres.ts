/**
 * The database in PostgreSQL, which all nodes share. Works are run in batches (`postgres_batches.ts`); where something in a
 * batch refuses after it wrote, or meets what others did at the same time, all of it is taken back, and each is run alone.
 */
import { logFor } from "../../base/log.ts";
import postgres from "postgres";
import { pause } from "../../base/clock.ts";
import { CodedError } from "../../base/errors.ts";
import { reasonOf } from "../../base/reason.ts";
import {
  type Database,
  type Row,
  type SqlValue,
  type Statement,
  unavailable,
  type Work,
} from "./database.ts";
import {
  Batches,
  chainsOf,
  type Lot,
  runChains,
  TakenBack,
  type Waiting,
} from "./postgres_batches.ts";
import { isAway, isConflict, refusalOf, unconfirmed } from "./postgres_errors.ts";
import { migratePostgres, requireMovedWhole } from "./postgres_tables.ts";
import { inTransaction } from "./postgres_transaction.ts";
import { SCHEMA } from "./schema.ts";
import type { Tabled } from "./tables.ts";

const log = logFor("postgres");

type Client = postgres.Sql;
type Session = postgres.TransactionSql;

/** How long a statement may take; one that takes longer is ended, and so is the connection of a server that is silent. */
const STATEMENT_MS = 10_000;
const SILENT_MS = 15_000;
/** How long a connection may take to be made. */
const CONNECT_SECONDS = 5;
/** How long what is under way has to end when its connections are given up. */
const END_SECONDS = 5;
/** How soon it is tried again to reach a server that is away. */
const RETRY_MS = 300;
/** Connections of a node: four for works, and the others for what is read. */
const CONNECTIONS = 10;
/** How often a work is tried that meets what others do at the same time. */
const TRIES = 5;
/** Most works that wait while the server is slow; more are refused. */
const MOST_WAITING = 50_000;

/** What only reads. */
const READS = /^\s*select\b/i;

/** Numbers and booleans as SQLite has them. No number here is beyond what a number holds exactly. */
const TYPES = {
  bigint: { to: 20, from: [20, 1700], parse: Number, serialize: String },
  bool: {
    to: 16,
    from: [16],
    parse: (text: string) => text === "t" ? 1 : 0,
    serialize: (value: unknown) => value ? "t" : "f",
  },
};

export interface PostgresOptions {
  /** `postgres://user:password@host:port/database`, with what the driver takes after `?`, such as `sslmode=require`. */
  readonly url: string;
  /** Whose tables it has. */
  readonly stored: readonly Tabled[];
}

/** The name of the connections in `pg_stat_activity`. */
const CONNECTION_NAME = "notifyli";

export class PostgresDatabase implements Database {
  readonly dialect = "postgres";
  readonly #options: PostgresOptions;
  #client: Client;
  readonly #batches = new Batches((batch) => this.#runBatch(batch));
  readonly #stopping = new AbortController();
  /** Why nothing goes; `undefined` while all goes. */
  #away: string | undefined = "it has not been reached yet";
  #reaching: Promise<void> | undefined;
  #wasReached = false;
  /** The ends of clients that were given up. */
  readonly #ending = new Set<Promise<void>>();

  /** Begins to reach the server, and goes on with that until it is there. */
  constructor(options: PostgresOptions) {
    this.#options = options;
    this.#client = this.#connect();
    this.#reach();
  }

  /** Resolves once the database can be used, or after so long. */
  async ready(mostMs: number): Promise<void> {
    const until = performance.now() + mostMs;
    while (this.#away !== undefined && performance.now() < until) await pause(10);
  }

  async query(sql: string, ...values: SqlValue[]): Promise<readonly Row[]> {
    this.#requireReached();
    const client = this.#client;
    try {
      return await this.#answered(rowsOf(client, { sql, values }));
    } catch (error) {
      throw this.#noted(client, error);
    }
  }

  transaction<Result>(work: () => Work<Result>, key?: string): Promise<Result> {
    return new Promise((resolve, failed) => {
      this.#requireReached();
      if (this.#batches.size >= MOST_WAITING) {
        throw unavailable(`${MOST_WAITING} changes wait for it already`);
      }
      // The work that is run is this one, so its result is, too.
      this.#batches.add({ work, key, done: (result) => resolve(result as Result), failed });
    });
  }

  whyNotReady(): string | undefined {
    return this.#away;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await this.#reaching;
    this.#batches.refuse(unavailable("the server is stopping"));
    await Promise.all([this.#client.end({ timeout: END_SECONDS }), ...this.#ending]);
  }

  #connect(): Client {
    return postgres(this.#options.url, {
      max: CONNECTIONS,
      connect_timeout: CONNECT_SECONDS,
      idle_timeout: 60,
      max_lifetime: null,
      fetch_types: false,
      backoff: () => RETRY_MS / 1000,
      onnotice: () => {},
      types: TYPES,
      connection: {
        application_name: CONNECTION_NAME,
        search_path: `${SCHEMA}, public`,
        statement_timeout: STATEMENT_MS,
        lock_timeout: STATEMENT_MS / 2,
        idle_in_transaction_session_timeout: SILENT_MS,
        client_min_messages: "warning",
        default_transaction_isolation: "read committed",
      },
    });
  }

  #requireReached(): void {
    if (this.#away !== undefined) throw unavailable(this.#away);
  }

  async #runBatch(batch: readonly Waiting[]): Promise<void> {
    const ended: (() => void)[] = [];
    let [isCommitting, isRefused] = [false, false];
    const client = this.#client;
    try {
      await this.#answered(inTransaction(client, async (session) => {
        ended.length = 0;
        await runChains(chainsOf(batch), async (each, lot) => {
          ended.push(await runInBatch(session, each, lot));
        });
        if (isRefused) throw new TakenBack();
        isCommitting = true;
      }));
      for (const end of ended) end();
    } catch (error) {
      isRefused = true; // the server may answer yet, and what is refused must not be committed then
      const isFatal = isAway(error) || error instanceof Silent;
      if (isFatal) {
        const noted = this.#noted(client, error);
        return refuse(batch, isCommitting ? unconfirmed(error) : noted);
      }
      await this.#runAlone(batch);
    }
  }

  async #runAlone(batch: readonly Waiting[]): Promise<void> {
    for (const each of batch) await this.#runOne(each);
  }

  /** Runs one work in a transaction of its own, again where others were faster. */
  async #runOne(waiting: Waiting, triesLeft = TRIES): Promise<void> {
    let [isCommitting, isRefused] = [false, false];
    const client = this.#client;
    try {
      this.#requireReached();
      const result = await this.#answered(inTransaction(client, async (session) => {
        const result = await runWork(session, waiting.work());
        if (isRefused) throw new TakenBack();
        isCommitting = true;
        return result;
      }));
      waiting.done(result);
    } catch (error) {
      isRefused = true;
      if (isConflict(error) && triesLeft > 1) {
        await pause(Math.random() * 20 * (TRIES + 1 - triesLeft));
        return this.#runOne(waiting, triesLeft - 1);
      }
      const noted = this.#noted(client, error);
      const isUnknown = isCommitting && (isAway(error) || error instanceof Silent);
      waiting.failed(isUnknown ? unconfirmed(error) : noted);
    }
  }

  /** Resolves as the answer does; rejects with {@linkcode Silent} where none comes. */
  async #answered<Answer>(answer: Promise<Answer>, mostMs = SILENT_MS): Promise<Answer> {
    const silence = Promise.withResolvers<never>();
    const timer = setTimeout(() => silence.reject(new Silent(mostMs)), mostMs);
    answer.catch(() => {}); // nobody waits any more for one that comes too late
    try {
      return await Promise.race([answer, silence.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * All goes over new connections, once the server is there again: the driver writes nothing any more on one that ended while
   * something was about to be written.
   *
   * @param seconds that what is under way on the old ones has to end
   */
  #giveUp(client: Client, seconds: number): void {
    if (client !== this.#client) return;
    this.#client = this.#connect();
    const ended = client.end({ timeout: seconds }).catch(() => {})
      .finally(() => this.#ending.delete(ended));
    this.#ending.add(ended);
  }

  /**
   * Notes that the server is away, where an error says so of a client that is not given up. Returns what the caller gets.
   */
  #noted(client: Client, error: unknown): unknown {
    if (error instanceof CodedError) return error;
    if (!isAway(error) && !(error instanceof Silent)) return refusalOf(error);
    if (client === this.#client) this.#lost(reasonOf(error));
    return error instanceof Silent ? unavailable(error.message, error) : refusalOf(error);
  }

  #lost(reason: string): void {
    if (this.#away !== undefined) return;
    this.#away = reason;
    log.warn("PostgreSQL cannot be used: {reason}; what needs it is refused until it is back", {
      reason,
    });
    this.#batches.refuse(unavailable(reason));
    this.#giveUp(this.#client, END_SECONDS);
    this.#reach();
  }

  #reach(): void {
    this.#reaching ??= this.#reachAgain();
  }

  async #reachAgain(): Promise<void> {
    const { signal } = this.#stopping;
    let told = "";
    while (!signal.aborted) {
      const client = this.#client;
      try {
        if (!this.#wasReached) {
          await this.#answered(migratePostgres(client, this.#options.stored));
          await this.#answered(requireMovedWhole(client));
        } else await this.#answered(client.unsafe("SELECT 1"), CONNECT_SECONDS * 1000);
        log.info(this.#wasReached ? "PostgreSQL is back" : "PostgreSQL is reached");
        this.#wasReached = true;
        this.#away = undefined;
        this.#reaching = undefined; // at once: it may be lost again right now, and has to be reached again then
        return;
      } catch (error) {
        this.#away = reasonOf(error);
        this.#giveUp(client, 0);
        if (!this.#wasReached && this.#away !== told) {
          told = this.#away;
          log.warn("PostgreSQL cannot be used yet: {reason}", { reason: told });
        }
        await pause(RETRY_MS, signal);
      }
    }
  }
}

/** The server did not answer in time. */
class Silent extends Error {
  constructor(afterMs: number) {
    super(`it did not answer within ${afterMs / 1000} s`);
  }
}

/**
 * Runs a work beside others of its batch. Returns what ends it once the batch is committed. Rejects where the batch has to be
 * taken back.
 */
async function runInBatch(session: Session, waiting: Waiting, lot: Lot): Promise<() => void> {
  const run = { lot, wrote: false };
  try {
    const result = await runWork(session, waiting.work(), run);
    return () => waiting.done(result);
  } catch (error) {
    if (!(error instanceof CodedError) || run.wrote) throw error;
    return () => waiting.failed(error);
  }
}

/** How a work is run beside others. */
interface Run {
  readonly lot: Lot;
  /** Whether a statement may have changed something. */
  wrote: boolean;
}

async function runWork<Result>(
  session: Session,
  work: Work<Result>,
  run?: Run,
): Promise<Result> {
  const late: Promise<unknown>[] = [];
  try {
    let step = work.next();
    while (!step.done) {
      const statement = step.value;
      const found = rowsOf(session, statement);
      if (statement.isLate) {
        found.catch(() => {}); // it is heard of below
        late.push(found);
      }
      const rows = statement.isLate ? [] : await found;
      if (run !== undefined && hasWritten(statement, rows)) run.wrote = true;
      step = work.next(rows);
      // What came after the batch was taken back would be in no transaction, and stay.
      if (run?.lot.isOver) throw new TakenBack();
    }
    await Promise.all(late);
    return step.value;
  } finally {
    await Promise.allSettled(late); // a transaction ends only after all its statements
  }
}

function hasWritten(statement: Statement, rows: readonly Row[]): boolean {
  return statement.hasWritten?.(rows) ?? !READS.test(statement.sql);
}

async function rowsOf(
  client: Client | Session,
  { sql, values }: Statement,
): Promise<readonly Row[]> {
  const found = await client.unsafe(sql, [...values], { prepare: true });
  return found as unknown as readonly Row[];
}

function refuse(batch: readonly Waiting[], error: unknown): void {
  for (const { failed } of batch) failed(error);
}
