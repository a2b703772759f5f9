/**
 * `docs/from-php.md` as it is read: each of its blocks is run, in order, with this test's ports and folders in the place of
 * the real ones, from a PHP server that runs to notifyli, and back.
 */
import assert from "node:assert/strict";
import { readConfig } from "../../lib/configuration.ts";
import { freePort } from "../support/free_port.ts";
import { taskCommand } from "../support/command.ts";
import { Nginx } from "../support/nginx.ts";
import { ROOT } from "../support/paths.ts";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

const PAGE = await Deno.readTextFile(`${ROOT}docs/from-php.md`);
const FIXTURES = `${ROOT}tests/fixtures/php`;

const BLOCKS = new Map(
  [...PAGE.matchAll(/<!-- tested: (.+) -->\n\n```(\w+)\n([\s\S]*?)```/g)]
    .map(([, name = "", language = "", text = ""]) => [`${name} (${language})`, text]),
);

Deno.test("docs/from-php.md: every block is marked, and run by a test of this file", () => {
  assert.equal(BLOCKS.size, PAGE.match(/^```\w/gm)?.length);
  const named = ["settings", "check", "trial", "tried", "change", "back"].map((name) =>
    `${name} (sh)`
  );
  assert.deepEqual([...BLOCKS.keys()].sort(), [...named, "host (nginx)", "php (php)"].sort());
});

Deno.test("docs/from-php.md, from a running PHP server to notifyli and back", async (t) => {
  await using redis = await RedisServer.start();
  await using machine = await Machine.make(redis);
  const hash = "notifyli:connections:1";

  await t.step("the PHP server's settings are taken over", async () => {
    await machine.run("settings");
    const env = await Deno.readTextFile(`${machine.folder}/lib/.env`);
    assert.match(env, /^REDIS_ENABLED=true$/m);
    assert.match(env, /^APP_OPEN=true$/m);
    assert.equal((await Deno.stat(`${machine.folder}/lib/.env`)).mode! & 0o777, 0o600);
  });
  await t.step("the check says what they mean", async () => {
    const output = await machine.run("check");
    assert.match(output, /All is good/);
    for (
      const said of [
        /^\.env:2: APP_WS_SERVER_PROTOCOL: it has no effect here/m,
        /^BOT_ROOM: here it is the room of a notification that names none/m,
        /^REDIS_PREFIX=notifyli:connections: .* is taken as notifyli:$/m,
        /^APP_PORT, REDIS_HOST, REDIS_PORT: as in the PHP server$/m,
      ]
    ) assert.match(output, said);
  });
  await t.step("a trial runs beside the PHP server, and hears nothing of its users", async () => {
    await using _trial = await machine.begin("trial");
    const ready = () => machine.run("tried").then((output) => output.includes('{"ready":true}1'));
    await waitFor("the trial is ready", ready);
    const missed = '{"user_id":123,"room":"1","message":"for the PHP server"}';
    assert.equal(await redis.call("PUBLISH", "notifyli:messages", missed), "0");
    await using client = await TestClient.join(machine.trialUrl, { user: 123, room: "1" });
    const [frame] = await client.get("direct_message");
    assert.partialDeepStrictEqual(frame, { message: "It works", name: "Me" });
    assert.equal(await redis.call("HEXISTS", hash, "user_123"), "1");
  });
  await waitFor("the trial has left", async () => await redis.call("HLEN", hash) === "2");

  const php = async () => (await machine.php(BLOCKS.get("php (php)")!)).split("\n");
  await t.step("the PHP server ends and leaves its entries, which are deleted", async () => {
    const output = await machine.run("change");
    assert.equal(output, "1", "one hash was deleted");
    assert.equal(await redis.call("EXISTS", hash), "0");
    assert.equal(
      await machine.calls(),
      "stop notifyli-websocket notifyli-notification-bridge\n" +
        "enable --now notifyli\n",
    );
  });
  await using program = await machine.startService();
  await program.hearsRedis();
  await t.step("clients and PHP programs go on as before", async () => {
    await using alice = await TestClient.connect(program.webSocketUrl.replace(/\/ws$/, "/"));
    alice.send({ type: "usermsg", user_id: 123, room: "/user/123", name: "Alice", message: "Hi" });
    await alice.get("usermsg");
    assert.deepEqual(await php(), ["online", "Alice", "heard by 1"]);
    const [frame] = await alice.get("direct_message");
    assert.partialDeepStrictEqual(frame, {
      name: "OrderSystem",
      message: "Your order has shipped",
    });
  });
  await t.step("what comes while its user is offline waits", async () => {
    const gone = async () => await redis.call("EXISTS", "notifyli:connections:/user/123") === "0";
    await waitFor("nobody is there", gone);
    assert.deepEqual(await php(), ["offline", "nobody", "heard by 1"]);
    await using alice = await TestClient.join(program.webSocketUrl, {
      user: 123,
      room: "/user/123",
    });
    assert.equal((await alice.get("direct_message"))[0]?.["message"], "Your order has shipped");
  });
  await t.step("entries that the PHP server leaves later are named in the log", async () => {
    await redis.call("HSET", hash, "57", '{"client_id":57,"room":"1","name":"C","connected_at":1}');
    await using alice = await TestClient.join(program.webSocketUrl, { user: 123, room: "1" });
    const line = await waitFor(
      "the log names it",
      () => program.log.find(({ message }) => message.includes(" no living client")),
    );
    assert.equal(line["command"], `HDEL ${hash} 57`);
    await alice.settled();
    await redis.call("HDEL", hash, "57");
  });
  await t.step("going back leaves the PHP server nothing that it would count", async () => {
    await using alice = await TestClient.join(program.webSocketUrl, { user: 123, room: "1" });
    assert.equal(await redis.call("EXISTS", hash), "1");
    program.kill("SIGTERM"); // as systemd ends it
    await alice.waitClosed();
    assert.equal((await program.ended()).code, 0);
    await machine.run("back");
    assert.equal(await redis.call("KEYS", "notifyli:connections:*"), "");
    assert.match(
      await machine.calls(),
      /disable --now notifyli\nstart notifyli-websocket notifyli/,
    );
  });
});

Deno.test("docs/from-php.md: the PHP server's nginx file works as the page says", async () => {
  const site = await Deno.readTextFile(`${FIXTURES}/nginx.conf`);
  await using program = await Program.start({ isGuarded: true, env: { APP_OPEN: "true" } });
  await using old = await Nginx.start(site, program.port);
  assert.equal(await old.get("https", "/").then(({ body }) => body), "the PHP page");
  const pages = [["your-domain.com", 101], ["your-domain.com:8443", 403]] as const;
  for (const [host, status] of pages) assert.equal(await handshake(old, host), status, host);

  const host = BLOCKS.get("host (nginx)")!.trim();
  const passed = site.replace("proxy_set_header Host $host;", host);
  assert.notEqual(passed, site);
  const elsewhere = passed.replace("location /ws", "location /chat")
    .replace("http://127.0.0.1:7000", /`proxy_pass (http:\S+);`/.exec(PAGE)?.[1] ?? assert.fail());
  await using other = await Nginx.start(elsewhere, program.port);
  for (const [host] of pages) assert.equal(await handshake(other, host, "/chat"), 101, host);
});

Deno.test("docs/from-php.md: without APP_OPEN nobody comes through nginx, and the log says why", async () => {
  const site = await Deno.readTextFile(`${FIXTURES}/nginx.conf`);
  await using program = await Program.start({ isGuarded: true });
  await using nginx = await Nginx.start(site, program.port);
  assert.equal(await handshake(nginx, "your-domain.com"), 403);
  await waitFor("the log says it", () => /APP_OPEN|APP_KEY/.test(program.output));
});

Deno.test("docs/from-php.md: its numbers are those of the code", () => {
  const { limits } = readConfig({}).config;
  const [, frame = "", message = ""] =
    /a frame of ([\d,]+) bytes and a\s+message of ([\d,]+) characters/.exec(PAGE) ?? [];
  const numbers = [frame, message].map((text) => Number(text.replace(",", "")));
  assert.deepEqual(numbers, [limits.frame, limits.message]);
});

/** Opens a WebSocket as a page of that host; resolves with the status of the answer. */
async function handshake(nginx: Nginx, host: string, path = "/ws"): Promise<number> {
  const socket = nginx.connect(path, { host, origin: `https://${host}` });
  const closed = new Promise((resolve) => socket.once("close", resolve));
  const status = await new Promise<number>((resolve) => {
    socket.once("open", () => resolve(101));
    socket.once("error", ({ message }) => resolve(Number(/\d+$/.exec(message)?.[0])));
  });
  socket.close();
  await closed;
  return status;
}

/** Programs of a server machine that a test has not, or may not call. */
const COMMANDS: Readonly<Record<string, string>> = {
  sudo: 'if [ "$1" = -Hu ]; then HOME=FOLDER/lib; export HOME; shift 2; fi\nexec "$@"',
  supervisorctl: 'echo "$@" >>FOLDER/calls\n[ "$1" != stop ] || kill -TERM "$(cat FOLDER/php.pid)"',
  systemctl: 'echo "$@" >>FOLDER/calls',
  notifyli: 'echo $$ >FOLDER/notifyli.pid\nHOME="REAL_HOME" exec NOTIFYLI "$@"',
};

/** A machine with a PHP server that runs, on which the page is followed. */
class Machine implements AsyncDisposable {
  readonly folder: string;
  readonly #redis: RedisServer;
  readonly #trialPort = freePort();
  readonly #php: Deno.ChildProcess;

  private constructor(folder: string, redis: RedisServer, php: Deno.ChildProcess) {
    this.folder = folder;
    this.#redis = redis;
    this.#php = php;
  }

  static async make(redis: RedisServer): Promise<Machine> {
    const folder = await Deno.makeTempDir({ prefix: "notifyli-from-php-" });
    const port = freePort();
    for (const each of ["bin", "etc", "www"]) await Deno.mkdir(`${folder}/${each}`);
    const notifyli = taskCommand("start").slice(0, -1).join(" ");
    for (const [name, script] of Object.entries(COMMANDS)) {
      const text = script.replaceAll("FOLDER", folder).replace("NOTIFYLI", notifyli)
        .replace("REAL_HOME", Deno.env.get("HOME") ?? ""); // where Deno has its packages
      await Deno.writeTextFile(`${folder}/bin/${name}`, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    }
    const settings = async (from: string, to: string) => {
      const text = await Deno.readTextFile(from);
      const here = text.replace("APP_PORT=7000", `APP_PORT=${port}`)
        .replace("REDIS_PORT=6379", `REDIS_PORT=${redis.port}`);
      await Deno.writeTextFile(`${folder}/${to}`, here);
    };
    await settings(`${FIXTURES}/env`, "www/.env");
    await settings(`${ROOT}systemd/notifyli.env`, "etc/notifyli.env"); // step 3 of deploy.md
    const php = new Deno.Command("php", {
      args: [`${FIXTURES}/server.php`, String(port), String(redis.port)],
      stdin: "null",
      stdout: "null",
    }).spawn();
    await Deno.writeTextFile(`${folder}/php.pid`, String(php.pid));
    const machine = new Machine(folder, redis, php);
    const isThere = async () => await redis.call("HLEN", "notifyli:connections:1") === "2";
    await waitFor("the PHP server runs", isThere);
    return machine;
  }

  get trialUrl(): string {
    return `ws://127.0.0.1:${this.#trialPort}/ws`;
  }

  /** Runs a block of the page; resolves with what it prints. */
  async run(name: string): Promise<string> {
    const { code, stdout, stderr } = await this.#shell(name, "piped").output();
    const decoder = new TextDecoder();
    const output = decoder.decode(stdout);
    const errors = decoder.decode(stderr);
    assert.equal(code, 0, `${name}\n${output}${errors}`);
    return `${output}${name === "check" ? errors : ""}`.trim();
  }

  /** Runs a block whose program goes on until it is disposed of, as by Ctrl-C. */
  async begin(name: string): Promise<AsyncDisposable> {
    const path = `${this.folder}/notifyli.pid`;
    await Deno.remove(path);
    const child = this.#shell(name, "null").spawn();
    const pid = await waitFor("it runs", async () => Number(await Deno.readTextFile(path)));
    return {
      async [Symbol.asyncDispose]() {
        Deno.kill(pid, "SIGINT");
        await child.status;
      },
    };
  }

  /** Starts notifyli as its unit does, with the settings of `notifyli.env` and the `.env` of its folder. */
  async startService(): Promise<Program> {
    await this.#php.status; // or its port is not free
    const text = await Deno.readTextFile(`${this.folder}/etc/notifyli.env`);
    const env = Object.fromEntries([...text.matchAll(/^(\w+)=(.*)$/gm)].map(([, ...each]) => each));
    assert.equal("REDIS_URL" in env, false);
    return await Program.start({ isGuarded: true, env, dataDir: `${this.folder}/lib` });
  }

  /** Runs PHP code that has a broker; resolves with what it prints, and how many servers have heard it. */
  async php(code: string): Promise<string> {
    const script = `<?php
require '${FIXTURES}/broker.php';
$broker = new Broker('127.0.0.1', ${this.#redis.port});
${code}
echo "heard by $heard";`;
    const path = `${this.folder}/script.php`;
    await Deno.writeTextFile(path, script);
    const { stdout } = await new Deno.Command("php", { args: [path], stdin: "null" }).output();
    return new TextDecoder().decode(stdout);
  }

  /** What supervisorctl and systemctl were asked for. */
  calls(): Promise<string> {
    return Deno.readTextFile(`${this.folder}/calls`);
  }

  #shell(name: string, output: "piped" | "null"): Deno.Command {
    const script = BLOCKS.get(`${name} (sh)`)!
      .replaceAll("-o notifyli -g notifyli ", "")
      .replaceAll("/etc/notifyli", `${this.folder}/etc`)
      .replaceAll("/var/lib/notifyli", `${this.folder}/lib`)
      .replaceAll("/var/www/notifyli", `${this.folder}/www`)
      .replaceAll("7001", String(this.#trialPort))
      .replaceAll("redis-cli", `redis-cli -p ${this.#redis.port}`);
    const { PATH = "", ...env } = Deno.env.toObject();
    return new Deno.Command("sh", {
      args: ["-e", "-c", script],
      env: { ...env, PATH: `${this.folder}/bin:${PATH}` },
      stdin: "null",
      stdout: output,
      stderr: output,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#php.kill();
    } catch {
      // It has ended already.
    }
    await this.#php.status;
    await Deno.remove(this.folder, { recursive: true });
  }
}
