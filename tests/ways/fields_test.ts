/** What `docs/notifications.md` says is taken and refused, field by field, by every way in. */
import assert from "node:assert/strict";
import { parseNotification } from "../../lib/inbox/notification.ts";
import { CodedError } from "../../lib/base/errors.ts";
import { Publisher, type PublishOptions } from "../../lib/publisher/publisher.ts";
import { readSlice } from "../../lib/config/read.ts";
import { limits } from "../../lib/limits/settings.ts";
import { ROOT } from "../support/paths.ts";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { type Frame, TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

const PAGE = await Deno.readTextFile(`${ROOT}docs/notifications.md`);
const DEAD = "notifyli:notifications-dead";
const BASE = { user_id: 7, message: "x" };

/** A row of one of the two tables. */
interface Row {
  readonly field: string;
  /** The value as JSON has it. */
  readonly json: string;
  /** What it is taken as, in JSON, or why it is refused. */
  readonly last: string;
}

const taken = rowsOf("what is taken");
const refused = rowsOf("what is refused");

Deno.test("docs/notifications.md: has a table of what is taken and one of what is refused", () => {
  assert.ok(taken.length > 20 && refused.length > 20);
});

for (const row of taken) {
  Deno.test(`parseNotification() takes ${row.field} ${row.json} as ${row.last}`, () => {
    const parsed = parseNotification(fieldsOf(row), {
      limits: readSlice(limits),
      defaultRoom: "1",
    });
    const { user: user_id, deliverAt: deliver_at, expiresAt: expires_at, details, ...rest } =
      parsed;
    const found: Frame = { ...rest, ...details, user_id, deliver_at, expires_at };
    assert.deepEqual(found[row.field], expected(row));
  });
}

/** How a way in is given a notification. Resolves with why it was refused, if the way tells. */
type Send = (row: Row, at: Target) => Promise<string | undefined>;

interface Target {
  readonly program: Program;
  readonly redis: RedisServer;
}

const TIMES = ["timestamp", "expires_at", "deliver_at"];
const SHOWN = ["priority", "url", "icon", "tags", "actions", "markdown", "critical", "progress"];
const IN_QUERY = ["room", "from", "title", "kind", "group", ...SHOWN, ...TIMES];

const WAYS: Readonly<Record<string, Send>> = {
  "HTTP": (row, { program }) => post(`${program.url}/api/notifications`, bodyOf(row)),
  "HTTP for one user": (row, { program }) => {
    const user = row.field === "user_id" ? textOf(row) : "7";
    return post(`${program.url}/api/users/${encodeURIComponent(user)}/notifications`, bodyOf(row));
  },
  "HTTP with a query": (row, { program }) => {
    const { field } = row;
    const url = `${program.url}/api/users/7/notifications`;
    if (field === "user_id") return post(`${program.url}/api/notifications`, bodyOf(row));
    if (!IN_QUERY.includes(field)) return post(url, bodyOf(row));
    return post(`${url}?${new URLSearchParams({ [field]: textOf(row) })}`, JSON.stringify(BASE));
  },
  async PUBLISH(row, { redis }) {
    await redis.call("PUBLISH", "notifyli:messages", bodyOf(row));
    return undefined;
  },
  async XADD(row, { redis }) {
    const fields = {
      user_id: "7",
      message: "x",
      [row.field]: row.field === "data" ? row.json : textOf(row),
    };
    await redis.call("XADD", "notifyli:notifications", "*", ...Object.entries(fields).flat());
    return undefined;
  },
  async Publisher(row, { redis }) {
    await using publisher = new Publisher({ port: redis.port });
    const { user_id, expires_at, deliver_at, ...rest } = fieldsOf(row);
    const options = { userId: user_id, expiresAt: expires_at, deliverAt: deliver_at, room: "1" };
    try {
      await publisher.publish({ ...options, ...rest } as unknown as PublishOptions);
      return undefined;
    } catch (error) {
      assert.ok(error instanceof CodedError);
      return error.message;
    }
  },
};

for (const [way, send] of Object.entries(WAYS)) {
  Deno.test(`${way} takes all that docs/notifications.md says is taken`, async () => {
    await using redis = await RedisServer.start();
    await using program = await Program.start({ env: redis.env });
    await program.hearsRedis();
    await using seven = await TestClient.connectV2(program.webSocketUrl);
    await seven.command("connect", { user_id: 7 });
    await using other = await TestClient.connectV2(program.webSocketUrl);
    await other.command("connect", { user_id: "9007199254740993" });
    for (const row of taken) {
      const client = row.json.includes("9007199254740993") ? other : seven;
      const before = client.ofType("direct_message").length;
      assert.equal(await send(row, { program, redis }), undefined, `${row.field} ${row.json}`);
      const frames = await client.get("direct_message", before + 1);
      const wanted = row.last === "missing" ? undefined : expected(row);
      const { user_id, message, room, name, id, timestamp } = frames.at(-1) ?? {};
      const said = { user_id: String(user_id), message, room, from: name, id, timestamp };
      const found: Frame = { ...frames.at(-1), ...said };
      if (wanted !== undefined && row.field in found || SHOWN.includes(row.field)) {
        assert.deepEqual(found[row.field], wanted, `${row.field} ${row.json}`);
      }
      assert.ok(Math.abs(Number(timestamp) - Date.now() / 1000) < 60 || row.field === "timestamp");
    }
  });
}

for (const [way, send] of Object.entries(WAYS)) {
  Deno.test(`${way} refuses all that docs/notifications.md says is refused, and says why`, async () => {
    await using redis = await RedisServer.start();
    await using program = await Program.start({ env: redis.env });
    await program.hearsRedis();
    const rows = refused.filter((row) => isFor(way, row));
    for (const row of rows) {
      const told = await send(row, { program, redis });
      if (way === "PUBLISH" || way === "XADD") continue;
      assert.match(String(told), new RegExp(`'${row.field}[.']`), `${row.field} ${row.json}`);
      if (row.last.startsWith("send it as text")) assert.match(String(told), /send it as text/);
    }
    const isAside = way === "PUBLISH" || way === "XADD";
    const dead = await waitFor("what nobody was told of is kept aside", async () => {
      const entries = await redis.entriesOf(DEAD);
      return (!isAside || entries.length === rows.length) && entries;
    });
    for (const [index, fields] of isAside ? dead.entries() : []) {
      const row = rows[index]!;
      assert.match(fields["reason"] ?? "", new RegExp(`'${row.field}[.']`), JSON.stringify(fields));
      const kept = way === "PUBLISH" ? fields["payload"] : fields[row.field];
      assert.equal(kept, way === "PUBLISH" ? bodyOf(row) : textOf(row));
    }
    const stats = await (await fetch(`${program.url}/api/stats`)).json();
    const { bridge_refused, stream_refused, notifications, scheduled } = stats;
    assert.deepEqual({ bridge_refused, stream_refused, notifications, scheduled }, {
      bridge_refused: way === "PUBLISH" ? rows.length : 0,
      stream_refused: way === "XADD" ? rows.length : 0,
      notifications: 0,
      scheduled: 0,
    });
  });
}

/** In a path, a query and a stream all is text, so that no type is wrong there; and the path's user is the one that counts. */
function isFor(way: string, { field, json }: Row): boolean {
  const isText = json.startsWith('"') || TIMES.includes(field) || SHOWN.includes(field);
  if (way === "HTTP for one user") return field !== "user_id" || json.startsWith('"');
  if (way === "HTTP with a query") return isText || !IN_QUERY.includes(field);
  return way !== "XADD" || isText;
}

function rowsOf(table: string): Row[] {
  const [, text = ""] = PAGE.split(`<!-- table: ${table} -->`);
  const lines = text.trimStart().split("\n\n")[0]?.split("\n").slice(2) ?? [];
  return lines.map((line) => {
    const [, field = "", value = "", last = ""] = line.split("|").map((cell) => cell.trim());
    const json = /`(.+)`/.exec(value)?.[1] ?? "";
    return { field: field.replaceAll("`", ""), json, last: last.replaceAll("`", "") };
  });
}

function expected({ field, json, last }: Row): unknown {
  const missing: Frame = { room: "1", from: "system" };
  if (last === "missing") return missing[field];
  return JSON.parse(last === "as it is" ? json : last);
}

function fieldsOf({ field, json }: Row): Frame {
  return { ...BASE, [field]: JSON.parse(json) };
}

/** The body with the value as it is in the table: JSON would write some numbers anew. */
function bodyOf({ field, json }: Row): string {
  const rest = Object.entries(BASE).filter(([name]) => name !== field)
    .map(([name, value]) => `"${name}":${JSON.stringify(value)}`);
  return `{${[...rest, `"${field}":${json}`].join(",")}}`;
}

function textOf({ json }: Row): string {
  return json.startsWith('"') ? JSON.parse(json) : json;
}

async function post(url: string, body: string): Promise<string | undefined> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(url, { method: "POST", headers, body });
  const { code, message } = await response.json();
  assert.equal(response.ok, code === undefined);
  assert.ok(response.ok || response.status === 400, `${response.status} ${code}`);
  return message;
}
