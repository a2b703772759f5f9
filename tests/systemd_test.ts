/** The units of `systemd/` as systemd itself judges them, and what else the server relies on in them. */
import assert from "node:assert/strict";
import { parseEnv } from "node:util";
import { readConfig } from "../lib/configuration.ts";
import { type Outcome, run, taskCommand } from "./support/command.ts";
import { ROOT } from "./support/paths.ts";

/** Of 10; `systemd-analyze security` calls 2 and less "OK", the best but one. */
const WORST_EXPOSURE = 1.5;

const unit = await Deno.readTextFile(`${ROOT}systemd/notifyli.service`);
const template = await Deno.readTextFile(`${ROOT}systemd/notifyli@.service`);
const watchdog = await Deno.readTextFile(`${ROOT}systemd/notifyli-watchdog.service`);
const timer = await Deno.readTextFile(`${ROOT}systemd/notifyli-watchdog.timer`);
const environment = await Deno.readTextFile(`${ROOT}systemd/notifyli.env`);

Deno.test("unit file is clean under systemd-analyze verify", async () => {
  const { code, stdout, stderr } = await analyze("verify");
  // An unknown key is only warned of, and the exit code stays 0.
  assert.equal(stderr + stdout, "");
  assert.equal(code, 0);
});

Deno.test("systemd-analyze verify finds a misspelt key in it, or the test above shows nothing", async () => {
  const { stderr } = await analyze("verify", unit.replace("NoNewPrivileges", "NoNewPriviliges"));
  assert.match(stderr, /Unknown key.* .NoNewPriviliges./);
});

Deno.test(`unit file has an exposure of ${WORST_EXPOSURE} or less under systemd-analyze security`, async () => {
  const { stdout } = await analyze("security --offline=true");
  const exposure = Number(/Overall exposure level for \S+: ([\d.]+)/.exec(stdout)?.[1]);
  assert.ok(exposure <= WORST_EXPOSURE, stdout);
});

Deno.test("unit file leaves V8 its writable and executable memory", () => {
  assert.equal(value("MemoryDenyWriteExecute"), undefined);
});

Deno.test("unit file gives a stop more time than the server takes", () => {
  const { config } = readConfig({});
  const { shutdownSeconds, drainSeconds } = config.listeners;
  const recipe = Deno.readTextFileSync(`${ROOT}docs/recipes/three-nodes.md`);
  const drain = Number(/^APP_DRAIN_SECONDS=(\d+)$/m.exec(recipe)?.[1]);
  assert.ok(Number(value("TimeoutStopSec")) > drain + shutdownSeconds);
  assert.equal(drainSeconds, Infinity, "one node alone has nobody to give its clients to");
  assert.equal(value("KillSignal"), "SIGTERM");
});

Deno.test("unit file starts the server again, but not when a setting is wrong", async () => {
  assert.equal(value("Restart"), "always");
  assert.equal(value("StartLimitIntervalSec"), "0");
  const { code } = await run(taskCommand("start"), { env: { APP_PORT: "seven thousand" } });
  assert.equal(value("RestartPreventExitStatus"), String(code));
});

Deno.test("unit file needs Redis neither to start nor to stay", () => {
  assert.match(value("Wants") ?? "", /redis-server\.service/);
  assert.match(value("After") ?? "", /network-online\.target redis-server\.service/);
  for (const key of ["Requires", "BindsTo", "Requisite", "PartOf"]) {
    assert.equal(value(key), undefined);
  }
});

Deno.test("unit file has file descriptors for 65536 clients", () => {
  assert.ok(Number(value("LimitNOFILE")) >= 65536);
});

Deno.test("unit file lets the server write to its data folder alone, which nothing else bounds", () => {
  assert.ok(taskCommand("compile").includes("--allow-write"), "the program may write anywhere");
  const folder = `/var/lib/${value("StateDirectory")}`;
  assert.equal(value("WorkingDirectory"), folder);
  assert.equal(value("Environment"), `APP_DATA_DIR=${folder}`);
  assert.equal(value("ProtectSystem"), "strict");
  for (const key of ["PrivateTmp", "ProtectHome", "PrivateDevices"]) {
    assert.equal(value(key), "yes");
  }
  for (const key of ["ReadWritePaths", "BindPaths", "CacheDirectory", "LogsDirectory"]) {
    assert.equal(value(key), undefined);
  }
});

Deno.test("environment example has only settings that exist, and listens on this machine alone", () => {
  const { config, warnings } = readConfig(parseEnv(environment));
  assert.deepEqual(warnings, []);
  assert.equal(config.listeners.host, "127.0.0.1");
  assert.equal(config.redis?.host, "127.0.0.1");
  assert.equal(value("EnvironmentFile"), "/etc/notifyli/notifyli.env");
});

Deno.test("watchdog is clean under systemd-analyze verify, and as locked in as the server", async () => {
  const verified = await analyze("verify", watchdog, "notifyli-watchdog.service");
  assert.deepEqual([verified.code, verified.stderr + verified.stdout], [0, ""]);
  const { stdout } = await analyze("security --offline=true", watchdog);
  const exposure = Number(/Overall exposure level for \S+: ([\d.]+)/.exec(stdout)?.[1]);
  assert.ok(exposure <= WORST_EXPOSURE, stdout);
  assert.equal(value("OnCalendar", timer), "*:*:0/30");
  assert.equal(value("WantedBy", timer), "timers.target");
});

