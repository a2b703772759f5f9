/** Spans as a collector gets them from real servers: what belongs to one call is one trace, over Redis and from node to node. */
import assert from "node:assert/strict";
import { Manager } from "../support/manager.ts";
import { ROOT } from "../support/paths.ts";
import { Program } from "../support/program.ts";
import { NtfyServer } from "../support/push/ntfy_server.ts";
import { hookEnv, Receiver } from "../support/receiver.ts";
import { RedisServer } from "../support/redis.ts";
import { TestClient } from "../support/test_client.ts";
import { APP_KEY, connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

interface Span {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly isError: boolean;
  /** The name of the node that has made it. */
  readonly service: string;
}

const PAGE = await Deno.readTextFile(`${ROOT}docs/tracing.md`);

/** The caller's span, as applications send it. */
const TRACE = "0af7651916cd43dd8448eb211c80319c";
const CALLER = "b7ad6b7169203331";
const TRACEPARENT = `00-${TRACE}-${CALLER}-01`;

/** A collector that takes OTLP in JSON over HTTP. */
class Collector implements AsyncDisposable {
  readonly spans: Span[] = [];
  /** All that came, as it came. */
  text = "";
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor() {
    this.#server = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen() {} },
      async (request) => {
        const text = await request.text();
        if (request.url.endsWith("/v1/traces")) {
          this.text += text;
          this.#take(JSON.parse(text));
        }
        return Response.json({});
      },
    );
  }

  /** The environment of a server that sends to it. @param service the name of the server */
  env(service: string): Record<string, string> {
    return {
      OTEL_DENO: "true",
      OTEL_SERVICE_NAME: service,
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${this.#server.addr.port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_BSP_SCHEDULE_DELAY: "100",
    };
  }

  /** Resolves with the span of this name in a trace, once it is there. */
  async get(name: string, traceId: string, service?: string): Promise<Span> {
    let found: Span | undefined;
    await waitFor(`the span ${name}`, () => {
      found = this.spans.find((span) =>
        span.name === name && span.traceId === traceId && (service ?? span.service) === span.service
      );
      return found !== undefined;
    });
    return found!;
  }

  /** Resolves once a span is seen to be below another one: those between them may come later. */
  below(span: Span, ancestor: string): Promise<boolean> {
    return waitFor(`${span.name} is below ${ancestor}`, () => this.#isBelow(span, ancestor));
  }

  #isBelow(span: Span, ancestor: string): boolean {
    const { parentSpanId } = span;
    if (parentSpanId === ancestor) return true;
    const parent = this.spans.find(({ spanId }) => spanId === parentSpanId);
    return parent !== undefined && this.#isBelow(parent, ancestor);
  }

  // deno-lint-ignore no-explicit-any -- what a collector gets is as OpenTelemetry has it
  #take({ resourceSpans = [] }: any): void {
    for (const { resource, scopeSpans } of resourceSpans) {
      const service = attributesOf(resource)["service.name"];
      for (const { spans } of scopeSpans) {
        for (const span of spans) {
          const { name, traceId, spanId, parentSpanId, status } = span;
          this.spans.push({
            ...{ name, traceId, spanId, parentSpanId: parentSpanId || undefined },
            attributes: attributesOf(span),
            isError: status?.code === 2,
            service: String(service),
          });
        }
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

// deno-lint-ignore no-explicit-any -- as above
function attributesOf({ attributes = [] }: any): Record<string, unknown> {
  return Object.fromEntries(
    // deno-lint-ignore no-explicit-any -- as above
    attributes.map(({ key, value }: any) => [key, Object.values(value)[0]]),
  );
}

async function call(program: Program, manager: Manager, path: string, body: unknown) {
  const response = await fetch(`${program.url}/api${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${manager.key}`, traceparent: TRACEPARENT },
    body: JSON.stringify(body),
  });
  return { status: response.status, json: await response.json() };
}

Deno.test("the page names the variables that these tests set, and the spans that they see", async () => {
  await using collector = new Collector();
  const [, lines = ""] = /<!-- tested: environment -->\n\n```sh\n([\s\S]*?)```/.exec(PAGE) ?? [];
  const named = lines.trim().split("\n").map((line) => line.split("=")[0]);
  const { OTEL_BSP_SCHEDULE_DELAY: _, ...set } = collector.env("any");
  assert.deepEqual(named, Object.keys(set));
  const spans = [...PAGE.matchAll(/^\| `(.+?)`/gm)].map(([, name]) => name);
  assert.deepEqual(spans, [
    ...["GET", "POST /api/notifications", "command publish", "store"],
    ...["publish", "deliver", "hook", "push"],
  ]);
});

for (const listener of ["deno", "node"]) {
  Deno.test(`${listener} listener: a call, what it stores, and what another node delivers of it are one trace`, async () => {
    await using collector = new Collector();
    await using redis = await RedisServer.start();
    const start = (name: string) =>
      Program.start({
        env: { ...redis.env, ...collector.env(name), APP_KEY, APP_LISTENER: listener },
      });
    await using taking = await start("taking");
    await using giving = await start("giving");
    const manager = await Manager.of(taking);
    const token = await connectionToken({ sub: "7" });
    await using client = await TestClient.connectWithToken(giving.webSocketUrl, token);
    await client.command("subscribe", { room: "lobby" });

    const { status } = await call(taking, manager, "/notifications", {
      ...{ user_id: 7, message: "A secret text", id: "traced-0001" },
    });
    assert.equal(status, 201);
    await client.get("direct_message");
    const request = await collector.get("POST /api/notifications", TRACE);
    await collector.below(request, CALLER);
    assert.equal(request.attributes["http.route"], "/api/notifications");
    const stored = await collector.get("store", TRACE, "taking");
    await collector.below(stored, request.spanId);
    const delivered = await collector.get("deliver", TRACE, "giving");
    await collector.below(delivered, request.spanId);

    const said = await call(taking, manager, "/rooms/lobby/messages", { message: "A secret text" });
    assert.ok(said.status < 300);
    const published = await collector.get("publish", TRACE);
    assert.equal(published.attributes["notifyli.channel.kind"], "room");

    const refused = await call(taking, manager, "/notifications", { message: "To nobody" });
    assert.equal(refused.status, 400);
    await waitFor(
      "the refusal is a span that failed",
      () =>
        collector.spans.some(({ name, isError, attributes }) =>
          name === "POST /api/notifications" && isError && attributes["error.type"] !== undefined
        ),
    );
    assert.doesNotMatch(JSON.stringify(collector.spans), /A secret text/);
  });
}

for (const listener of ["deno", "node"]) {
  Deno.test(`${listener} listener: what is logged in a span has its trace and itself, and nothing else has`, async () => {
    await using collector = new Collector();
    await using program = await Program.start({
      env: {
        ...{ ...collector.env("alone"), APP_KEY, APP_LISTENER: listener },
        APP_LOG_LEVELS: "notifyli.http:debug",
      },
    });
    const manager = await Manager.of(program);
    await call(program, manager, "/users/7/block", {});
    // The audit log's line is written in the span of the call.
    const span = await collector.get("POST /api/users/:user/block", TRACE);
    const line = await program.line(({ action }) => action === "user.block");
    assert.deepEqual([line["trace_id"], line["span_id"]], [TRACE, span.spanId]);
    const listens = program.log.find(({ message }) => message.includes("listens on"));
    assert.deepEqual([listens?.["trace_id"], listens?.["span_id"]], [undefined, undefined]);
    const lines = await manager.call(program, "GET", "/log?limit=1000");
    const kept = (lines.json["lines"] as { properties: Record<string, unknown> }[])
      .find(({ properties }) => properties["action"] === "user.block");
    assert.equal(kept?.properties["span_id"], span.spanId);
  });
}

Deno.test("embedded: commands, hooks and pushes have spans of their own", async () => {
  await using collector = new Collector();
  await using receiver = new Receiver();
  await using ntfy = new NtfyServer();
  await using program = await Program.start({
    env: {
      ...collector.env("alone"),
      ...hookEnv(receiver.url),
      ...ntfy.env,
      APP_KEY,
      APP_PUSH_AFTER: "1s",
    },
  });
  const manager = await Manager.of(program);
  await manager.done(program, "/users/8/devices", { provider: "ntfy", token: ntfy.topic() });
  assert.equal(
    (await call(program, manager, "/notifications", { user_id: 8, message: "x" })).status,
    201,
  );
  await ntfy.get(1);
  const named = (name: string) =>
    waitFor(`the span ${name}`, () => collector.spans.some((span) => span.name === name));
  await named("push");
  await named("hook");
  const token = await connectionToken({ sub: "8" });
  await using client = await TestClient.connectWithToken(program.webSocketUrl, token);
  await client.command("subscribe", { room: "lobby" });
  await client.command("publish", { room: "lobby", message: "Hello" });
  await named("command publish");
  const command = collector.spans.find(({ name }) => name === "command publish")!;
  const delivered = await collector.get("deliver", command.traceId);
  await collector.below(delivered, command.spanId);
});

for (const listener of ["deno", "node"]) {
  Deno.test(`${listener} listener: no span of the server has a text, a name or an id that it refuses`, async () => {
    await using collector = new Collector();
    await using program = await Program.start({
      env: { ...collector.env("alone"), APP_KEY, APP_LISTENER: listener },
    });
    const manager = await Manager.of(program);
    const refused = await call(program, manager, "/rooms/lobby/messages", {
      ...{ message: "x", name: ["Secretname"], user_id: "Secretuser" },
    });
    assert.equal(refused.status, 400);
    const token = await connectionToken({ sub: "8" });
    await using client = await TestClient.connectWithToken(program.webSocketUrl, token);
    const wrong = await client.command("subscribe", { room: { Secretroom: 1 } }).catch((error) =>
      error
    );
    assert.match(String(wrong), /Secretroom/);
    await waitFor(
      "spans",
      () =>
        ["POST /api/rooms/:room/messages", "command subscribe"].every((name) =>
          collector.spans.some((span) => span.name === name && span.isError)
        ),
    );
    for (const secret of ["Secret", token, manager.key]) {
      assert.ok(!collector.text.includes(secret), secret);
    }
  });
}

Deno.test("nothing is traced unless the runtime's OpenTelemetry is on, and what is sent says nothing of it", async () => {
  await using redis = await RedisServer.start();
  await using program = await Program.start({ env: { ...redis.env, APP_KEY } });
  const manager = await Manager.of(program);
  const { status } = await call(program, manager, "/notifications", {
    user_id: 9,
    message: "Plain",
  });
  assert.equal(status, 201);
  const [key = ""] = (await redis.call("KEYS", "notifyli:inbox*")).split("\n");
  assert.doesNotMatch(await redis.call("DUMP", key), /trace/);
});
