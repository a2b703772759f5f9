/**
 * The description of the sockets: of all commands, right by its own schema, and its examples are sent to a server, whose
 * replies and pushed frames are as they are described.
 */
import assert from "node:assert/strict";
import { schemas } from "@asyncapi/specs";
import { Ajv } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import { ApiWorld, type Json } from "../../support/api_world.ts";
import { closed } from "../../support/closed_schema.ts";
import { PostgresServer } from "../../support/postgres.ts";
import { Program } from "../../support/program.ts";
import { RedisServer } from "../../support/redis.ts";
import { ROOT } from "../../support/paths.ts";
import { startHere } from "../../support/server_here.ts";
import { type Frame, TestClient } from "../../support/test_client.ts";
import { APP_KEY, connectionToken } from "../../support/tokens.ts";
import { waitFor } from "../../support/wait.ts";
import { variantsOf } from "../../support/schema_values.ts";

const ENV = { APP_KEY, APP_RATE_MESSAGES: "off", APP_RATE_CHAT: "off", APP_RATE_EVENTS: "off" };

// deno-lint-ignore no-explicit-any -- a description is read by its own words
const document: any = JSON.parse(await Deno.readTextFile(`${ROOT}docs/asyncapi.json`));

const COMMANDS = Object.keys(document.operations).filter((name) =>
  document.operations[name].action === "receive"
);

Deno.test("the schema of AsyncAPI 3.0 finds nothing wrong with it", () => {
  const ajv = new Ajv({
    strict: false,
    validateFormats: false,
    meta: false,
    validateSchema: false,
  });
  const validate = ajv.compile((schemas as Json)["3.0.0"]);
  assert.ok(validate(document), ajv.errorsText(validate.errors));
  const broken = { ...Object(document), channels: { v2: { address: 5 } } };
  assert.equal(validate(broken), false);
});

Deno.test("every command of version 2 says what it takes and answers", async () => {
  await using server = await startHere();
  const described = COMMANDS.map((name) => {
    return document.components.messages[`${name}.command`].payload.properties.type.const;
  });
  assert.deepEqual([...new Set(described)].sort(), [...server.commands.types].sort());
  assert.equal(
    described.length,
    server.commands.count,
    "those are described apart that share a type",
  );
});

Deno.test("every example of a command is taken and answered as it is described: embedded", async () => {
  await using program = await Program.start({ env: ENV });
  await testCommands(program);
});

Deno.test("every example of a command is taken and answered as it is described: Redis and PostgreSQL", async () => {
  await using redis = await RedisServer.start();
  await using postgres = await PostgresServer.start();
  await using program = await Program.start({ env: { ...ENV, ...redis.env, ...postgres.env } });
  await testCommands(program);
});

async function testCommands(program: Program): Promise<void> {
  await using world = await ApiWorld.of(program);
  const check = frameCheck();
  const tokens = [await tokenOf("1"), await tokenOf("2")];
  await using alice = await TestClient.connectWithToken(program.webSocketUrl, tokens[0]!);
  await using bob = await TestClient.connectWithToken(program.webSocketUrl, tokens[1]!);
  for (const type of ["conversations", "contacts", "preferences"]) await bob.command(type);
  await alice.command("contact", { user_id: 2 });
  await bob.command("contact", { user_id: 1 });
  await bob.command("presence", { user_ids: [1] });
  await bob.command("subscribe", { room: "lobby" });
  await bob.command("presence", { room: "lobby" });
  await bob.command("subscribe", { topic: "orders" });
  const faults: string[] = [];
  for (const name of ordered(COMMANDS)) {
    const [{ payload }] = document.components.messages[`${name}.command`].examples;
    const { type, ref: _, ...example } = payload;
    try {
      const fields = { ...example, ...await BEFORE[name]?.(world, alice) };
      const data = await alice.command(type, name === "auth" ? { token: tokens[0] } : fields);
      const fault = check(`${name}.reply`, { type: "reply", ref: 1, success: true, data });
      if (fault !== undefined) faults.push(`${name}: ${fault}`);
    } catch (error) {
      faults.push(`${name}: ${error}`);
    }
  }
  await world.done("POST", "/topics/orders", { data: { id: 5 } });
  await waitFor("the event of the topic", () => bob.ofType("event").some(({ topic }) => topic));
  await alice.settled();
  await bob.settled();
  const seen = new Set<string>();
  for (const frame of [...alice.frames, ...bob.frames]) {
    const type = String(frame["type"]);
    if (type === "reply") continue;
    seen.add(type);
    const fault = check(`${type}.push`, frame);
    if (fault !== undefined) faults.push(`${type}: ${fault}`);
  }
  assert.deepEqual(faults, []);
  assert.ok(seen.size > 11, `of pushed frames came ${[...seen]}`);
}

Deno.test("the events of a stream are as they are described", async () => {
  await using program = await Program.start({ env: ENV });
  await using world = await ApiWorld.of(program);
  const check = frameCheck();
  const token = await tokenOf("9");
  const stop = new AbortController();
  const response = await fetch(`${program.url}/sse?room=lobby&topic=orders&conversations=true`, {
    headers: { authorization: `Bearer ${token}` },
    signal: stop.signal,
  });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const frames = () =>
    [...text.matchAll(/^data: (.*)$/gm)].map(([, json = ""]): Frame => JSON.parse(json));
  const types = () => new Set(frames().map(({ type }) => String(type)));
  while (types().size < 2 || frames().length < 3) text += (await reader.read()).value ?? "";
  await world.notification({ user_id: 9 });
  while (!types().has("direct_message")) text += (await reader.read()).value ?? "";
  stop.abort();
  await reader.cancel().catch(() => {});
  const faults = frames().map((frame) => check(`${frame["type"]}.push`, frame));
  assert.deepEqual(faults.filter((fault) => fault !== undefined), []);
  assert.ok(types().has("connected") && types().has("subscribed"), [...types()].join());
});

