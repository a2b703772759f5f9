/** Runs notifyli as a process of its own, as a user does, and knows its log and its address. */
import { taskCommand } from "./command.ts";
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
   * Whether the log goes to a file in the data folder, which is read when a test asks for it. A pipe's reader would go on
   * from one test to the next, which the sanitizers take for a leak.
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

export class Program implements AsyncDisposable {
  readonly #log: LogLine[] = [];
  readonly #errors: string[] = [];
  /** The last line of the log, as long as its end is still to come. */
  #rest = "";
  readonly #decoder = new TextDecoder();
  readonly #logFile: Deno.FsFile | undefined;
  readonly #child: Deno.ChildProcess;
  readonly #reading: Promise<void>;
  readonly #status: Promise<Deno.CommandStatus>;
  readonly #folder: string | undefined;
  #ended = false;

  /** The program's `APP_DATA_DIR`, unless the test set another one. */
  readonly dataDir: string;

  private constructor(
    child: Deno.ChildProcess,
    folders: { data: string; temporary: string | undefined },
    logFile: Deno.FsFile | undefined,
  ) {
    this.#child = child;
    this.dataDir = folders.data;
    this.#folder = folders.temporary;
    this.#logFile = logFile;
    this.#reading = this.#read();
    this.#status = child.status.then((status) => {
      this.#ended = true;
      return status;
    });
  }

  /** Starts a server on a free port and waits until it listens. */
  static async start(options: ProgramOptions = {}): Promise<Program> {
    const program = await Program.spawn(options);
    try {
      await waitFor("the server listens", () => {
        return program.#ended || program.log.some(({ message }) => message.includes("listens on"));
      });
      if (program.#ended) throw new Error(`The server ended: ${program.output}`);
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
      env: {
        PATH: Deno.env.get("PATH") ?? "",
        HOME: Deno.env.get("HOME") ?? "",
        ...(Deno.env.has("DENO_DIR") ? { DENO_DIR: Deno.env.get("DENO_DIR")! } : {}),
        APP_PORT: "0",
        APP_DATA_DIR: data,
        ...(isGuarded ? {} : { APP_OPEN: "true" }),
        ...env,
      },
      stdin: "null",
      stdout: "null",
      stderr: isShared ? "null" : "piped",
    }).spawn();
    return new Program(child, { data, temporary: folder }, logFile);
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

  /** What the program wrote beside the log's lines. */
  get errors(): readonly string[] {
    this.#readFile();
    return this.#errors;
  }

  get pid(): number {
    return this.#child.pid;
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
    if (!this.#ended) this.#child.kill(signal);
  }

  /** Resolves with the exit code, and with the signal that ended the program, if one did. */
  async ended(): Promise<Deno.CommandStatus> {
    const status = await this.#status;
    await this.#reading;
    return status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill();
    await this.ended();
    this.#logFile?.close();
    if (this.#folder !== undefined) await Deno.remove(this.#folder, { recursive: true });
  }

  async #read(): Promise<void> {
    if (this.#logFile !== undefined) return;
    for await (const text of this.#child.stderr.pipeThrough(new TextDecoderStream())) {
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
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line.startsWith("{")) this.#log.push(JSON.parse(line));
      else if (line !== "") this.#errors.push(line);
    }
  }
}
