/** `notifyli check`: says all that is wrong, with its exit code, and a start refuses the same. */
import assert from "node:assert/strict";
import { type Outcome, run, taskCommand } from "../support/command.ts";
import { ROOT } from "../support/paths.ts";
import { PostgresServer } from "../support/postgres.ts";
import { Program } from "../support/program.ts";
import { RoomsFile } from "../support/rooms_file.ts";
import { APP_KEY } from "../support/tokens.ts";

type Env = Readonly<Record<string, string>>;

Deno.test("check without a file says what holds for all rooms", async () => {
  const { code, stdout, stderr } = await check([], {});
  assert.deepEqual([code, stderr], [0, ""]);
  assert.match(
    stdout,
    /^All is good\. .*\n\n\(all others\) {2}enter: everyone\n\nMay be called as: localhost and /,
  );
  const closed = await check([], { APP_KEY, APP_PRIVATE_ROOMS: "staff:*" });
  assert.match(closed.stdout, /^staff:\* +enter: by a grant or a subscription token$/m);
  assert.match(closed.stdout, /^\(all others\) +enter: who has a connection token$/m);
  assert.match(closed.stdout, /^May be called as: any host/m);
  const named = await check([], { APP_HOSTS: "Shop.example, *.shop.example" });
  assert.match(named.stdout, /^May be called as: shop\.example, \*\.shop\.example \(APP_HOSTS\)/m);
});

Deno.test("check says what is wrong with settings, files and rules at once, and shows no secret", async () => {
  await using file = await RoomsFile.write({ rooms: [{ pattern: "a", maxClients: 0 }], x: 1 });
  const { code, stdout, stderr } = await check([], {
    APP_KEY: "hunter2",
    APP_PORT: "many",
    APP_TLS_CERT: "/nowhere.pem",
    APP_ROOMS: file.path,
  });
  assert.deepEqual([code, stdout], [1, ""]);
  assert.deepEqual(stderr.trimEnd().split("\n").map((line) => line.split(":")[0]), [
    "Cannot use APP_PORT",
    "Cannot use APP_KEY",
    "Cannot use APP_TLS_CERT alone",
    `Cannot use ${file.path}`,
    `Cannot use ${file.path}`,
    `Cannot use ${file.path}`,
  ]);
  assert.doesNotMatch(stderr, /hunter2/);
  const files = await check([], {
    APP_HOST: "192.0.2.1",
    APP_TLS_CERT: "/etc/nowhere.pem",
    APP_TLS_KEY: "/etc/nowhere.key",
  });
  assert.equal(files.code, 1);
  for (const each of ["Cannot listen on 192.0.2.1", "APP_TLS_CERT", "APP_TLS_KEY"]) {
    assert.ok(files.stderr.includes(each), `${each} in ${files.stderr}`);
  }
});

Deno.test("check warns, and calls it good", async () => {
  const rooms = [{ pattern: "*:*" }, { pattern: "a:b" }];
  await using file = await RoomsFile.write({ unknown: "closed", rooms });
  const { code, stdout, stderr } = await check([], {
    APP_KEY,
    APP_ROOMS: file.path,
    APP_PROT: "1",
  });
  assert.equal(code, 0);
  assert.match(stdout, /^All is good/);
  const warnings = stderr.trimEnd().split("\n");
  assert.match(warnings[0] ?? "", /^Unknown setting APP_PROT: .*did you mean APP_PORT\?$/);
  assert.match(warnings[1] ?? "", /: rooms\[1\] \("a:b"\) is never used: rooms\[0\]/);
  assert.match(warnings[2] ?? "", /: nobody may enter "1" \(BOT_ROOM\)/);
  await using program = await Program.start({ env: { APP_KEY, APP_ROOMS: file.path } });
  const logged = program.log.flatMap(({ warning }) => warning ?? []);
  assert.deepEqual(logged, warnings.slice(1));
});

Deno.test("check --room says who may do what there, as the server does", async () => {
  const rooms = [{ pattern: "ticker", auth: false, publish: [7] }, { pattern: "b", private: true }];
  await using file = await RoomsFile.write({ unknown: "closed", rooms });
  const about = async (room: string, user: string) => {
    const env = { APP_KEY, APP_ROOMS: file.path, BOT_ROOM: "ticker" };
    const { code, stdout, stderr } = await check(["--room", room, "--user", user], env);
    assert.deepEqual([code, stderr], [0, ""]);
    return stdout.trimEnd().split("\n").slice(-2).map((line) => line.replace(/^.*? {2,}/, ""));
  };
  assert.deepEqual(await about("ticker", "7"), [
    "may enter, and speak",
    "may enter, but not speak",
  ]);
  const [owner, guest] = await about("b", "7");
  assert.match(`${owner} / ${guest}`, /it is private.* \/ .*it needs a token/);
  assert.match((await about("elsewhere", "7")).join(), /no rule names it.*no rule names it/);
  assert.match((await about("/user/8", "7")).join(), /it belongs to another user/);
});

Deno.test("a rule that makes all rooms private leaves each user its own", async () => {
  const rooms = [{ pattern: "*", private: true }];
  await using file = await RoomsFile.write({ unknown: "closed", rooms });
  const lastLine = async (room: string) => {
    const { stdout } = await check(["--room", room, "--user", "7"], {
      APP_KEY,
      APP_ROOMS: file.path,
    });
    return stdout.trimEnd().split("\n").at(-1) ?? "";
  };
  assert.match(await lastLine("/user/7"), /may enter, and speak$/);
  assert.match(await lastLine("lobby"), /it is private/);
  assert.match(await lastLine("/user/8"), /it belongs to another user/);
});

