/**
 * The lines of `docs/backup.md`, `docs/migrate.md` and `docs/doctor.md` that are for a machine as `docs/deploy.md` sets it up: they run here with
 * folders of the test's own in the place of the real ones, and with a `systemctl` that stops and starts a real server.
 */
import assert from "node:assert/strict";
import { taskCommand } from "../support/command.ts";
import { freePort } from "../support/free_port.ts";
import { Manager } from "../support/manager.ts";
import { ROOT } from "../support/paths.ts";
import { APP_KEY } from "../support/tokens.ts";

const PAGES = ["backup", "migrate", "doctor"];
const page = (name: string) => Deno.readTextFileSync(`${ROOT}docs/${name}.md`);
const unit = Deno.readTextFileSync(`${ROOT}systemd/notifyli.service`);

/** How the pages take the settings that the unit has. */
const SETTINGS = "set -a; . /etc/notifyli/notifyli.env; APP_DATA_DIR=/var/lib/notifyli";

Deno.test("the pages name the unit that there is, and the settings that it has", () => {
  assert.match(unit, /^EnvironmentFile=\/etc\/notifyli\/notifyli\.env$/m);
  assert.match(unit, /^Environment=APP_DATA_DIR=\/var\/lib\/notifyli$/m);
  assert.match(unit, /^User=notifyli$/m);
  for (const name of PAGES) {
    const text = page(name);
    assert.ok(text.includes(SETTINGS), name);
    for (const [, does, named = ""] of text.matchAll(/systemctl (\S+) ([\w.-]+)/g)) {
      assert.match(does ?? "", /^(stop|start)$/);
      assert.ok(Deno.statSync(`${ROOT}systemd/${named}.service`).isFile, named);
    }
  }
});

Deno.test("on such a machine a backup is made at night, and put back between a stop and a start", async (t) => {
  await using machine = await Machine.make();
  await machine.run("systemctl start notifyli");
  await machine.notify("kept-0001");
  await t.step("by hand", async () => {
    await machine.run(`${SETTINGS}\n${blockOf("backup", "backup")}`);
  });
  await t.step("every night", async () => {
    const [line = "", when, user, command = ""] =
      /^(\d+ \d+ \* \* \*) (\w+) +(.*)$/m.exec(page("backup")) ?? [];
    assert.deepEqual([when, user], ["30 3 * * *", "root"], line);
    const before = weekday();
    await machine.run(command.replaceAll("\\%", "%")); // as cron has it
    const names = Array.from(Deno.readDirSync(`${machine.folder}/backups`), ({ name }) => name);
    const expected = [before, weekday()].map((day) => `notifyli-${day}.tar`); // midnight may pass meanwhile
    assert.ok(names.some((name) => expected.includes(name)), names.join());
  });
  await t.step("it is put back", async () => {
    await machine.notify("lost-0001");
    await machine.run(`${SETTINGS}\n${blockOf("backup", "restore")}`);
    assert.equal(await machine.statusOf("kept-0001"), 200);
    assert.equal(await machine.statusOf("lost-0001"), 404);
  });
  await t.step("doctor runs as the server's user, with the server's settings", async () => {
    const [, line = ""] = /^(sudo sh -c '.*notifyli doctor')$/m.exec(page("doctor")) ?? [];
    const told = await machine.run(line);
    assert.match(told, /^ok Server: http:\/\/127\.0\.0\.1:\d+ is ready$/m);
    assert.match(told, /^ok Access: users show who they are$/m);
    assert.ok(told.includes(`ok Data folder: ${machine.folder}/data can be written to`), told);
  });
  await t.step("migrate begins with a stop and a backup", async () => {
    const [stop = "", backup = ""] = blockOf("migrate", "migrate").split("\n");
    await machine.run([SETTINGS, stop, backup].join("\n"));
    assert.ok(Deno.statSync(`${machine.folder}/backups/before-migrate.tar`).isFile);
    await assert.rejects(machine.statusOf("kept-0001"), TypeError); // nobody listens
  });
});

