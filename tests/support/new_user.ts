/** A user who has just got a checkout and Deno, with an empty cache of his own and none of our settings. */
import { type Outcome, run } from "./command.ts";
import { waitFor } from "./wait.ts";

/** Lines that Deno itself prints of tasks, and while it fetches their packages. */
const OF_DENO = /^(Task|Download) .*\n/gm;

const NOBODY = 65534;

/** The settings of this machine by which Deno gets to npm's registry. */
const WAY_TO_REGISTRY =
  /^(DENO_CERT|DENO_TLS_CA_STORE|SSL_CERT_\w+|NODE_EXTRA_CA_CERTS|NPM_CONFIG_REGISTRY|(HTTPS?|NO)_PROXY)$/i;

export interface NewUserOptions {
  /** Folder of the checkout. */
  readonly checkout: string;
  /** Whether commands run as a user of the system who owns nothing. Only root's tests can do that. */
  readonly isNobody?: boolean;
  /** Another user, whose packages this one has too, as if they had been fetched: that takes most of a start. @default none */
  readonly packagesOf?: NewUser;
}

export class NewUser implements AsyncDisposable {
  /** The user's own folder. */
  readonly home: string;
  /** Stands before each command, such as one that takes the network away. */
  wrapper: readonly string[] = [];
  readonly #checkout: string;
  readonly #deno: string;
  readonly #asUser: readonly string[];

  private constructor({ checkout, isNobody = false }: NewUserOptions, home: string) {
    this.home = home;
    this.#checkout = checkout;
    const isOther = isNobody && Deno.uid() === 0;
    this.#deno = isOther ? `${home}/deno` : Deno.execPath();
    this.#asUser = isOther
      ? ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups", "--"]
      : [];
  }

  static async make(options: NewUserOptions): Promise<NewUser> {
    const user = new NewUser(options, await Deno.makeTempDir({ prefix: "notifyli-user-" }));
    if (user.#deno !== Deno.execPath()) {
      // The Deno in use may be in a folder that only root may read.
      await Deno.link(Deno.execPath(), user.#deno)
        .catch(() => Deno.copyFile(Deno.execPath(), user.#deno));
      await Deno.chown(user.home, NOBODY, NOBODY);
    }
    if (options.packagesOf !== undefined) await user.#takePackages(options.packagesOf);
    return user;
  }

  get env(): Record<string, string> {
    return { ...wayToRegistry(), HOME: this.home, DENO_DIR: `${this.home}/cache`, NO_COLOR: "1" };
  }

  /** Runs `deno task …` to its end. */
  task(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
    const command = [...this.#command(), "task", ...args];
    return run(command, { cwd: this.#checkout, env: { ...this.env, ...env } });
  }

  /** Runs `deno task start`. */
  start(env: Readonly<Record<string, string>> = {}): RunningTask {
    const command = [...this.#command(), "task", "start"];
    return new RunningTask(command, this.#checkout, { ...this.env, ...env });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.home, { recursive: true });
  }

  async #takePackages({ home }: NewUser): Promise<void> {
    await Deno.mkdir(`${this.home}/cache`);
    const copying = ["cp", "-a", "--link", `${home}/cache/npm`, `${this.home}/cache/npm`];
    const { code, stderr } = await run(copying);
    if (code !== 0) throw new Error(`Cannot copy a cache: ${stderr}`);
  }

  #command(): string[] {
    return [...this.wrapper, ...this.#asUser, this.#deno];
  }
}

/** A server that a task has started. */
export class RunningTask implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #reading: Promise<unknown>;
  #stdout = "";
  #stderr = "";
  #status: Deno.CommandStatus | undefined;

  constructor(command: readonly string[], cwd: string, env: Record<string, string>) {
    const [program = "", ...args] = command;
    this.#child = new Deno.Command(program, {
      args,
      cwd,
      clearEnv: true,
      env: { PATH: Deno.env.get("PATH") ?? "", ...env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#reading = Promise.all([
      read(this.#child.stdout, (text) => this.#stdout += text),
      read(this.#child.stderr, (text) => this.#stderr += text),
      this.#child.status.then((status) => this.#status = status),
    ]);
  }

  /** Resolves with the server's address, once it listens. */
  async url(): Promise<string> {
    return await waitFor("the server listens", () => {
      if (this.#status !== undefined) throw new Error(`It ended: ${this.#stderr}`);
      return /listens on (\S+) /.exec(this.#stderr)?.[1];
    });
  }

  async stop(): Promise<Outcome> {
    if (this.#status === undefined) this.#child.kill("SIGTERM");
    return await this.ended();
  }

  /** Resolves with all that was printed, once the server has ended. Its log is on standard error. */
  async ended(): Promise<Outcome> {
    await this.#reading;
    return { code: this.#status?.code ?? -1, stdout: this.#stdout, stderr: this.#stderr };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** An outcome without the lines that Deno itself has printed. */
export function ownLines({ code, stdout, stderr }: Outcome): Outcome {
  return { code, stdout, stderr: stderr.replace(OF_DENO, "") };
}

/** What an environment needs of this one for Deno to get to npm's registry. */
export function wayToRegistry(): Record<string, string> {
  const all = Object.entries(Deno.env.toObject());
  return Object.fromEntries(all.filter(([name]) => WAY_TO_REGISTRY.test(name)));
}

async function read(stream: ReadableStream<Uint8Array<ArrayBuffer>>, take: (text: string) => void) {
  for await (const text of stream.pipeThrough(new TextDecoderStream())) take(text);
}
