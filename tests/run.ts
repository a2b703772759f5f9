/**
 * Runs all tests: installs the programs they use where it may, then runs `deno test` on several files at once, beside
 * it `deno check`, and closes with a line `N passed, N failed`. Arguments go on to `deno test`, such as the name of one
 * file; `DENO_JOBS` says how many files run at once.
 */
import { bundleProgram } from "./support/bundled_program.ts";
import { Cores } from "./support/cores.ts";
import { keepForAll } from "./support/kept_process.ts";
import { MemoryDisk } from "./support/memory_disk.ts";
import { ROOT } from "./support/paths.ts";
import { RunTimes } from "./support/run_times.ts";

/** A program the tests use, how to see that it is there, and the Debian package that has it. */
interface Needed {
  readonly package: string;
  readonly probe: readonly string[];
  readonly for: string;
  /** Whether all tests run without it, too: it is installed where there is such a package. */
  readonly isOptional?: boolean;
}

const NEEDED: readonly Needed[] = [
  { package: "redis-server", probe: ["redis-server", "--version"], for: "a real Redis" },
  { package: "redis-tools", probe: ["redis-cli", "--version"], for: "the snippets of the docs" },
  {
    package: "postgresql",
    probe: ["sh", "-c", "test -x /usr/lib/postgresql/*/bin/postgres"],
    for: "a real PostgreSQL",
  },
  { package: "chromium", probe: ["chromium", "--version"], for: "the page in a real browser" },
  {
    package: "chromium-headless-shell",
    probe: ["chromium-headless-shell", "--version"],
    for: "the page at a third of the cost",
    isOptional: true,
  },
  {
    package: "firefox-esr",
    probe: ["firefox-esr", "--version"],
    for: "pushes to a real browser, which Chromium takes from its maker's service alone",
  },
  {
    package: "prometheus",
    probe: ["promtool", "--version"],
    for: "metrics, which a real Prometheus reads",
  },
  { package: "nodejs", probe: ["node", "--version"], for: "the Node.js snippet" },
  { package: "npm", probe: ["npm", "--version"], for: "the Node.js snippet" },
  {
    package: "python3-redis",
    probe: ["/usr/bin/python3", "-c", "import redis"],
    for: "the Python snippet",
  },
  {
    package: "php-illuminate-view",
    probe: ["test", "-e", "/usr/share/php/Illuminate/View/autoload.php"],
    for: "the Blade snippet",
  },
  { package: "php-cli", probe: ["php", "--version"], for: "the PHP snippets" },
  {
    package: "php-redis",
    probe: ["php", "-r", "exit(class_exists('Redis') ? 0 : 1);"],
    for: "applications of the PHP server",
  },
  {
    package: "rabbitmq-server",
    probe: ["test", "-x", "/usr/lib/rabbitmq/bin/rabbitmq-server"],
    for: "a real RabbitMQ",
  },
  {
    package: "python3-pika",
    probe: ["/usr/bin/python3", "-c", "import pika"],
    for: "the Python snippet of RabbitMQ",
  },
  {
    package: "php-amqplib",
    probe: ["test", "-e", "/usr/share/php/PhpAmqpLib/autoload.php"],
    for: "the PHP snippet of RabbitMQ",
  },
  { package: "bsdutils", probe: ["script", "--version"], for: "pseudo-terminals" },
  { package: "openssl", probe: ["openssl", "version"], for: "certificates" },
  { package: "curl", probe: ["curl", "--version"], for: "the snippets of the docs" },
  { package: "nginx-light", probe: ["/usr/sbin/nginx", "-v"], for: "the documented proxy" },
  { package: "haproxy", probe: ["/usr/sbin/haproxy", "-v"], for: "a proxy that adds nothing" },
  { package: "caddy", probe: ["/usr/bin/caddy", "version"], for: "the recipe with Caddy" },
  {
    package: "docker-compose",
    probe: ["docker-compose", "version"],
    for: "the compose file, which it reads without an engine",
  },
  { package: "iproute2", probe: ["ss", "-V"], for: "who is at the other end of a connection" },
  { package: "sqlite3", probe: ["sqlite3", "--version"], for: "the documented backup" },
  {
    package: "libimage-exiftool-perl",
    probe: ["exiftool", "-ver"],
    for: "the metadata of images",
  },
  { package: "fiu-utils", probe: ["sh", "-c", "command -v fiu-run"], for: "disks that fail" },
  { package: "faketime", probe: ["faketime", "--version"], for: "clocks that are set back" },
  {
    package: "util-linux",
    probe: ["prlimit", "--version"],
    for: "disks that are full or take no writes",
  },
  { package: "util-linux", probe: ["setpriv", "--version"], for: "tasks run by another user" },
  { package: "iproute2", probe: ["/usr/sbin/ip", "-V"], for: "machines without a network" },
  { package: "systemd", probe: ["systemd-analyze", "--version"], for: "checks of the unit file" },
];