function blockOf(name: string, tested: string): string {
  const [, text] = new RegExp(`<!-- tested: ${tested} -->\\s+\`\`\`sh\\n(.*?)\`\`\``, "s")
    .exec(page(name)) ?? [];
  return text?.trim() ?? assert.fail(tested);
}

/** As `date +%u` has it: 7 on Sundays. */
function weekday(): number {
  return new Date().getDay() || 7;
}

/** A machine as docs/deploy.md has it, in a folder: its own programs go before the system's. */
class Machine implements AsyncDisposable {
  readonly folder: string;
  readonly #port = freePort();
  #manager: Manager | undefined;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async make(): Promise<Machine> {
    const machine = new Machine(await Deno.makeTempDir());
    const { folder } = machine;
    for (const name of ["bin", "backups"]) await Deno.mkdir(`${folder}/${name}`);
    await Deno.mkdir(`${folder}/data`, { mode: 0o700 });
    const settings = Deno.readTextFileSync(`${ROOT}systemd/notifyli.env`)
      .replace(/^APP_PORT=.*$/m, `APP_PORT=${machine.#port}`)
      .replace(/^REDIS_URL=.*$/m, "")
      .replace(/^# APP_KEY=$/m, `APP_KEY='${APP_KEY}'`);
    await Deno.writeTextFile(`${folder}/notifyli.env`, settings);
    const programs = {
      sudo: 'exec "$@"',
      runuser: '[ "$1 $2 $3" = "-u notifyli --" ] || exit 1; shift 3; exec "$@"',
      notifyli: `exec ${taskCommand("start").slice(0, -1).join(" ")} "$@"`,
      systemctl: `
set -a; . ${folder}/notifyli.env; APP_DATA_DIR=${folder}/data; set +a
answers() { curl -fs -o /dev/null "http://127.0.0.1:$APP_PORT/healthz"; }
case "$1 $2" in
"start notifyli")
  notifyli start >>${folder}/log 2>&1 </dev/null & echo $! >${folder}/pid
  until answers; do sleep 0.1; done;;
"stop notifyli")
  kill -TERM "$(cat ${folder}/pid)"
  while answers || [ -n "$(ls /proc/"$(cat ${folder}/pid)"/fd 2>/dev/null)" ]; do sleep 0.1; done;;
*) exit 1;;
esac`,
    };
    for (const [name, text] of Object.entries(programs)) {
      await Deno.writeTextFile(`${folder}/bin/${name}`, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    }
    return machine;
  }

  /** Runs a script, with this machine's folders in the place of the documented ones; resolves with what it prints. */
  async run(script: string): Promise<string> {
    const { folder } = this;
    const own = script.replaceAll("/etc/notifyli", folder)
      .replaceAll("/var/lib/notifyli", `${folder}/data`)
      .replaceAll("/var/backups", `${folder}/backups`)
      .replaceAll("/usr/local/bin/", "");
    const { code, stdout, stderr } = await new Deno.Command("sh", {
      args: ["-ec", own],
      cwd: folder,
      env: { PATH: `${folder}/bin:${Deno.env.get("PATH")}` },
      stdin: "null",
    }).output();
    const [out, error] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    assert.equal(code, 0, `${own}\n${out}${error}`);
    return out ?? "";
  }

  async notify(id: string): Promise<void> {
    const response = await this.#call("", {
      method: "POST",
      body: JSON.stringify({ user_id: 5, id, message: "Hi" }),
    });
    assert.equal(response.status, 201, await response.text());
  }

  async statusOf(id: string): Promise<number> {
    const response = await this.#call(`/${id}`, {});
    await response.body?.cancel();
    return response.status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      Deno.kill(Number(Deno.readTextFileSync(`${this.folder}/pid`)), "SIGKILL");
    } catch {
      // The last line has stopped it.
    }
    await Deno.remove(this.folder, { recursive: true });
  }

  async #call(path: string, init: RequestInit): Promise<Response> {
    const url = `http://127.0.0.1:${this.#port}`;
    this.#manager ??= await Manager.of({ url, dataDir: `${this.folder}/data` });
    return await fetch(`${url}/api/notifications${path}`, {
      ...init,
      headers: { authorization: `Bearer ${this.#manager.key}` },
    });
  }
}
