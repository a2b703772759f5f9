/** The data folders of PostgreSQL: one is made once on a machine, and the others are copies of it. */

/** The user of the database, who may do all. */
export const OWNER = "notifyli";

const DEBIAN = "/usr/lib/postgresql";

/** Raise it when {@linkcode INITDB} changes. */
const TEMPLATE_VERSION = 1;

const INITDB: readonly string[] = [
  "--no-sync",
  "--no-instructions",
  "--auth=trust",
  `--username=${OWNER}`,
  "--encoding=UTF8",
  "--locale=C.UTF-8",
  "--wal-segsize=1",
];

/** The folder with the programs of the newest PostgreSQL that Debian has installed here. */
export function programsOf(): string {
  const versions = [...Deno.readDirSync(DEBIAN)].map(({ name }) => Number(name))
    .filter((version) => version > 0);
  return `${DEBIAN}/${Math.max(...versions)}/bin`;
}

/** A command as the user who may run PostgreSQL, which refuses to run as root. It ends with the test. */
export function asPostgres([program = "", ...args]: readonly string[]): Deno.Command {
  const user = USER === undefined
    ? []
    : [`--reuid=${USER.uid}`, `--regid=${USER.gid}`, "--clear-groups"];
  return new Deno.Command("setpriv", {
    args: ["--pdeathsig", "QUIT", ...user, "--", program, ...args],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  });
}

/** Makes a folder with an empty PostgreSQL in its `data`. */
export async function newDataFolder(): Promise<string> {
  const template = await templateFolder();
  const folder = await newFolder();
  await copy(template, `${folder}/data`);
  return folder;
}

/** The folder that is copied. Of two tests that begin at once, the second one waits until the first has made it. */
async function templateFolder(): Promise<string> {
  const version = programsOf().split("/").at(-2);
  const tmp = Deno.env.get("TMPDIR") ?? "/tmp";
  const path = `${tmp}/notifyli-test-postgres-${version}-${TEMPLATE_VERSION}-${Deno.uid()}`;
  if (exists(path)) return path;
  using lock = await Deno.open(`${path}.lock`, { create: true, write: true });
  await lock.lock(true);
  if (exists(path)) return path;
  const folder = await newFolder();
  const { success } = await asPostgres([
    `${programsOf()}/initdb`,
    ...INITDB,
    `--pgdata=${folder}/data`,
  ]).output();
  if (!success) throw new Error(`initdb in ${folder} failed`);
  await Deno.rename(`${folder}/data`, path);
  await Deno.remove(folder);
  return path;
}

/** A folder of the user who runs PostgreSQL. */
async function newFolder(): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "postgres" });
  if (USER !== undefined) await Deno.chown(folder, USER.uid, USER.gid);
  return folder;
}

async function copy(from: string, to: string): Promise<void> {
  const { success } = await new Deno.Command("cp", { args: ["-a", from, to] }).output();
  if (!success) throw new Error(`Cannot copy ${from} to ${to}`);
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

/** The user in whose place root runs PostgreSQL; none where the tests do not run as root. */
const USER = Deno.uid() === 0 ? userNamed("postgres") ?? userNamed("nobody") : undefined;

function userNamed(name: string): { uid: number; gid: number } | undefined {
  const line = Deno.readTextFileSync("/etc/passwd").split("\n")
    .find((each) => each.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(":") ?? [];
  return uid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) };
}
