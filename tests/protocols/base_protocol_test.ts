/** Every snippet of the base protocol that talks to Redis, to the letter, against a running server. */
import assert from "node:assert/strict";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { type Frame, TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

Deno.test("the base protocol: redis-cli PUBLISH becomes a direct_message on all of the user's clients in the room", async () => {
  await using setting = await start();
  const { program } = setting;
  await using phone = await TestClient.join(program.webSocketUrl, { user: 123, room: "/user/123" });
  await using laptop = await TestClient.join(program.webSocketUrl, {
    user: "123",
    room: "/user/123",
  });
  await using elsewhere = await TestClient.join(program.webSocketUrl, { user: 123, room: "lobby" });
  await using other = await TestClient.join(program.webSocketUrl, { user: 7, room: "/user/123" });
  await setting.shell(
    `redis-cli PUBLISH notifyli:messages '{"user_id":123,"room":"/user/123","message":"Hello!","from":"System"}'`,
  );
  for (const client of [phone, laptop]) {
    const [frame] = await client.get("direct_message");
    assertNotification(frame, { room: "/user/123", name: "System", message: "Hello!" });
  }
  for (const client of [elsewhere, other]) {
    await client.settled();
    assert.deepEqual(client.ofType("direct_message"), []);
  }
});

Deno.test("the base protocol: redis-cli PUBLISH with room 1 reaches room 1", async () => {
  await using setting = await start();
  await using client = await TestClient.join(setting.program.webSocketUrl, {
    user: 123,
    room: "1",
  });
  await setting.shell(
    `redis-cli PUBLISH notifyli:messages '{"user_id":123,"room":"1","message":"Test","from":"Manual"}'`,
  );
  const [frame] = await client.get("direct_message");
  assertNotification(frame, { room: "1", name: "Manual", message: "Test" });
});

Deno.test("the base protocol: redis-cli SUBSCRIBE sees what is published", async () => {
  await using setting = await start();
  const subscriber = setting.spawn("redis-cli SUBSCRIBE notifyli:messages");
  const lines = subscriber.stdout.pipeThrough(new TextDecoderStream());
  const heard = (async () => {
    let text = "";
    for await (const chunk of lines) if ((text += chunk).includes("Python-free")) return text;
    return text;
  })();
  await waitFor(
    "both listen",
    async () => (await setting.redis.call("PUBSUB", "NUMSUB", "notifyli:messages")).endsWith("2"),
  );
  await setting.shell(
    `redis-cli PUBLISH notifyli:messages '{"user_id":123,"room":"1","message":"Python-free","from":"CLI"}'`,
  );
  assert.match(await heard, /Python-free/);
  subscriber.kill();
  await subscriber.status;
});

Deno.test("the base protocol: the Python example", async () => {
  await using setting = await start();
  await using client = await TestClient.join(setting.program.webSocketUrl, {
    user: 123,
    room: "/user/123",
  });
  await setting.run("/usr/bin/python3", ["-c", setting.withPort(PYTHON)]);
  const [frame] = await client.get("direct_message");
  assertNotification(frame, {
    room: "/user/123",
    name: "OrderSystem",
    message: "Your order has been shipped!",
  });
});

Deno.test("the base protocol: the Node.js example", async () => {
  await using setting = await start();
  await using client = await TestClient.join(setting.program.webSocketUrl, {
    user: 123,
    room: "/user/123",
  });
  await setting.run("npm", ["install", "--silent", "--no-fund", "--no-audit", "redis@^6.3.1"]);
  // `require` and `await` at the top stand together in Node's own prompt only: so it is typed there.
  const node = setting.spawn("exec node -i", "piped");
  const writer = node.stdin.getWriter();
  await writer.write(new TextEncoder().encode(`${setting.withPort(NODE)}\n`));
  const [frame] = await client.get("direct_message");
  assertNotification(frame, {
    room: "/user/123",
    name: "OrderSystem",
    message: "Your order has been shipped!",
  });
  await writer.close();
  node.kill("SIGKILL");
  await Promise.all([node.status, node.stdout.cancel()]);
});

Deno.test("the base protocol: HGETALL and grep by client_id show a connected user, and nothing after the last client left", async () => {
  await using setting = await start();
  const url = setting.program.webSocketUrl;
  await using first = await TestClient.join(url, { user: 123, room: "/user/123", name: "Alice" });
  const second = await TestClient.join(url, { user: 123, room: "/user/123", name: "Alice" });
  const hash = await setting.shell("redis-cli HGETALL notifyli:connections:/user/123");
  assert.match(hash, /^user_123$/m);
  const entry = JSON.parse(hash.split("\n")[1] ?? "");
  assert.equal(entry.room, "/user/123");
  assert.equal(entry.name, "Alice");
  assert.ok(Math.abs(entry.connected_at - Date.now() / 1000) < 60);
  assert.equal(entry.clients.length, 2);
  for (const { client_id } of entry.clients) {
    const found = await setting.shell(
      `redis-cli HGETALL notifyli:connections:/user/123 | grep '"client_id":"${client_id}"'`,
    );
    assert.match(found, /Alice/);
  }
  await second.close();
  await waitFor("one is left", async () => {
    const left = JSON.parse(
      await setting.shell("redis-cli HGET notifyli:connections:/user/123 user_123"),
    );
    return left.clients === undefined;
  });
  await first.close();
  await waitFor(
    "none is left",
    async () => await setting.shell("redis-cli EXISTS notifyli:connections:/user/123") === "0",
  );
});

Deno.test("the base protocol: the EVAL that scans all rooms finds a client by its id", async () => {
  await using setting = await start();
  await using client = await TestClient.join(setting.program.webSocketUrl, {
    user: 123,
    room: "lobby",
    name: "Alice",
  });
  const { client_id } = JSON.parse(
    await setting.shell("redis-cli HGET notifyli:connections:lobby user_123"),
  );
  const found = await setting.shell(EVAL.replaceAll("abc123", client_id));
  const [key, field, payload] = found.split("\n");
  assert.deepEqual([key, field], ["notifyli:connections:lobby", "user_123"]);
  assert.equal(JSON.parse(payload ?? "").name, "Alice");
  assert.equal(await setting.shell(EVAL), "");
  await client.settled();
});

Deno.test("the base protocol: the browser example joins, talks and tells notifications from messages", async () => {
  await using setting = await start();
  const shown: unknown[] = [];
  const notified: unknown[] = [];
  // As printed there, with this server's address.
  const [userId, roomId, userName] = [123, "lobby", "Alice"];
  const showNotification = (...values: unknown[]) => notified.push(values);
  const displayMessage = (...values: unknown[]) => shown.push(values);
  const ws = new WebSocket(setting.program.webSocketUrl);
  ws.onopen = () => {
    ws.send(JSON.stringify({
      type: "usermsg",
      user_id: userId,
      room: roomId,
      name: userName,
      message: "joined",
    }));
  };
  ws.onmessage = (event) => {
    const data = JSON.parse(event.data);
    if (data.type === "direct_message") {
      showNotification(data.message, data.name);
    } else {
      displayMessage(data.message, data.name);
    }
  };
  await waitFor("the own message", () => shown.length === 1);
  await setting.shell(
    `redis-cli PUBLISH notifyli:messages '{"user_id":123,"room":"lobby","message":"Shipped","from":"Shop"}'`,
  );
  await waitFor("the notification", () => notified.length === 1);
  assert.deepEqual(shown, [["joined", "Alice"]]);
  assert.deepEqual(notified, [["Shipped", "Shop"]]);
  const closed = new Promise((resolve) => ws.onclose = resolve);
  ws.close();
  await closed;
});

const PYTHON = `
import redis
import json

r = redis.Redis(host='localhost', port=6379, decode_responses=True)

notification = {
    'user_id': 123,
    'room': '/user/123',
    'message': 'Your order has been shipped!',
    'from': 'OrderSystem',
}

r.publish('notifyli:messages', json.dumps(notification))
`;

const NODE = `
const redis = require('redis');
const publisher = redis.createClient();
await publisher.connect();

const notification = {
    user_id: 123,
    room: '/user/123',
    message: 'Your order has been shipped!',
    from: 'OrderSystem'
};

await publisher.publish('notifyli:messages', JSON.stringify(notification));
`;

const EVAL = `redis-cli EVAL "
local out = {}
local cursor = '0'
repeat
  local scan = redis.call('SCAN', cursor, 'MATCH', 'notifyli:connections:*', 'COUNT', 100)
  cursor = scan[1]
  for _, key in ipairs(scan[2]) do
    local entries = redis.call('HGETALL', key)
    for i = 1, #entries, 2 do
      local field = entries[i]
      local value = entries[i + 1]
      if string.find(value, '\\"client_id\\":\\"abc123\\"', 1, true) then
        table.insert(out, key)
        table.insert(out, field)
        table.insert(out, value)
      end
    end
  end
until cursor == '0'
return out
" 0`;

function assertNotification(frame: Frame | undefined, expected: Frame): void {
  assert.equal(frame?.["type"], "direct_message");
  assert.equal(frame["user_id"], 123);
  assert.equal(typeof frame["id"], "string");
  assert.ok(Math.abs(Number(frame["timestamp"]) - Date.now() / 1000) < 60);
  assert.partialDeepStrictEqual(frame, expected);
}

/** A server on a Redis, and a shell in which `redis-cli` finds that Redis as if it had the default port. */
async function start(): Promise<Setting> {
  const redis = await RedisServer.start();
  const program = await Program.start({ isGuarded: true, env: redis.env });
  await program.hearsRedis();
  return new Setting(redis, program, await Deno.makeTempDir());
}

class Setting implements AsyncDisposable {
  constructor(
    readonly redis: RedisServer,
    readonly program: Program,
    readonly folder: string,
  ) {}

  /** The snippets name no port, or 6379. */
  withPort(script: string): string {
    const { port } = this.redis;
    return script.replace("6379", String(port)).replace(
      "createClient()",
      `createClient({ url: 'redis://127.0.0.1:${port}' })`,
    );
  }

  spawn(script: string, stdin: "null" | "piped" = "null"): Deno.ChildProcess {
    const port = `-p ${this.redis.port}`;
    return new Deno.Command("sh", {
      args: [
        "-c",
        script.replaceAll("redis-cli ", `redis-cli ${port} `).replace(
          /^redis-cli/,
          "exec redis-cli",
        ),
      ],
      cwd: this.folder,
      stdin,
      stdout: "piped",
      stderr: "null",
    }).spawn();
  }

  /** Runs a line of shell; resolves with what it prints. */
  async shell(line: string): Promise<string> {
    const { stdout } = await this.spawn(line).output();
    return new TextDecoder().decode(stdout).trim();
  }

  async run(command: string, args: string[]): Promise<void> {
    const { success, stderr } = await new Deno.Command(command, { args, cwd: this.folder })
      .output();
    assert.ok(success, new TextDecoder().decode(stderr));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program[Symbol.asyncDispose]();
    await this.redis[Symbol.asyncDispose]();
    await Deno.remove(this.folder, { recursive: true });
  }
}