Deno.test("the server refuses commands that the description does not allow", async () => {
  await using program = await Program.start({ env: ENV });
  await using world = await ApiWorld.of(program);
  const token = await tokenOf("1");
  await using client = await TestClient.connectWithToken(program.webSocketUrl, token);
  await client.command("subscribe", { room: "lobby" });
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema(document, "sockets");
  const resolve = (schema: Json): Json =>
    schema?.$ref === undefined ? schema : resolve(
      schema.$ref.split("/").slice(1).reduce((at: Json, part: string) => at[part], document),
    );
  const faults: string[] = [];
  let count = 0;
  for (const name of COMMANDS) {
    if (NOT_VARIED.includes(name)) continue;
    const { payload: schema, examples: [{ payload }] } =
      document.components.messages[`${name}.command`];
    const { ref: _, ...example } = payload;
    const good = { ...example, ...await BEFORE[name]?.(world, client) };
    const variants = variantsOf(schema, good, resolve);
    for (const { place, what, isGood, value: varied } of variants) {
      const [, field = ""] = place.split("/");
      const base = await BESIDE[`${name} ${field}`]?.(world, client);
      const value = base === undefined
        ? varied
        : { type: good.type, ...base, [field]: varied[field] };
      const isOfFrame = place === "" || /^\/(type|ref)$/.test(place);
      const validate = ajv.getSchema(`sockets#/components/messages/${name}.command/payload`)!;
      if (isGood || isOfFrame || validate(value)) continue;
      count++;
      const { type, ...fields } = value;
      const refused = await client.command(type, fields).then(() => undefined, String);
      if (!/(invalid_field|missing_field|too_long|too_many_subscriptions):/.test(refused ?? "")) {
        faults.push(`${name}: ${place} ${what} is not allowed: ${refused}`);
      }
    }
  }
  assert.deepEqual(faults, []);
  assert.ok(count > 100, `${count} are few`);
});

/** A token that may be used for all topics. */
function tokenOf(sub: string): Promise<string> {
  return connectionToken({ sub, topics: ["*"] });
}

/** Who a client is cannot be said twice. */
const NOT_VARIED = ["auth", "connect", "identity", "pass"];

/** What goes together comes in its order, and what removes something last. */
function ordered(names: readonly string[]): string[] {
  const last = ["unsubscribe_room", "unsubscribe_topic", "unsend", "privacy"];
  return [
    ...["connect", "subscribe_room", "subscribe_topic"],
    ...names.filter((name) =>
      ![...last, "connect", "subscribe_room", "subscribe_topic"].includes(name)
    ),
    ...last,
  ];
}

/** Fields beside which another one counts, in place of the example. */
const changing: Before = async (_world, client) => {
  const opened = await client.command("conversation", { kind: "group", members: [2] });
  return { conversation: (opened["conversation"] as Json).id };
};

type Before = (world: ApiWorld, client: TestClient) => Promise<Frame>;

const ofNotification: Before = async (world) => ({ ids: [await notified(world)] });

async function notified(world: ApiWorld): Promise<string> {
  const actions = [{ type: "reply", label: "Answer" }];
  return await world.notification({ user_id: 1, actions });
}

const ofConversation: Before = async (world) => ({
  conversation: Number(await world.group([2])),
});

const ofMessage: Before = async (_world, client) => {
  const opened = await client.command("conversation", {
    kind: "group",
    members: [2],
    name: "Team",
  });
  const { id } = opened["conversation"] as Json;
  const sent = await client.command("message", { conversation: id, text: "Hello" });
  return { message: (sent["message"] as Json).id };
};

/** What has to be there before a command can succeed, and how it is called. */
const BEFORE: Readonly<Record<string, Before>> = {
  ack: ofNotification,
  read: ofNotification,
  archive: ofNotification,
  unarchive: ofNotification,
  delete: ofNotification,
  snooze: ofNotification,
  unsnooze: ofNotification,
  act: async (world) => ({ id: await notified(world) }),
  inbox: async (world) => {
    await notified(world);
    return {};
  },
  members: ofConversation,
  seen: ofConversation,
  typing: ofConversation,
  message: ofConversation,
  messages: ofConversation,
  files: ofConversation,
  edit: ofMessage,
  unsend: ofMessage,
  react: ofMessage,
  receipts: ofMessage,
};

const BESIDE: Readonly<Record<string, Before>> = {
  "inbox unread": () => Promise.resolve({ since: { offset: 0, epoch: "none" } }),
  "inbox cursor": () => Promise.resolve({ snoozed: true }),
  "read through": () => Promise.resolve({ all: true }),
  ...Object.fromEntries(
    ["add", "remove", "roles", "leave", "archived", "pinned", "muted", "muted_until"]
      .map((field) => [`conversation ${field}`, changing]),
  ),
};

/** Says what is wrong with a frame. */
function frameCheck(): (message: string, frame: Frame) => string | undefined {
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
  ajv.addSchema(closed(document), "sockets");
  return (message, frame) => {
    if (document.components.messages[message] === undefined) return "it is not described";
    const validate = ajv.getSchema(`sockets#/components/messages/${message}/payload`)!;
    if (validate(frame)) return undefined;
    return `${JSON.stringify(frame).slice(0, 500)}: ${ajv.errorsText(validate.errors)}`;
  };
}
