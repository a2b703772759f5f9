/**
 * Runs notifyli in a process other than the test's, as a user does, and knows its log and its address. What begins and ends
 * like all others may be in a process in which others ran before it: that is as a restart, and costs far less.
 */
import { baseEnv, taskCommand } from "./command.ts";
import { ROOT } from "./paths.ts";
import { ReusedProcess } from "./reused_process.ts";
import { waitFor } from "./wait.ts";

export interface LogLine {
  readonly level: string;
  readonly logger: string;
  readonly message: string;
  readonly [property: string]: unknown;
}

export interface ProgramOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly dataDir?: string;
  /**
   * Whether a server without a key asks the system about each new connection, as it does by default. By default here it is
   * open to all, which is sooner, since most tests have many connections.
   */
  readonly isGuarded?: boolean;
  /** Stands before the command and runs it in its own place, such as `nsenter --mount=…`. */
  readonly wrapper?: readonly string[];
  /**
   * Whether the log of a process of its own goes to a file in the data folder, too, which is read when a test asks for it. A
   * pipe's reader would go on from one test to the next, which the sanitizers take for a leak.
   */
  readonly isShared?: boolean;
  /** @default those of `deno task start` */
  readonly v8Flags?: string;
  /**
   * The checkout that it is run from, with a slash at its end.
   * @default the one that this test is in
   */
  readonly root?: string;
}

/** Stands before a file and a command: the command runs in its place, with its log in the file. */
const LOGGED = ["/bin/sh", "-c", 'exec "$@" 2>"$0"'];

/** The command of `deno task start`. */
export function startCommand(v8Flags?: string, root?: string): string[] {
  return taskCommand("start", root).map((word) =>
    v8Flags !== undefined && word.startsWith("--v8-flags=") ? `--v8-flags=${v8Flags}` : word
  );
}

/** The process that a program runs in. */
interface Running {
  readonly pid: number;
  readonly isEnded: boolean;
  /** The log, where it comes by a pipe. */
  readonly stderr?: ReadableStream<Uint8Array<ArrayBuffer>> | undefined;
  kill(signal: Deno.Signal): void;
  ended(): Promise<Deno.CommandStatus>;
  /** Ends the program, and with it the process where no other uses it. */
  end(isStopped: () => boolean): Promise<void>;
}

export class Program implements AsyncDisposable {
  readonly #log: LogLine[] = [];
  readonly #errors: string[] = [];
  /** The whole log, as it came. */
  #text = "";
  /** The last line of the log, as long as its end is still to come. */
  #rest = "";
  readonly #decoder = new TextDecoder();
  readonly #logFile: Deno.FsFile | undefined;
  readonly #process: Running;
  readonly #reading: Promise<void>;
  readonly #folder: string | undefined;
  #isDisposed = false;

  /** The program's `APP_DATA_DIR`, unless the test set another one. */
  readonly dataDir: string;

  private constructor(
    process: Running,
    folders: { data: string; temporary: string | undefined },
    logFile: Deno.FsFile | undefined,
  ) {
    this.#process = process;
    this.dataDir = folders.data;
    this.#folder = folders.temporary;
    this.#logFile = logFile;
    this.#reading = this.#read();
  }