/** The files that take longest, about the longest first (a run's last lines say how long): begun last, each would be alone at the end, beside idle cores. */
const LONGEST = [
  "new_user_test.ts",
  "chat_notices/second_look_test.ts",
  "inbox/timing_test.ts",
  "faults/files_test.ts",
  "inbox/broadcasts_test.ts",
  "push/killed_test.ts",
  "files/s3_test.ts",
  "faults/push_test.ts",
  "inbox/schedule_test.ts",
  "faults/resources_test.ts",
  "inbox/broadcast_edit_test.ts",
  "faults/many_and_later_test.ts",
  "push/push_test.ts",
  "limits/limits_test.ts",
  "hostile/descriptors_test.ts",
  "example/capability_test.ts",
  "files/direct_test.ts",
  "faults/crash_test.ts",
  "ways/bridge_test.ts",
  "hooks/webhook_test.ts",
  "preferences/preferences_test.ts",
  "inbox/edit_test.ts",
  "protocols/sse_test.ts",
  "faults/chat_test.ts",
  "push/edges_test.ts",
  "push/sender_test.ts",
  "hostile/frame_floods_test.ts",
  "hostile/floods_test.ts",
  "files/leases_test.ts",
  "rooms/history_budget_test.ts",
  "auth/keys/api_keys_test.ts",
  "hostile/fuzz_test.ts",
  "commands/check_running_test.ts",
  "sdk/tabs_test.ts",
  "ways/publish_test.ts",
  "ways/amqp_test.ts",
  "inbox/broadcast_turns_test.ts",
  "engines/redis_fitness_test.ts",
  "files/nodes_test.ts",
  "files/large_test.ts",
  "auth/revocations/revocations_test.ts",
  "files/direct_browser_test.ts",
  "page/files_test.ts",
  "page/inbox_test.ts",
  "page/layout_test.ts",
  "commands/send_test.ts",
  "net/proxies_test.ts",
  "auth/auth_test.ts",
  "engines/redis_rights_test.ts",
  "limits/work_test.ts",
  "chat_notices/notices_test.ts",
  "hooks/events_test.ts",
  "hooks/users_test.ts",
  "engines/standby_test.ts",
  "presence/failures_test.ts",
  "page/browser_test.ts",
  "page/notifications_test.ts",
  "page/chat_states_test.ts",
  "page/conversations_test.ts",
  "rooms/made_rooms_test.ts",
  "sdk/auth_test.ts",
  "users/user_data_test.ts",
];

/** Most tests wait for something for most of their time, so more of them run where a core would have nothing to do. */
const FILES_PER_CORE = 2;
const MOST_PER_CORE = 8;

/** From which share of all cores on that have nothing to do another batch begins, and how long that is looked at. */
const IDLE_SHARE = 0.1;
const LOOK_MS = 1000;

/**
 * Of how many batches the files with a failure are run again when nothing else runs. What fails again has failed. What passes then
 * was in the way of others or they of it, which its lines above say: that is a fault of the test or of the program, to be mended,
 * but none of the change that is tested. Where more fail, something is broken.
 */
const RUN_AGAIN = 3;

/** A `deno test` that says nothing for so long hangs, and is ended: a test that waits in vain gives up after a minute. */
const SILENT_MINUTES = 5;

/** Of those that are not among the longest. */
const FILES_A_BATCH = 4;

if (import.meta.main) {
  const missing = NEEDED.filter(({ probe }) => !works(probe));
  if (missing.length > 0) install(missing);
  const still = NEEDED.filter(({ probe, isOptional }) => !isOptional && !works(probe));
  for (const each of still) {
    console.error(
      `Missing: ${each.package} (${each.for}). Install it: apt-get install ${each.package}`,
    );
  }
  const lacking = still.length + (fetchDependencies() ? 0 : 1);
  Deno.exit(lacking > 0 ? closing(0, lacking) : await runTests(Deno.args));
}

/** What came of a `deno test`. */
interface Result {
  readonly passed: number;
  readonly failed: number;
  /** As Deno lists those that failed. */
  readonly failures: readonly string[];
}

/** What a `deno test` runs in. */
interface Surroundings {
  readonly env?: Readonly<Record<string, string>>;
  /** Stands before the command. */
  readonly wrapper?: readonly string[];
}

