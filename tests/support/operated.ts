/** A server with something of everything that operators look at, with long names, names that run from right to left, and failures. */
import { DatabaseSync } from "node:sqlite";
import { Manager } from "./manager.ts";
import { Program } from "./program.ts";
import { hookEnv, Receiver } from "./receiver.ts";
import { TestClient } from "./test_client.ts";
import { APP_KEY, connectionToken } from "./tokens.ts";

export const LONG = "launch-crew-berlin-lisbon-sao-paulo-and-all-who-wanted-to-come";

/** One word of many letters, which is to be cut or broken, and nothing else. */
const UNBROKEN = "x".repeat(120);

/** A device of Web Push that nothing reaches: nothing listens there. */
const DEVICE = {
  provider: "web_push",
  platform: "Firefox on Linux with a long name of its own",
  token: {
    endpoint: "https://127.0.0.1:9/c3d4",
    keys: {
      p256dh:
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
      auth: "BTBZMqHH6r4Tts7J_aSIgg",
    },
  },
};

export class Operated implements AsyncDisposable {
  readonly program: Program;
  readonly manager: Manager;
  /** The id of the node. */
  readonly node: string;
  /** Of users 1, `LONG` and 3. */
  readonly clients: readonly TestClient[];
  readonly #parts: AsyncDisposableStack;

  private constructor(
    parts: AsyncDisposableStack,
    { program, manager, node, clients }: Omit<Operated, "views" | typeof Symbol.asyncDispose>,
  ) {
    this.#parts = parts;
    this.clients = clients;
    this.program = program;
    this.manager = manager;
    this.node = node;
  }

  static async start(): Promise<Operated> {
    await using parts = new AsyncDisposableStack();
    const receiver = parts.use(new Receiver());
    receiver.answer = () => new Response(null, { status: 400 }); // it takes nothing
    const dataDir = await Deno.makeTempDir();
    parts.defer(() => Deno.remove(dataDir, { recursive: true }));
    const env = {
      ...hookEnv(receiver.url, { APP_NODE_NAME: "node-with-a-rather-long-name-in-frankfurt-1" }),
      APP_KEY,
    };
    // The tables come with the first start, and what failed before the next one.
    await (await Program.start({ env, dataDir }))[Symbol.asyncDispose]();
    leaveDeadLetters(dataDir);
    const program = parts.use(await Program.start({ env, dataDir }));
    const manager = await Manager.of(program);
    const clients = await fill(program, manager);
    for (const client of clients) parts.use(client);
    const { json } = await manager.call(program, "GET", "/nodes");
    return new Operated(parts.move(), { program, manager, clients, node: String(json["this"]) });
  }

  /** All views, each with something in it. */
  get views(): readonly string[] {
    return [
      ...["", "nodes", `nodes/${this.node}`, "rooms", `rooms/${LONG}`, "topics", "users"],
      ...[`users/${LONG}`, "conversations", "notifications", "notifications/was-sent"],
      ...["notifications/waits-001", "scheduled", "hooks", "dead-letters"],
      ...["dead-letters?source=hooks", "channels", "kinds", "keys", "blocks", "settings"],
      ...["audit", "log", `trace?user=${LONG}`],
    ];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.disposeAsync();
  }
}

/** Leaves dead letters in the store of a server that does not run: two of the schedule, and two of the endpoint `hook`. */
export function leaveDeadLetters(dataDir: string): void {
  using database = new DatabaseSync(`${dataDir}/notifyli.db`);
  const refused = database.prepare(
    `INSERT INTO refused (reason, refused_at, site, user, id, room, content, deliver_at)
     VALUES (?, ?, 'default', '7', ?, 'lobby', '{"message":"x"}', 1790000000000)`,
  );
  const reason = `UNIQUE constraint failed: notifications.offset ${UNBROKEN}`;
  for (const id of ["refused-001", "refused-002"]) refused.run(reason, Date.now(), id);
  const dead = database.prepare(
    "INSERT INTO hook_dead (endpoint, id, at, reason, event) VALUES ('hook', ?, ?, ?, ?)",
  );
  for (const id of ["event-1", "event-2"]) {
    const event = {
      ...{ event: "message.received", id, site: "default", room: LONG, at: 1000 },
      data: { message: "x" },
    };
    dead.run(id, Date.now(), "it refused them: status 400", JSON.stringify(event));
  }
}

async function fill(program: Program, manager: Manager): Promise<TestClient[]> {
  const clients: TestClient[] = [];
  for (const [user, room] of [["1", "lobby"], [LONG, LONG], ["3", "دعم العملاء"]] as const) {
    const token = await connectionToken({ sub: user, topics: ["*"], name: `${user}!` });
    const client = await TestClient.connectWithToken(program.webSocketUrl, token);
    clients.push(client);
    await client.command("subscribe", { room });
    await client.command("subscribe", { topic: `orders.${user}` });
  }
  await clients[1]!.command("no such command").catch(() => {}); // a refusal
  const send = (fields: Record<string, unknown>) => manager.done(program, "/notifications", fields);
  const all = [
    manager.done(program, `/users/${LONG}/devices`, DEVICE),
    manager.call(program, "PUT", `/rooms?room=${LONG}`, { publish: "server", maxClients: 9 }),
    manager.call(program, "PUT", "/kinds/order.shipped", {
      ...{ name: "Orders", description: `${LONG} `.repeat(3), locked: `The law says so: ${LONG}` },
    }),
    manager.done(program, "/users/9/block", { seconds: 3600 }),
    manager.done(program, `/users/${LONG}-2/block`),
    manager.done(program, "/revocations", { user_id: `${LONG}-3` }),
    manager.done(program, "/revocations", { session_id: UNBROKEN.slice(0, 60) }),
    manager.done(program, "/keys", { name: LONG, scopes: ["publish", "read"] }),
    manager.done(program, "/conversations?user_id=1", { kind: "group", members: ["3"] }),
  ];
  for (const answer of all) await answer;
  const later = Math.floor(Date.now() / 1000) + 3600;
  await send({ user_id: LONG, id: "was-sent", title: "Disk 91 % full", message: "x" });
  await send({
    user_id: LONG,
    id: "waits-001",
    title: `${LONG} ${UNBROKEN}`,
    message: "x",
    ...{
      deliver_at: later,
    },
  });
  await send({ user_id: 1, id: "waits-002", message: "x", deliver_at: later + 86_400 });
  await send({ user_id: 1, id: "was-put-off", title: "Put off", message: "x" });
  await manager.call(program, "PUT", "/users/1/notifications/was-put-off/snooze", { until: later });
  await clients[1]!.get("direct_message");
  await clients[1]!.command("ack", { ids: ["was-sent"] });
  await clients[0]!.command("publish", { room: "lobby", message: "hello" });
  return clients;
}