  /** Starts a server on a free port and waits until it listens, and uses its PostgreSQL where it has one. */
  static async start(options: ProgramOptions = {}): Promise<Program> {
    const program = isReusing(options)
      ? await Program.#startReused(options)
      : await Program.spawn(options);
    const has = (part: string) => program.log.some(({ message }) => message.includes(part));
    try {
      await waitFor("the server listens", () => program.#process.isEnded || has("listens on"));
      if (options.env?.["DATABASE_URL"] !== undefined) {
        // It listens although it has not reached it yet, and refuses until then what needs it.
        await waitFor("PostgreSQL is reached", () => {
          return program.#process.isEnded || has("PostgreSQL is reached");
        });
      }
      if (program.#process.isEnded) throw new Error(`The server ended: ${program.output}`);
    } catch (error) {
      await program[Symbol.asyncDispose]();
      throw error;
    }
    return program;
  }

  /** Resolves when the program hears what is published on its Redis; what is published before that is lost. */
  async hearsRedis(): Promise<void> {
    await waitFor(
      "it hears what is published",
      () => this.log.some(({ message }) => message.startsWith("subscribed to")),
    );
  }

  /** Starts a server without waiting for anything. */
  static async spawn(
    { env = {}, dataDir, isGuarded, wrapper = [], isShared = false, v8Flags, root }:
      ProgramOptions = {},
  ): Promise<Program> {
    const folder = dataDir === undefined ? await Deno.makeTempDir() : undefined;
    const data = dataDir ?? folder ?? "";
    const logPath = `${data}/log`;
    const logged = isShared ? [...LOGGED, logPath] : [];
    const [program = "", ...args] = [...logged, ...wrapper, ...startCommand(v8Flags, root)];
    const logFile = isShared
      ? Deno.openSync(logPath, { create: true, write: true, read: true })
      : undefined;
    const child = new Deno.Command(program, {
      args,
      cwd: data,
      clearEnv: true,
      env: envOf(data, { isGuarded, env }),
      stdin: "null",
      stdout: "null",
      stderr: isShared ? "null" : "piped",
    }).spawn();
    return new Program(new OwnProcess(child, isShared ? undefined : child.stderr), {
      data,
      temporary: folder,
    }, logFile);
  }

  static async #startReused({ env = {}, isGuarded }: ProgramOptions): Promise<Program> {
    const data = await Deno.makeTempDir();
    // The listener on `node:http` replaces the runtime's `Response`.
    const kind = `program ${env["APP_LISTENER"] ?? ""}${ROOT.replaceAll("/", " ")}`;
    const given = { env: envOf(data, { isGuarded, env }), cwd: data };
    const process = await ReusedProcess.start(kind, startCommand(), given);
    const logFile = await Deno.open(process.logPath, { read: true });
    await logFile.seek(process.logStart, Deno.SeekMode.Start);
    return new Program(process, { data, temporary: data }, logFile);
  }

  /**
   * Resolves with the first line of the log that is meant. The log is read from a pipe, so a line may come later than an answer
   * that the program gave after it.
   */
  async line(isMeant: (line: LogLine) => boolean): Promise<LogLine> {
    return await waitFor("the line in the log", () => this.log.find(isMeant));
  }

  get log(): readonly LogLine[] {
    this.#readFile();
    return this.#log;
  }

  /** The log as the program wrote it. */
  get logText(): string {
    this.#readFile();
    return this.#text;
  }

  /** What the program wrote beside the log's lines. */
  get errors(): readonly string[] {
    this.#readFile();
    return this.#errors;
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** The program's address, such as `http://127.0.0.1:43210`. */
  get url(): string {
    const line = this.log.find(({ message }) => message.includes("listens on"));
    return String(line?.["url"]);
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  get webSocketUrl(): string {
    return `${this.url.replace(/^http/, "ws")}/ws`;
  }

  get output(): string {
    return [...this.log.map((line) => JSON.stringify(line)), ...this.errors].join("\n");
  }

  kill(signal: Deno.Signal = "SIGKILL"): void {
    this.#process.kill(signal);
  }

  /** Resolves with the exit code, and with the signal that ended the program, if one did. */
  async ended(): Promise<Deno.CommandStatus> {
    const status = await this.#process.ended();
    await this.#reading;
    return status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isDisposed) return; // its process may have the next server by now
    this.#isDisposed = true;
    await this.#process.end(() => this.log.some(({ message }) => message === "stopped"));
    await this.#reading;
    this.#logFile?.close();
    if (this.#folder !== undefined) await Deno.remove(this.#folder, { recursive: true });
  }

  async #read(): Promise<void> {
    const { stderr } = this.#process;
    if (stderr === undefined) return;
    for await (const text of stderr.pipeThrough(new TextDecoderStream())) {
      this.#take(text);
    }
    if (this.#rest !== "") this.#errors.push(this.#rest);
  }

  /** Takes the whole lines that have come into the log since. */
  #readFile(): void {
    const buffer = new Uint8Array(65_536);
    for (;;) {
      const length = this.#logFile?.readSync(buffer) ?? 0;
      if (length === 0) return;
      this.#take(this.#decoder.decode(buffer.subarray(0, length), { stream: true }));
    }
  }

  #take(text: string): void {
    this.#text += text;
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line.startsWith("{")) this.#log.push(JSON.parse(line));
      else if (line !== "") this.#errors.push(line);
    }
  }
}

/** A process that ends with its program. */
class OwnProcess implements Running {
  readonly #child: Deno.ChildProcess;
  readonly #status: Promise<Deno.CommandStatus>;
  isEnded = false;

  constructor(child: Deno.ChildProcess, readonly stderr: Running["stderr"]) {
    this.#child = child;
    this.#status = child.status.then((status) => {
      this.isEnded = true;
      return status;
    });
  }

  get pid(): number {
    return this.#child.pid;
  }

  kill(signal: Deno.Signal): void {
    if (!this.isEnded) this.#child.kill(signal);
  }

  ended(): Promise<Deno.CommandStatus> {
    return this.#status;
  }

  async end(): Promise<void> {
    this.kill("SIGKILL");
    await this.#status;
  }
}

/** Settings of notifyli; any other variable is for the process itself. */
const SETTING = /^(APP|REDIS|DATABASE|AMQP|BOT|HOOK|WEBHOOK)_/;

/** Benches and the scenarios of `deno task stress` measure processes. */
let mayReuse = Deno.mainModule.endsWith("_test.ts");

/** To be called at the top of a test file that looks at memory, or at what a server leaves that is killed at its end. */
export function useOwnProcesses(): void {
  mayReuse = false;
}

/** Whether a server may run where others ran before it. With a folder of the test's own it may be killed and come back there. */
function isReusing(
  { env = {}, dataDir, wrapper, v8Flags, root }: ProgramOptions,
): boolean {
  const isSpecial = dataDir ?? wrapper ?? v8Flags ?? root;
  const isKept = ![undefined, ":memory:"].includes(env["APP_DATA_DIR"]);
  return mayReuse && !isSpecial && !isKept && Object.keys(env).every((name) => SETTING.test(name));
}

function envOf(
  data: string,
  { isGuarded, env }: Pick<ProgramOptions, "isGuarded" | "env">,
): Record<string, string> {
  return {
    ...baseEnv(),
    APP_PORT: "0",
    APP_DATA_DIR: data,
    ...(isGuarded ? {} : { APP_OPEN: "true" }),
    ...env,
  };
}