Deno.test("watchdog asks the server with its own settings, and does not take a start for an end", () => {
  assert.equal(value("ExecStart", watchdog), "/usr/local/bin/notifyli check --running");
  assert.equal(value("EnvironmentFile", watchdog), value("EnvironmentFile"));
  assert.equal(value("SuccessExitStatus", watchdog), "1", "nobody listens");
});

Deno.test("watchdog looks at a server that runs, and starts only one anew that does not answer", async () => {
  const [look, after] = ["ExecCondition", "ExecStopPost"].map((key) => shell(value(key, watchdog)));
  const running = { ACTIVE: "0", FREEZER: "running" };
  const looks = async (state: Record<string, string>) => (await systemctl(look!, state)).code === 0;
  assert.ok(await looks(running));
  assert.ok(!await looks({ ...running, ACTIVE: "3" }), "it is stopped");
  assert.ok(!await looks({ ...running, FREEZER: "frozen" }), "it is frozen for a backup");

  const restarts = async (state: Record<string, string>) => {
    const { code, stdout } = await systemctl(after!, state);
    assert.equal(code, 0);
    return stdout.includes("<3>notifyli listens") &&
      stdout.includes("called: --no-block restart notifyli.service");
  };
  assert.ok(await restarts({ ...running, EXIT_STATUS: "3" }));
  for (const EXIT_STATUS of ["0", "1", "2", "TERM", ""]) {
    assert.ok(!await restarts({ ...running, EXIT_STATUS }), EXIT_STATUS);
  }
  assert.ok(!await restarts({ ...running, FREEZER: "frozen", EXIT_STATUS: "3" }));
});

Deno.test("the unit of several nodes is the one of a single node, but for what each has of its own", () => {
  const [about, ...lines] = unit.split("\n").slice(1).join("\n")
    .replace(
      "Description=notifyli, realtime messages and notifications",
      "Description=notifyli on port %i",
    )
    .replace(
      "ExecStart=/usr/local/bin/notifyli start",
      "# The file of all nodes has a port, too: that of the node goes before it.\n" +
        "ExecStart=/usr/bin/env APP_PORT=%i APP_NODE_NAME=node-%i /usr/local/bin/notifyli start",
    )
    .replace(
      "Environment=APP_DATA_DIR=/var/lib/notifyli",
      "# Settings of one node alone.\nEnvironmentFile=-/etc/notifyli/notifyli-%i.env\n" +
        "Environment=APP_DATA_DIR=/var/lib/notifyli/%i",
    )
    .replace(/^(StateDirectory=notifyli|WorkingDirectory=.*)$/gm, "$1/%i")
    .split("\n");
  assert.equal(about, "");
  const expected = lines.join("\n");
  const found = template.slice(template.indexOf("\n\n") + 2);
  assert.equal(found, expected);
});

Deno.test("the unit of several nodes is clean under systemd-analyze verify, and a node has the port of its name", async () => {
  const verified = await analyze(
    "verify",
    template.replace("=/usr/bin/env ", "=/usr/bin/env PATH=/bin ").replace(
      "/usr/local/bin/notifyli start",
      "/bin/true",
    ),
    "notifyli@7001.service",
  );
  assert.deepEqual([verified.code, verified.stderr + verified.stdout], [0, ""]);
  const command = value("ExecStart", template)!.replaceAll("%i", "7001")
    .replace("/usr/local/bin/notifyli start", "/usr/bin/env");
  const { stdout } = await run(command.split(" "), { env: { APP_PORT: "7000" } });
  assert.match(stdout, /^APP_PORT=7001$/m);
  assert.match(stdout, /^APP_NODE_NAME=node-7001$/m);
});

/** The script that systemd hands to the shell. */
function shell(command: string | undefined): string {
  return /^\+?\/bin\/sh -c '(.*)'$/.exec(command ?? "")?.[1]?.replaceAll("$$", "$") ??
    assert.fail(command);
}

/** Runs a script, with a `systemctl` that answers for a unit in this state, and prints what it is told to do. */
async function systemctl(script: string, state: Record<string, string>): Promise<Outcome> {
  const stub = `systemctl() {
    case "$1" in
      is-active) return "$ACTIVE";;
      show) echo "$FREEZER";;
      *) echo "called: $*";;
    esac
  }`;
  return await run(["/bin/sh", "-c", `${stub}\n${script}`], { env: state });
}

/** The last value of a key in a unit. */
function value(key: string, text = unit): string | undefined {
  return [...text.matchAll(/^(\w+)=(.*)$/gm)].findLast(([, name]) => name === key)?.[2];
}

/** `systemd-analyze` on the unit, with a program in it that exists here. */
async function analyze(
  verb: string,
  text = unit,
  name = "notifyli.service",
): Promise<{ code: number; stdout: string; stderr: string }> {
  const folder = await Deno.makeTempDir();
  try {
    const file = `${folder}/${name}`;
    await Deno.writeTextFile(file, text.replace("=/usr/local/bin/notifyli ", "=/bin/true "));
    const { code, stdout, stderr } = await new Deno.Command("systemd-analyze", {
      args: [...verb.split(" "), "--no-pager", file],
      env: { LC_ALL: "C.UTF-8" },
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error("systemd-analyze is not on PATH: install Debian's package systemd");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
