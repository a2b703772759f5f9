/**
 * `docs/deploy.md` as it is read: its nginx configuration in a real nginx with TLS, in front of a real server, and
 * its commands in a shell, with this test's ports and folders in the place of the real ones.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { DISCONNECTS } from "../../lib/base/errors.ts";
import { ROOT } from "../support/paths.ts";
import { run, taskCommand } from "../support/command.ts";
import { Manager } from "../support/manager.ts";
import { Program } from "../support/program.ts";
import { Nginx, NGINX_TIMEOUT_SECONDS } from "../support/nginx.ts";
import { RedisServer } from "../support/redis.ts";
import { TestClient } from "../support/test_client.ts";
import { APP_KEY, connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

const doc = await Deno.readTextFile(`${ROOT}docs/deploy.md`);

Deno.test("deploy.md's key command names the service's folder, which is in no file of settings", () => {
  const commands = doc.match(/^sudo .*notifyli key .*$/gm) ?? [];
  assert.equal(commands.length, 1);
  for (const command of commands) {
    assert.match(command, / APP_DATA_DIR=\/var\/lib\/notifyli notifyli key /);
  }
});

Deno.test("nginx as documented serves the page, the sockets and no API", async (t) => {
  await using program = await Program.start({ env: { APP_KEEPALIVE_SECONDS: "1", APP_KEY } });
  await using nginx = await Nginx.start(documentedSite(), program.port);
  const authorization = `Bearer ${await connectionToken({ sub: "5" })}`;

  await t.step("the page comes over https", async () => {
    const { status, body } = await nginx.get("https", "/");
    assert.equal(status, 200);
    assert.match(body, /<html/);
  });
  await t.step("http leads to https, but for the certificate's renewal", async () => {
    const { status, location } = await nginx.get("http", "/room?x=1");
    assert.deepEqual([status, location], [301, "https://your-domain.com/room?x=1"]);
    const { body } = await nginx.get("http", "/.well-known/acme-challenge/token");
    assert.equal(body, "proof");
  });
  await t.step("on any port, the page's origin is the server's own, and no other is", async () => {
    for (
      const [host, origin, status] of [
        ["your-domain.com", "https://your-domain.com", 101],
        ["your-domain.com:8443", "https://your-domain.com:8443", 101],
        ["your-domain.com:8443", "https://your-domain.com", 403],
        ["your-domain.com", "http://your-domain.com", 403],
      ] as const
    ) {
      const socket = nginx.connect("/ws", { authorization, host, origin });
      const closed = closeOf(socket);
      const answer = await new Promise<number>((resolve) => {
        socket.once("open", () => resolve(101));
        socket.once("error", ({ message }) => resolve(Number(/\d+$/.exec(message)?.[0])));
      });
      assert.equal(answer, status, `${host} ${origin}`);
      socket.close();
      await closed;
    }
  });
  await t.step("behind a path, the page and the sockets are there, too", async () => {
    const { status, body } = await nginx.get("https", "/realtime/");
    assert.equal(status, 200);
    assert.match(body, /src="main.js"/);
    const socket = nginx.connect("/realtime/ws?user_id=5&room=lobby", { authorization });
    const closed = closeOf(socket);
    await once(socket, "open");
    socket.close();
    await closed;
  });
  await t.step("the dashboard's session and its stream go through", async () => {
    const { key } = await Manager.of(program);
    using client = nginx.httpClient();
    for (const path of ["", "/realtime"]) {
      const ask = (method: string, at: string, headers: Record<string, string>, body?: string) =>
        fetch(`${nginx.url}${path}/admin${at}`, {
          ...{ method, client, body },
          headers: { host: "your-domain.com", "x-notifyli-admin": "1", ...headers },
        });
      const origin = "https://your-domain.com";
      const body = JSON.stringify({ key });
      const foreign = await ask("POST", "/session", { origin: "https://evil.example" }, body);
      await foreign.body?.cancel();
      assert.equal(foreign.status, 403);
      const opened = await ask("POST", "/session", { origin }, body);
      assert.equal(opened.status, 201, await opened.text());
      const [cookie = "", ...how] = (opened.headers.get("set-cookie") ?? "").split("; ");
      assert.ok(how.includes("Secure"), "it is for TLS alone");
      const stream = await ask("GET", "/api/watch?streams=nodes", { cookie });
      let text = "";
      for await (const part of stream.body!.pipeThrough(new TextDecoderStream())) {
        text += part;
        if (text.includes("event: nodes")) break; // nginx holds nothing back
      }
      const ended = await ask("DELETE", "/session", { cookie, origin });
      assert.equal(ended.status, 204);
      const after = await ask("GET", "/api/nodes", { cookie });
      await after.body?.cancel();
      assert.equal(after.status, 401);
    }
  });
  await t.step(
    "a WebSocket goes through, and outlives the proxy's timeout by the pings",
    async () => {
      const socket = nginx.connect("/ws?user_id=5&room=lobby", { authorization });
      const closed = closeOf(socket);
      await once(socket, "open");
      const openedAt = performance.now();
      let pingedAt = openedAt;
      socket.on("ping", () => pingedAt = performance.now());
      await waitFor(
        "a ping after the timeout",
        () => pingedAt - openedAt > (NGINX_TIMEOUT_SECONDS + 1) * 1000,
      );
      const answer = once(socket, "message");
      socket.send(
        JSON.stringify({ type: "usermsg", user_id: 5, room: "lobby", message: "Hello!" }),
      );
      const [text] = await Promise.race([answer, closed.then(() => ["{}"])]);
      assert.equal(JSON.parse(String(text)).message, "Hello!");
      socket.close();
      await closed;
    },
  );
  await t.step(
    "a stream of events goes through, each as it comes, and outlives the timeout",
    async () => {
      using client = nginx.httpClient();
      const open = (path: string, init: RequestInit = {}) =>
        fetch(`${nginx.url}${path}`, {
          ...init,
          client,
          headers: { host: "your-domain.com", authorization },
        });
      const response = await open("/sse");
      const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
      let text = "";
      const read = async (pattern: RegExp) => {
        while (!pattern.test(text)) text += (await reader?.read())?.value ?? assert.fail(text);
      };
      await read(/"session":"[^"]+"/);
      await read(/(:\n\n){3}/); // one each second, and nginx gives up after 2
      const [, session] = /"session":"([^"]+)"/.exec(text) ?? [];
      const posted = await open(`/sse/${session}`, { method: "POST", body: '{"type":"ping"}' });
      assert.equal(posted.status, 202, await posted.text());
      await read(/"type":"pong"/);
      await reader?.cancel();
    },
  );
  await t.step("the API is refused", async () => {
    const { status, body } = await nginx.get("https", "/api/stats");
    assert.equal(status, 401, body);
    assert.equal(JSON.parse(body).code, "unauthorized");
  });
});

Deno.test("the documented checks work on a server with Redis", async (t) => {
  await using redis = await RedisServer.start();
  await using program = await Program.start({ env: { ...redis.env, APP_KEY } });
  const { key } = await Manager.of(program);
  const places = { program, redis, replace: { $KEY: key } };
  const join = async () =>
    await TestClient.connectAs(`${program.webSocketUrl}?room=/user/123&user_id=123`, {
      headers: { authorization: `Bearer ${await connectionToken()}` },
    });
  await waitFor("the bridge", () => program.log.find(({ message }) => /routes/.test(message)));

  const [check, watch, trouble, ...more] = blocks("with redis");
  assert.deepEqual(more, []);
  await t.step("does it run", async () => {
    assert.equal(await shell(check, { program, redis }), '{"ready":true}1');
  });
  await t.step("the notification waits for its user", async () => {
    await using client = await join();
    const [frame] = await client.get("direct_message");
    assert.equal(frame?.["message"], "It works");
  });
  await t.step("watching it", async () => {
    assert.match(await shell(watch, places), /^ok\n\{"ready":true\}\{.*"clients":/);
  });
  await t.step("a notification does not arrive", async () => {
    await using client = await join();
    client.send({ type: "presence", room: "/user/123" });
    await client.get("presence"); // it is in the room
    const output = await shell(trouble, places);
    assert.match(output, /^user_123\n\{.*\}\nnotifyli:messages\n1\n1\n\{.*"bridge_refused":0/);
  });
});

Deno.test("the documented Redis settings are taken by a running Redis", async () => {
  await using redis = await RedisServer.start();
  const [settings] = blocks("redis settings");
  // Without a configuration file there is nothing to rewrite.
  await shell(settings?.replace(/^.*CONFIG REWRITE$/m, ""), { redis });
  assert.equal(await redis.call("CONFIG", "GET", "appendonly"), "appendonly\nyes");
  assert.match(await redis.call("CONFIG", "GET", "maxmemory-policy"), /\nnoeviction$/);
});

Deno.test("the documented check says that Redis is away", async () => {
  await using redis = await RedisServer.stopped();
  await using program = await Program.start({ env: redis.env });
  const [block] = blocks("redis away");
  const output = await shell(block?.replace(/^systemctl.*$/m, ""), { program });
  assert.equal(JSON.parse(output).ready, false);
});

Deno.test("the documented backup of Redis holds the notifications", async () => {
  await using folders = await Folders.make();
  await using redis = await RedisServer.start("--appendonly", "yes");
  const dir = (await redis.call("CONFIG", "GET", "dir")).split("\n")[1];
  {
    await using program = await Program.start({ env: redis.env });
    await notify(program);
  }
  await waitFor(
    "no rewrite",
    async () => /in_progress:0/.test(await redis.call("INFO", "persistence")),
  );
  const [backup] = blocks("redis backup");
  await shell(backup, { redis, replace: { "/var/lib/redis": dir, "/var/backups": folders.path } });

  await Deno.rename(await folders.only(), `${folders.path}/appendonlydir`);
  await using restored = await RedisServer.start("--dir", folders.path, "--appendonly", "yes");
  await using program = await Program.start({ env: restored.env });
  await assertDelivered(program);
});

Deno.test("the documented backup without Redis holds the notifications", async () => {
  await using folders = await Folders.make();
  const data = `${folders.path}/data`;
  await Deno.mkdir(data);
  await using program = await Program.start({ dataDir: data });
  await using client = await TestClient.join(program.webSocketUrl, { user: 1, room: "lobby" });
  await notify(program);
  assert.match(await sqliteBackup(data, `${folders.path}/no.db`), /database is locked/);

  const [backup] = blocks("embedded backup");
  const backups = `${folders.path}/backups`;
  await Deno.mkdir(backups);
  await shell(backup, {
    replace: {
      "notifyli backup": `APP_PORT=${program.port} ${taskCommand("backup").join(" ")}`,
      "/var/lib/notifyli": data,
      "/var/backups": backups,
    },
  });
  await client.settled();

  const [copy] = Deno.readDirSync(backups);
  const dataDir = `${folders.path}/restored`;
  const { code, stderr } = await run(
    [...taskCommand("restore"), `${backups}/${copy?.name}`],
    { env: { APP_DATA_DIR: dataDir, APP_PORT: "1" } },
  );
  assert.equal(code, 0, stderr);
  await using restored = await Program.start({ dataDir });
  await assertDelivered(restored);
});

Deno.test("the document names the disconnect codes that exist, and files that do", async () => {
  const codes = [...doc.matchAll(/^\| (3\d{3}) \|/gm)].map(([, code]) => Number(code));
  assert.deepEqual(codes, Object.values(DISCONNECTS).map(({ code }) => code));
  for (const file of ["systemd/notifyli.service", "systemd/notifyli.env"]) {
    assert.ok(doc.includes(file));
    await Deno.stat(`${ROOT}${file}`);
  }
});

/** The shell blocks with this mark above them. */
function blocks(mark: string): string[] {
  const found = [...doc.matchAll(/<!-- tested: (.+) -->\s*```sh\n([\s\S]*?)```/g)]
    .filter(([, name]) => name === mark).map(([, , text = ""]) => text);
  assert.notEqual(found.length, 0, `no block is marked "${mark}"`);
  return found;
}

