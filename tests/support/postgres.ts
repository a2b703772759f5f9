/** Runs a PostgreSQL of the test's own, on a free port, with its data in a temporary folder. */
import { freePort } from "./free_port.ts";
import { asPostgres, newDataFolder, OWNER, programsOf } from "./postgres_data.ts";
import { waitFor } from "./wait.ts";

export interface PostgresOptions {
  /**
   * Whether what is committed is on the disk, as in production. Without it a killed PostgreSQL still has all that it committed,
   * since the system goes on; only a test that measures needs it.
   * @default false
   */
  readonly isSynced?: boolean;
  /** More of its settings, as in postgresql.conf. */
  readonly settings?: Readonly<Record<string, string | number>>;
}

/** What a test's PostgreSQL is set to: nothing runs beside what the test does. */
const QUICK: Readonly<Record<string, string | number>> = {
  autovacuum: "off",
  fsync: "off",
  full_page_writes: "off",
  shared_buffers: "16MB",
};

const SYNCED: Readonly<Record<string, string | number>> = {
  fsync: "on",
  max_wal_size: "1GB",
  shared_buffers: "128MB",
};

export class PostgresServer implements AsyncDisposable {
  readonly port: number;
  readonly #folder: string;
  readonly #settings: Readonly<Record<string, string | number>>;
  #child: Deno.ChildProcess | undefined;
  #databases = 0;

  private constructor(port: number, folder: string, options: PostgresOptions) {
    this.port = port;
    this.#folder = folder;
    const { isSynced = false, settings } = options;
    this.#settings = {
      port,
      listen_addresses: "127.0.0.1",
      unix_socket_directories: folder,
      dynamic_shared_memory_type: "mmap", // a file of its folder: nothing stays when it is killed
      ...(isSynced ? SYNCED : QUICK),
      ...settings,
    };
  }

  static async start(options: PostgresOptions = {}): Promise<PostgresServer> {
    const server = await PostgresServer.stopped(options);
    try {
      await server.restart();
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
    return server;
  }

  /** Takes a port on which there will be a PostgreSQL only after {@linkcode PostgresServer.restart}. */
  static async stopped(options: PostgresOptions = {}): Promise<PostgresServer> {
    return new PostgresServer(freePort(), await newDataFolder(), options);
  }

  /** Of the database that is there from the start. {@linkcode PostgresServer.createDatabase} makes an empty one. */
  get url(): string {
    return this.urlOf("postgres");
  }

  /** Settings for a notifyli that uses this PostgreSQL. */
  get env(): Record<string, string> {
    return { DATABASE_URL: this.url };
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  urlOf(database: string): string {
    return `postgres://${OWNER}@127.0.0.1:${this.port}/${database}`;
  }

  /** Makes an empty database, and resolves with its URL. */
  async createDatabase(): Promise<string> {
    const name = `test_${++this.#databases}`;
    await this.sql(`CREATE DATABASE ${name}`);
    return this.urlOf(name);
  }

  /** Runs SQL by `psql`, and resolves with the rows as it prints them: a line each, `|` between the columns. */
  async sql(text: string, url = this.url): Promise<string> {
    const { success, stdout, stderr } = await new Deno.Command(`${programsOf()}/psql`, {
      args: ["-XAtq", "-v", "ON_ERROR_STOP=1", "-c", text, url],
      stdin: "null",
    }).output();
    if (!success) throw new Error(`psql: ${new TextDecoder().decode(stderr)}`);
    return new TextDecoder().decode(stdout).trimEnd();
  }

  /** Ends all connections but its own; PostgreSQL itself goes on. */
  async cutConnections(): Promise<void> {
    const others = "pid <> pg_backend_pid() AND backend_type = 'client backend'";
    await this.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${others}`);
  }

  /** Starts it, on the same port and with what it has on its disk. */
  async restart(): Promise<void> {
    await waitFor("PostgreSQL answers", async () => {
      this.#child ??= this.#run();
      const asking = new Deno.Command(`${programsOf()}/pg_isready`, {
        args: ["-q", "-h", "127.0.0.1", "-p", String(this.port)],
        stdin: "null",
      });
      return (await asking.output()).success;
    });
  }

  /** @param signal SIGINT ends all connections first, SIGQUIT ends all at once, and after SIGKILL it repairs at its next start */
  async stop(signal: Deno.Signal = "SIGINT"): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    this.#child = undefined;
    const memory = await this.#sharedMemory();
    const processes = await processesOf(child.pid);
    child.kill(signal);
    await child.status;
    if (signal !== "SIGKILL") return;
    // Its processes would end by themselves, and might still write when it is started anew.
    for (const pid of processes) signalIfThere(pid, "SIGKILL");
    await waitFor("its processes are gone", () => !processes.some(isThere));
    if (memory !== undefined) await new Deno.Command("ipcrm", { args: ["-m", memory] }).output();
  }

  /** Freezes PostgreSQL with all its processes (SIGSTOP) or lets it go on (SIGCONT). */
  async signal(signal: "SIGSTOP" | "SIGCONT"): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    child.kill(signal); // first: while it is frozen it starts no more
    for (const pid of await processesOf(child.pid)) signalIfThere(pid, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.signal("SIGCONT");
    await this.stop("SIGQUIT");
    await Deno.remove(this.#folder, { recursive: true });
  }

  /** A start that finds what is left of a killed one still there ends, and {@linkcode PostgresServer.restart} tries again. */
  #run(): Deno.ChildProcess {
    const settings = Object.entries(this.#settings).map(([name, value]) => `--${name}=${value}`);
    const child = asPostgres([
      `${programsOf()}/postgres`,
      "-D",
      `${this.#folder}/data`,
      ...settings,
    ])
      .spawn();
    void child.status.then(() => {
      if (this.#child === child) this.#child = undefined;
    });
    return child;
  }

  /** The id of System V's shared memory, by which PostgreSQL keeps a second one from its folder. */
  async #sharedMemory(): Promise<string | undefined> {
    const lines = (await Deno.readTextFile(`${this.#folder}/data/postmaster.pid`).catch(() => ""))
      .split("\n");
    return lines[6]?.trim().split(/\s+/)[1];
  }
}

/** The processes that PostgreSQL has started: one for each connection, and its own. */
async function processesOf(pid: number): Promise<number[]> {
  const ids = await Deno.readTextFile(`/proc/${pid}/task/${pid}/children`);
  return ids.split(" ").map(Number).filter((each) => each > 0);
}

function signalIfThere(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function isThere(pid: number): boolean {
  try {
    // Z: it has ended, and nobody has taken its exit code.
    return !/^State:\s+Z/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch {
    return false;
  }
}