async function runTests(args: readonly string[]): Promise<number> {
  if (args.length > 0) {
    const { passed, failed } = await denoTest(args, filesAtOnce());
    return closing(passed, failed);
  }
  // Before all tests, it would keep one core busy for half a minute while the others have nothing to do.
  const checking = checkTypes();
  const bundled = await bundleProgram();
  await using disk = await MemoryDisk.mount();
  await using kept = keepForAll();
  const env = { ...bundled, ...disk?.env, ...kept.env };
  const run = (batch: readonly string[]) =>
    denoTest(["--no-check", ...batch], "1", { env, wrapper: disk?.wrapper });
  const results: Result[] = [];
  const broken: { readonly batch: readonly string[]; readonly result: Result }[] = [];
  const times = new RunTimes();
  await manyAtOnce(batchesOf(testFiles()), async (batch) => {
    const result = await times.of(batch, () => run(batch));
    if (result.failed > 0 && broken.push({ batch, result }) <= RUN_AGAIN) {
      console.log(`\nRun again by itself at the end:\n${result.failures.join("\n")}\n`);
    } else results.push(result);
  });
  const untyped = await checking ? 0 : 1;
  for (const { batch, result } of broken.slice(0, RUN_AGAIN)) {
    const files = filesOf(result);
    results.push(files === undefined ? await run(batch) : bothOf(result, await run(files)));
  }
  console.log(`\n${times}\n`);
  const failures = results.flatMap((each) => each.failures);
  if (failures.length > 0) console.log(`\nFailed:\n${failures.join("\n")}\n`);
  return closing(sumOf(results, "passed"), untyped + sumOf(results, "failed"));
}

/** The files with the tests that failed; `undefined` where something failed outside of tests, so that not all of them ran. */
function filesOf({ failures }: Result): string[] | undefined {
  const files = failures.map((each) => / => \.\/(\S+_test\.ts)/.exec(each)?.[1]);
  if (files.length === 0) return undefined;
  return files.includes(undefined) ? undefined : [...new Set(files.map(String))];
}

/** Of a batch, and of those of its files in which something failed, once more. */
function bothOf(first: Result, again: Result): Result {
  return { ...again, passed: first.passed + Math.max(0, first.failed - again.failed) };
}

/** Does something with each item, in their order: with so many at once that the cores are busy, or that `DENO_JOBS` says. */
async function manyAtOnce<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const least = Number(filesAtOnce());
  const most = Deno.env.has("DENO_JOBS") ? least : navigator.hardwareConcurrency * MOST_PER_CORE;
  const underWay = new Set<Promise<void>>();
  for (const item of items) {
    const mayBegin = (hasIdleCores: boolean) => underWay.size < (hasIdleCores ? most : least);
    while (!mayBegin(false)) if (mayBegin(await areCoresIdle(underWay))) break;
    const acting = act(item).finally(() => void underWay.delete(acting));
    underWay.add(acting);
  }
  await Promise.all(underWay);
}