interface Places {
  readonly program?: Program;
  readonly redis?: RedisServer;
  readonly replace?: Readonly<Record<string, string | undefined>>;
}

/** Runs a block of the document; resolves with what it prints. */
async function shell(block = "", { program, redis, replace = {} }: Places): Promise<string> {
  let script = block.replaceAll("sudo ", "");
  if (program) script = script.replaceAll("http://127.0.0.1:7000", program.url);
  if (redis) script = script.replaceAll("redis-cli", `redis-cli -p ${redis.port}`);
  for (const [from, to = ""] of Object.entries(replace)) script = script.replaceAll(from, to);
  const { code, stdout, stderr } = await new Deno.Command("sh", {
    args: ["-e", "-c", script],
    stdin: "null",
  }).output();
  const output = new TextDecoder().decode(stdout);
  assert.equal(code, 0, `${script}\n${output}${new TextDecoder().decode(stderr)}`);
  return output.trim();
}

async function notify(program: Program): Promise<void> {
  const response = await fetch(`${program.url}/api/users/7/notifications`, {
    method: "POST",
    body: "Kept",
  });
  assert.equal(response.status, 201, await response.text());
}

async function assertDelivered(program: Program): Promise<void> {
  await using client = await TestClient.join(program.webSocketUrl, { user: 7, room: "/user/7" });
  const [frame] = await client.get("direct_message");
  assert.equal(frame?.["message"], "Kept");
}

