/** The description of the API: of all routes, right by its own rules, and the same in `docs/` as a server shows it. */
import assert from "node:assert/strict";
import { validate } from "@scalar/openapi-parser";
import { ERRORS } from "../../../lib/base/errors.ts";
import { shownDocuments } from "../../docs/api_documents.ts";
import { Program } from "../../support/program.ts";
import { startHere } from "../../support/server_here.ts";
import { APP_KEY } from "../../support/tokens.ts";

const documents = await shownDocuments();
const openapi = JSON.parse([...documents].find(([file]) => file.endsWith("openapi.json"))![1]);

for (const [file, text] of documents) {
  Deno.test(`${file.split("/").slice(-2).join("/")} is what a server shows`, async () => {
    const kept = await Deno.readTextFile(file);
    assert.ok(kept === text, "it is stale: deno task openapi writes it");
  });
}

Deno.test("every route of the API says what it takes and answers", async () => {
  await using server = await startHere();
  const silent = server.routes.filter(({ about }) => about === undefined)
    .map(({ method, path }) => `${method} ${path}`);
  assert.deepEqual(silent, []);
  const described = Object.entries<object>(openapi.paths)
    .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`));
  for (const { method, path } of server.routes) {
    const key = `${method.toLowerCase()} /api${path.replaceAll(/:(\w+)/g, "{$1}")}`;
    assert.ok(described.includes(key), key);
  }
});

Deno.test("every app beside the API says what it answers", async () => {
  await using server = await startHere();
  const silent = server.mounts.filter(({ about }) => about === undefined).map(({ path }) => path);
  assert.deepEqual(silent, []);
  for (const { path, app, about = [] } of server.mounts.filter(({ about }) => about?.length)) {
    const described = about.map((each) => `${each.method} ${each.path}`);
    const answered = app.routes.filter(({ method }) => !["ALL", "OPTIONS"].includes(method))
      .map((route) => `${route.method} ${path}${route.path === "/" ? "" : route.path}`);
    for (const route of answered) assert.ok(described.includes(route), route);
    assert.ok(answered.length > 0, path);
  }
});

Deno.test("a server shows its own limits and its own base path", async () => {
  await using program = await Program.start({
    env: { APP_KEY, APP_LISTENER: "node", APP_BASE_PATH: "/chat", APP_LIMIT_MESSAGE: "77" },
  });
  const shown = await (await fetch(`${program.url}/chat/openapi.json`)).json();
  assert.deepEqual(shown.servers, [{ url: "/chat" }]);
  assert.equal(shown.components.schemas.NewNotification.properties.message.maxLength, 77);
  assert.ok(openapi.components.schemas.NewNotification.properties.message.maxLength > 77);
  const sockets = await (await fetch(`${program.url}/chat/asyncapi.json`)).json();
  assert.equal(sockets.servers.this.pathname, "/chat");
});

Deno.test("a parser of OpenAPI finds nothing wrong with it", async () => {
  const { valid, errors = [] } = await validate(openapi);
  assert.deepEqual(errors, []);
  assert.ok(valid);
  // That it would find something.
  const broken = structuredClone(openapi);
  broken.paths["/healthz"].get.responses["200"] = { $ref: "#/components/responses/None" };
  assert.equal((await validate(broken)).valid, false);
});

Deno.test("no two calls have one id", () => {
  const ids = Object.values<Record<string, { operationId: string }>>(openapi.paths)
    .flatMap((methods) => Object.values(methods).map(({ operationId }) => operationId));
  assert.ok(ids.length > 100, `${ids.length} calls are few`);
  assert.equal(new Set(ids).size, ids.length);
});

Deno.test("it has each code with its status", () => {
  const { enum: codes, description } = openapi.components.schemas.Error.properties.code;
  assert.deepEqual(codes, Object.keys(ERRORS));
  for (const [code, { status }] of Object.entries(ERRORS)) {
    assert.ok(description.includes(`\`${code}\` (${status})`), code);
  }
});

Deno.test("every code is one by which some call is refused, or one of sockets", () => {
  const refusals = Object.values<{ description: string }>(openapi.components.responses)
    .map(({ description }) => description).join();
  const never = Object.keys(ERRORS).filter((code) => !refusals.includes(`\`${code}\``));
  assert.deepEqual(never, OF_SOCKETS);
});

/** Codes of frames alone. */
const OF_SOCKETS = [
  ...["unknown_type", "forbidden_type", "not_connected", "not_in_room", "put_out", "room_full"],
  ...["too_many_filters", "method_not_allowed", "missed"],
];