/** Looks for a while whether the cores have little to do; not to the end once one of these has settled. */
async function areCoresIdle(underWay: Iterable<Promise<void>>): Promise<boolean> {
  const cores = new Cores();
  const looked = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => looked.resolve(cores.idleShare() > IDLE_SHARE), LOOK_MS);
  const settled = [...underWay].map((each) => each.then(() => false));
  try {
    return await Promise.race([looked.promise, ...settled]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Runs `deno test`, and prints what it prints, line by line. With many files it would choose their order itself, so a whole run
 * has many of these at once.
 */
async function denoTest(
  args: readonly string[],
  jobs: string,
  { env = {}, wrapper = [] }: Surroundings = {},
): Promise<Result> {
  const command = [Deno.execPath(), "test", "--cached-only", "--allow-all", "--parallel", ...args];
  const [program = "", ...words] = [...wrapper, ...command];
  const child = new Deno.Command(program, {
    args: words,
    cwd: ROOT,
    env: { NO_COLOR: "1", DENO_JOBS: jobs, ...env },
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const lines: string[] = [];
  let rest = "";
  const end = () => {
    console.log(`Nothing came for ${SILENT_MINUTES} minutes from ${args.join(" ")}: it is ended`);
    child.kill("SIGKILL");
  };
  let silence = setTimeout(end, SILENT_MINUTES * 60_000);
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    clearTimeout(silence);
    silence = setTimeout(end, SILENT_MINUTES * 60_000);
    const pieces = (rest + text).split("\n");
    rest = pieces.pop() ?? "";
    for (const line of pieces) console.log(line);
    lines.push(...pieces);
  }
  clearTimeout(silence);
  const { success } = await child.status;
  const summary = lines.findLast((line) => /\| \d+ passed.* \| \d+ failed/.test(line)) ?? "";
  const [, passed = 0, failed = 0] = /\| (\d+) passed.*? \| (\d+) failed/.exec(summary) ?? [];
  if (success) return { passed: Number(passed), failed: 0, failures: [] };
  const listed = lines.slice(lines.lastIndexOf(" FAILURES ") + 1).filter((line) =>
    / => |\(uncaught error\)$/.test(line)
  );
  return {
    passed: Number(passed),
    // A run that ended without a summary, say by an error outside of tests, has failed as a whole.
    failed: Math.max(1, Number(failed)),
    failures: lines.includes(" FAILURES ") ? listed : [`all of ${args.join(" ")}`],
  };
}

function sumOf(results: readonly Result[], what: "passed" | "failed"): number {
  return results.reduce((sum, each) => sum + each[what], 0);
}

/** The longest files each by itself, so that they begin first; the others several at a time, since each start costs something. */
function batchesOf(files: readonly string[]): string[][] {
  const others = files.slice(LONGEST.length);
  const count = Math.ceil(others.length / FILES_A_BATCH);
  return [
    ...files.slice(0, LONGEST.length).map((file) => [file]),
    ...Array.from(
      { length: count },
      (_, at) => others.slice(at * FILES_A_BATCH, (at + 1) * FILES_A_BATCH),
    ),
  ];
}

/** Says whether the types are right; where not, prints what Deno says of them. */
async function checkTypes(): Promise<boolean> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["check", "--quiet", "--cached-only", "."],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "null",
  }).output();
  if (!success) Deno.stderr.writeSync(stderr);
  return success;
}

/** All of them, in the order in which they are begun. */
function testFiles(): string[] {
  const found = [...filesIn("tests")].filter((path) => path.endsWith("_test.ts")).sort();
  const longest = LONGEST.map((name) => `tests/${name}`);
  const unknown = longest.filter((path) => !found.includes(path));
  if (unknown.length > 0) throw new Error(`There is no ${unknown.join(", ")}: see LONGEST`);
  return [...longest, ...found.filter((path) => !longest.includes(path))];
}

function* filesIn(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(`${ROOT}${folder}`)) {
    const path = `${folder}/${name}`;
    if (isDirectory) yield* filesIn(path);
    else yield path;
  }
}

function filesAtOnce(): string {
  return Deno.env.get("DENO_JOBS") ??
    String(Math.ceil(navigator.hardwareConcurrency * FILES_PER_CORE));
}

/** Prints the closing line; the exit code is 0 only where something passed and nothing failed. */
function closing(passed: number, failed: number): number {
  console.log(`${passed} passed, ${failed} failed`);
  return passed > 0 && failed === 0 ? 0 : 1;
}

/**
 * Fetches every package of the lock file, for the program and for the tests: what they run takes no other
 * (`--cached-only`). `deno task` has done so already. Says whether all are there; where not, Deno has said why.
 */
function fetchDependencies(): boolean {
  const { success } = new Deno.Command(Deno.execPath(), {
    args: ["install", "--quiet", "--frozen"],
    cwd: ROOT,
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
  }).outputSync();
  if (!success) console.error("Missing: packages of deno.lock, which could not be fetched");
  return success;
}

function works([command = "", ...args]: readonly string[]): boolean {
  try {
    return new Deno.Command(command, { args, stdin: "null", stdout: "null", stderr: "null" })
      .outputSync().success;
  } catch {
    return false; // there is no such program
  }
}

/** Installs Debian packages as root, or by a sudo that asks for no password; else does nothing. */
function install(missing: readonly Needed[]): void {
  const prefix = Deno.uid() === 0 ? [] : ["sudo", "-n"];
  if (!works([...prefix, "apt-get", "--version"])) return;
  const prefixed = [...prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"];
  const apt = (...args: readonly string[]) => {
    console.log(`Installing what the tests need: apt-get ${args.join(" ")}`);
    const [command = "", ...words] = [...prefixed, ...args];
    new Deno.Command(command, { args: words, stdin: "null", stdout: "null" }).outputSync();
  };
  const add = ["install", "-y", "--no-install-recommends"];
  const names = (isOptional: boolean) =>
    missing.filter((each) => isOptional === (each.isOptional ?? false)).map((each) => each.package);
  if (names(false).length > 0) {
    apt("update");
    apt(...add, ...names(false));
  }
  const known = names(true).filter((name) => works(["apt-cache", "show", name]));
  if (known.length > 0) apt(...add, ...known);
}
