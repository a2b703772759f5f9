/**
 * Processes that a test leaves for the next one, since their start costs more than most tests: for one of the same file, or in
 * a run of all tests for one of any. None of them is a resource of the test that begins it, which would be a leak.
 */
import { waitFor } from "./wait.ts";

/** Names the process of a run of all tests, with which what it keeps ends, and the folder with word of it. */
const VARIABLE = "NOTIFYLI_TEST_KEPT";

/**
 * Runs a command with its log in a folder, where it leaves the exit code, and ends it when the tests' process has ended. The
 * folder goes with the command where nobody asks for the code. A session of its own keeps it from signals of a
 * terminal, after which it would not be there to end the command.
 */
const DETACHED = `
folder=$0; tests=$1; shift
(
  "$@" 2>"$folder/log" &
  kept=$!
  echo $kept >"$folder/pid.new"; mv "$folder/pid.new" "$folder/pid"
  ( while kill -0 $tests && kill -0 $kept; do sleep 5; done; kill -0 $tests || kill -9 $kept ) &
  wait $kept; status=$?
  if [ -e "$folder/discarded" ] || ! kill -0 $tests; then rm -rf "$folder"; exit; fi
  echo $status >"$folder/status.new"; mv "$folder/status.new" "$folder/status"
) </dev/null >/dev/null 2>&1 &`;

/** Stands between a kind of process and the name of the folder of one that waits. */
const WAITS = "@";

interface Keeping {
  /** Has a folder for each process, and a file for each that waits. */
  readonly folder: string;
  /** Of the tests' process. */
  readonly pid: number;
}

let keeping: Keeping | undefined;

Deno.test.afterAll(async () => {
  if (keeping?.pid !== Deno.pid) return; // the run of all tests goes on
  await endKept(keeping.folder);
  keeping = undefined;
});

export class KeptProcess {
  readonly #kind: string;
  readonly folder: string;
  readonly pid: number;

  private constructor(kind: string, folder: string) {
    this.#kind = kind;
    this.folder = folder;
    this.pid = Number(textOf(`${folder}/pid`));
  }

  /** A process of this kind that waits. It is nobody else's from now on. */
  static take(kind: string): KeptProcess | undefined {
    const { folder } = keeping ??= keepingOf();
    for (const { name } of Deno.readDirSync(folder)) {
      if (!name.startsWith(`${kind}${WAITS}`)) continue;
      try {
        Deno.removeSync(`${folder}/${name}`);
      } catch {
        continue; // another file's test has taken it
      }
      const taken = new KeptProcess(kind, `${folder}/${name.slice(kind.length + WAITS.length)}`);
      if (!taken.isEnded) return taken;
      taken.discard();
    }
  }

  /** The process of a folder, whoever has it. */
  static in(folder: string): KeptProcess {
    return new KeptProcess("", folder);
  }

  /**
   * @param kind only processes of one kind are used for one another
   * @param commandIn the command, for word of it in a folder that goes with the process
   */
  static async begin(
    kind: string,
    commandIn: (folder: string) => readonly string[],
  ): Promise<KeptProcess> {
    keeping ??= keepingOf();
    const folder = Deno.makeTempDirSync({ dir: keeping.folder });
    await new Deno.Command("setsid", {
      args: ["sh", "-c", DETACHED, folder, String(keeping.pid), ...commandIn(folder)],
      clearEnv: true,
      env: Deno.env.has("DENO_DIR") ? { ...paths(), DENO_DIR: Deno.env.get("DENO_DIR")! } : paths(),
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).output();
    await waitFor("its process is there", () => textOf(`${folder}/pid`));
    return new KeptProcess(kind, folder);
  }

  /** Leaves it for another test. */
  leave(): void {
    const { folder } = keeping ??= keepingOf();
    Deno.writeTextFileSync(`${folder}/${this.#kind}${WAITS}${this.folder.split("/").at(-1)}`, "");
  }

  get isEnded(): boolean {
    return this.text("status") !== undefined;
  }

  /** Resolves with its exit code. */
  async ended(): Promise<number> {
    return Number(await waitFor("it has ended", () => this.text("status")));
  }

  kill(signal: Deno.Signal): void {
    try {
      if (!this.isEnded) Deno.kill(this.pid, signal);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error; // it has just ended
    }
  }

  /** Ends it with its folder, and waits for nothing. */
  discard(): void {
    Deno.writeTextFileSync(`${this.folder}/discarded`, "");
    if (this.isEnded) Deno.removeSync(this.folder, { recursive: true });
    else this.kill("SIGKILL");
  }

  /** What a file of its folder has; none if it is not there yet. */
  text(file: string): string | undefined {
    return textOf(`${this.folder}/${file}`);
  }
}

/** Has all tests of a run leave processes for one another, up to its end. `env` tells them. */
export function keepForAll(): AsyncDisposable & { readonly env: Record<string, string> } {
  const folder = newFolder();
  return {
    env: { [VARIABLE]: `${Deno.pid} ${folder}` },
    [Symbol.asyncDispose]: () => endKept(folder),
  };
}

function keepingOf(): Keeping {
  const [, pid, folder] = /^(\d+) (.+)$/.exec(Deno.env.get(VARIABLE) ?? "") ?? [];
  if (folder === undefined) return { folder: newFolder(), pid: Deno.pid };
  return { folder, pid: Number(pid) };
}

function newFolder(): string {
  return Deno.makeTempDirSync({ prefix: "notifyli-tests-" });
}

/** Ends all processes, those that wait and those of tests that have not ended them. */
async function endKept(folder: string): Promise<void> {
  for (const name of foldersIn(folder)) KeptProcess.in(`${folder}/${name}`).discard();
  await waitFor("all processes have ended", () => foldersIn(folder).length === 0);
  await Deno.remove(folder, { recursive: true });
}

function foldersIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].filter((each) => each.isDirectory).map(({ name }) => name);
}

function paths(): Record<string, string> {
  return { PATH: Deno.env.get("PATH") ?? "", HOME: Deno.env.get("HOME") ?? "" };
}

function textOf(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path).trim();
  } catch {
    return undefined;
  }
}