/** Files that cannot be used at all, and what is said of them. */
const UNUSABLE: readonly [what: string, content: unknown, reason: RegExp][] = [
  ["that is too big", `{"rooms": []${" ".repeat(1024 * 1024)}}`, /it has \d+ bytes, the limit is/],
  ["nested deeply", "[".repeat(100_000), /line 1, column 18: it is nested deeper/],
  ["that is no JSON", "rooms:\n  - pattern: a", /as JSON: line 1, column 1: "r" is there/],
  ["with an object's own names", '{"rooms": [], "__proto__": {}}', /__proto__ is not known/],
];

for (const [what, content, reason] of UNUSABLE) {
  Deno.test(`a file ${what} stops check and start, in one line`, async () => {
    await using file = await RoomsFile.write(content);
    await refuses({ APP_ROOMS: file.path }, reason);
  });
}

Deno.test("a file that is not there, or not the only one to say it, stops check and start", async () => {
  await refuses(
    { APP_ROOMS: "/etc/no-rooms.json" },
    /^Cannot read \/etc\/no-rooms.json \(APP_ROOMS\): /,
  );
  await using file = await RoomsFile.write({ unknown: "public", rooms: [] });
  await refuses(
    { APP_KEY, APP_PRIVATE_ROOMS: "staff:*", APP_ROOMS: file.path },
    /^Cannot use APP_PRIVATE_ROOMS beside APP_ROOMS: say "private": true in /,
  );
  await refuses({ APP_KEY: "x".repeat(32), APP_ROOMS: "/etc" }, /^Cannot read \/etc \(APP_ROOMS\)/);
});

const FILE = `${ROOT}README.md`;
const NO_FOLDERS: readonly [dataDir: string, problem: string][] = [
  [FILE, `but ${FILE} is no folder`],
  [`${FILE}/data`, `but ${FILE} is no folder`],
  ["/dev/shm/notifyli", "where Deno lets no program write (/dev, /proc, /sys)"],
];

for (const [APP_DATA_DIR, problem] of NO_FOLDERS) {
  Deno.test(`APP_DATA_DIR=${APP_DATA_DIR.replace(ROOT, "")} stops check and start, in one line`, async () => {
    const told = `Cannot use APP_DATA_DIR: current value is ${JSON.stringify(APP_DATA_DIR)}, ` +
      `${problem}; allowed is a folder that the server's user may write to, or :memory:\n`;
    const env = { APP_DATA_DIR };
    assert.deepEqual(await check([], env), { code: 1, stdout: "", stderr: told });
    const started = await run(taskCommand("start"), { env });
    assert.deepEqual(started, { code: 2, stdout: "", stderr: told });
  });
}

Deno.test("check says why PostgreSQL cannot be used, and changes nothing there", async () => {
  await using server = await PostgresServer.start();
  const told = async (DATABASE_URL: string) => {
    const { code, stdout, stderr } = await check([], { DATABASE_URL });
    const reason = stderr.trimEnd().replace("Cannot use the PostgreSQL of DATABASE_URL: ", "");
    assert.deepEqual([code, stdout === ""], reason === "" ? [0, false] : [1, true], stderr);
    return reason;
  };
  const url = await server.createDatabase();
  assert.equal(await told(url), "");
  assert.equal(await server.sql("SELECT to_regnamespace('notifyli') IS NULL", url), "t");
  assert.match(await told(server.urlOf("nowhere")), /^database "nowhere" does not exist$/);
  await server.sql("CREATE ROLE guest LOGIN");
  const ofGuest = url.replace(/\/\/[^@]+@/, "//guest:secret@");
  assert.equal(
    await told(ofGuest),
    "its user 'guest' may not make the schema 'notifyli' in 'test_1': " +
      'GRANT CREATE ON DATABASE "test_1" TO "guest"',
  );
  await server.sql("CREATE SCHEMA notifyli", url);
  assert.match(await told(ofGuest), /^its user 'guest' may not use the schema .* TO "guest"$/);
  await server.sql(
    `CREATE TABLE notifyli.versions (capability TEXT, version BIGINT);
     INSERT INTO notifyli.versions VALUES ('conversations', 1000)`,
    url,
  );
  assert.match(await told(url), /^the version of its conversations is 1000, this program knows /);
  await server.stop();
  assert.match(await told(url), /ECONNREFUSED|refused/);
});

Deno.test("check --help prints its usage, wrong options are code 2", async () => {
  const help = await check(["--help"], { APP_PORT: "many" });
  assert.equal(help.code, 0);
  assert.match(help.stdout, /^Usage: notifyli check \[options\]/);
  for (const args of [["--nothing"], ["extra"], ["--user", "1"], ["--room"]]) {
    const { code, stdout } = await check(args, {});
    assert.deepEqual([code, stdout], [2, ""], args.join(" "));
  }
});

async function refuses(env: Env, reason: RegExp): Promise<void> {
  const { code, stdout, stderr } = await check([], env);
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(stderr.trimEnd(), reason);
  await using program = await Program.spawn({ env });
  // systemd tries again what ends with 1.
  assert.equal((await program.ended()).code, 2);
  assert.equal(program.output, stderr.trimEnd());
}

async function check(args: readonly string[], env: Env): Promise<Outcome> {
  const cwd = await Deno.makeTempDir();
  try {
    return await run([...taskCommand("check"), ...args], { cwd, env });
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}
