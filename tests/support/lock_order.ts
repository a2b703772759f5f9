/** Two nodes that change the same rows of a PostgreSQL at the same time, and are never to wait for each other for good. */
import assert from "node:assert/strict";
import type { PostgresDatabase } from "../../lib/engines/database/postgres.ts";
import { openPostgres } from "./databases.ts";
import { PostgresServer } from "./postgres.ts";
import { waitFor } from "./wait.ts";

/** PostgreSQL ends no deadlock as long as a test looks. */
const SETTINGS = { deadlock_timeout: "60s" };

/** How many connections wait for a lock. */
const WAITING = "SELECT count(*) FROM pg_stat_activity " +
  "WHERE application_name = 'notifyli' AND wait_event_type = 'Lock'";

/** How many connections wait for one that waits for them. */
const MUTUAL = "SELECT count(*) FROM pg_stat_activity a JOIN pg_stat_activity b " +
  "ON a.pid = ANY(pg_blocking_pids(b.pid)) AND b.pid = ANY(pg_blocking_pids(a.pid))";

const HOLDER = "application_name = 'holder' AND wait_event = 'PgSleep'";

/** Begins changes at one of the nodes. */
type Begin = () => readonly Promise<unknown>[];

export class TwoNodes implements AsyncDisposable {
  readonly one: PostgresDatabase;
  readonly two: PostgresDatabase;
  readonly #server: PostgresServer;

  private constructor(server: PostgresServer, one: PostgresDatabase, two: PostgresDatabase) {
    this.#server = server;
    [this.one, this.two] = [one, two];
  }

  static async open(): Promise<TwoNodes> {
    const server = await PostgresServer.start({ settings: SETTINGS });
    return new TwoNodes(server, await openPostgres(server.url), await openPostgres(server.url));
  }

  /**
   * Has both nodes begin while a row is held that both are to change, first the one, then the other. Once the row is free, both
   * have to come to an end. @param held the SELECT of the row
   */
  async both(held: string, first: Begin, second: Begin): Promise<void> {
    await this.whileHeld(held, async (waiting) => {
      const changes = [...first()];
      await waiting(1);
      changes.push(...second());
      await waiting(2);
      return changes;
    });
  }

  /**
   * Has changes begin while a row is held. Once it is free, all have to come to an end.
   *
   * @param begin gets what resolves when so many connections wait
   */
  async whileHeld(
    held: string,
    begin: (waiting: (count: number) => Promise<void>) => Promise<readonly Promise<unknown>[]>,
  ): Promise<void> {
    const holder = this.#server.sql(
      `SET search_path TO notifyli; SET application_name = 'holder';
       BEGIN; ${held} FOR UPDATE; SELECT pg_sleep(600)`,
    ).catch(() => {}); // it is ended
    await this.#counts(`SELECT count(*) FROM pg_stat_activity WHERE ${HOLDER}`, 1);
    const changes = await begin((count) => this.#counts(WAITING, count));
    await this.#server.sql(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${HOLDER}`,
    );
    await holder;
    let [isDone, isMutual] = [false, false];
    void Promise.allSettled(changes).then(() => isDone = true);
    await waitFor("all is done, or each waits for the other", async () => {
      return isDone || (isMutual = await this.#count(MUTUAL) > 0);
    });
    assert.ok(!isMutual, "two nodes wait for each other");
    await Promise.all(changes);
  }

  async #counts(sql: string, count: number): Promise<void> {
    await waitFor(`${count} of ${sql}`, async () => await this.#count(sql) === count);
  }

  async #count(sql: string): Promise<number> {
    return Number(await this.#server.sql(sql));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.one, this.two].map((each) => each[Symbol.asyncDispose]()));
    await this.#server[Symbol.asyncDispose]();
  }
}