async function sqliteBackup(data: string, to: string): Promise<string> {
  const { stderr } = await new Deno.Command("sqlite3", {
    args: [`${data}/notifyli.db`, `.backup ${to}`],
    stdin: "null",
  }).output();
  return new TextDecoder().decode(stderr);
}

/** Resolves when it is closed; `once` would fail with its error, which the one that waits for it to open says. */
function closeOf(socket: ReturnType<Nginx["connect"]>): Promise<void> {
  return new Promise((resolve) => socket.once("close", () => resolve()));
}

class Folders implements AsyncDisposable {
  private constructor(readonly path: string) {}

  static async make(): Promise<Folders> {
    return new Folders(await Deno.makeTempDir({ prefix: "notifyli-deploy-" }));
  }

  /** The one thing in the folder. */
  async only(): Promise<string> {
    const names = await Array.fromAsync(Deno.readDir(this.path), ({ name }) => name);
    assert.equal(names.length, 1, names.join());
    return `${this.path}/${names[0]}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

/** The site, with the location for a server behind a path beside its own. */
function documentedSite(): string {
  const [text = "", atPath = ""] = [...doc.matchAll(/```nginx\n([\s\S]*?)```/g)].map(([, code]) =>
    code
  );
  return text.replace(/\}\s*$/, `${atPath}}`);
}
