/** Sends every example of the description to a server, on both stores: each is taken, and the answer is as it is described. */
import assert from "node:assert/strict";
import { Ajv2020 } from "ajv/dist/2020.js";
import { type Answered, ApiWorld, type Json, type Operation } from "../../support/api_world.ts";
import { closed } from "../../support/closed_schema.ts";
import { PostgresServer } from "../../support/postgres.ts";
import { Program } from "../../support/program.ts";
import { RedisServer } from "../../support/redis.ts";
import { APP_KEY } from "../../support/tokens.ts";

const ENV = { APP_KEY, APP_RATE_PUBLISH: "off", APP_RATE_CHAT: "off" };

/** Calls that cannot succeed here, with what they answer, and where they do succeed. */
const REFUSED: Readonly<Record<string, [code: string, elsewhere: string]>> = {
  openWebSocket: ["upgrade_required", "all tests of version 2"],
  readPushed: ["not_found", "tests/push/answers_test.ts"],
  answerPushed: ["not_found", "tests/push/answers_test.ts"],
  getBackup: ["not_found", "tests/backup, with the operator's key"],
  resendDeadLetter: ["not_found", "tests/admin/dead_letters_test.ts"],
  getTimeline: ["not_found", "tests/admin/timeline_test.ts"],
  drainNode: ["not_found", "tests/admin/drain_test.ts"],
  linkUpload: ["not_found", "tests/files, with a bucket"],
};

/** A stream goes on for ever: `tests/docs/sse_test.ts` and `tests/admin/watch_test.ts` read them, as the worlds of these tests do. */
const ENDLESS = ["openStream", "watch"];

Deno.test("every example is taken and answered as it is described: embedded", async () => {
  await using program = await Program.start({ env: ENV });
  await testExamples(program);
});

Deno.test("every example is taken and answered as it is described: Redis and PostgreSQL", async () => {
  await using redis = await RedisServer.start();
  await using postgres = await PostgresServer.start();
  await using program = await Program.start({ env: { ...ENV, ...redis.env, ...postgres.env } });
  await testExamples(program);
});

async function testExamples(program: Program): Promise<void> {
  await using world = await ApiWorld.of(program);
  const check = answerCheck(world.document);
  const faults: string[] = [];
  for (const operation of world.operations) {
    if (ENDLESS.includes(operation.id)) continue;
    const examples = world.examplesOf(operation);
    for (const example of examples.length > 0 ? examples : [undefined]) {
      const answered = await world.call(operation, await world.prepared(operation, example));
      const refused = REFUSED[operation.id];
      if (refused === undefined ? answered.status >= 400 : answered.json?.code !== refused[0]) {
        faults.push(
          `${operation.id} ${JSON.stringify(example)}: ${answered.status} ${answered.text}`,
        );
      }
      const fault = check(operation, answered);
      if (fault !== undefined) faults.push(`${operation.id}: ${fault}`);
    }
  }
  assert.deepEqual(faults, []);
}

/** Says what is wrong with an answer: a status or a type that is not described, or JSON that is not as it is described. */
function answerCheck(
  document: Json,
): (operation: Operation, answered: Answered) => string | undefined {
  const strict = closed(document);
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
  ajv.addSchema(strict, "api");
  return ({ path, method }, { status, type, text, json }) => {
    const place = ["paths", path, method.toLowerCase(), "responses", String(status)];
    const described = at(document, place);
    if (described === undefined) return `status ${status} is not described: ${text}`;
    const [answer, start] = described.$ref === undefined
      ? [described, place]
      : [at(document, described.$ref.split("/").slice(1)), described.$ref.split("/").slice(1)];
    if (answer.content === undefined) return text === "" ? undefined : `it says ${text}`;
    const types = Object.keys(answer.content);
    if (type !== "application/json") {
      return types.includes(type) || types.includes("*/*") ? undefined : `it is ${type}`;
    }
    const pointer = [...start, "content", type, "schema"]
      .map((part) => encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"))).join(
        "/",
      );
    const validate = ajv.getSchema(`api#/${pointer}`);
    if (validate === undefined) return `it is ${type}, which is not described`;
    return validate(json) ? undefined : `${text}: ${ajv.errorsText(validate.errors)}`;
  };
}

function at(document: Json, place: readonly string[]): Json {
  return place.reduce((value: Json, name) => value?.[name], document);
}

Deno.test("an answer with a field that is not described is a fault", async () => {
  await using program = await Program.start({ env: ENV });
  await using world = await ApiWorld.of(program);
  const check = answerCheck(world.document);
  const operation = world.operations.find(({ id }) => id === "getPrivacy")!;
  const answered = await world.call(operation, { query: { user_id: "1" } });
  assert.equal(check(operation, answered), undefined);
  const json = { ...answered.json, more: true };
  assert.match(
    check(operation, { ...answered, json }) ?? "",
    /must NOT have additional properties/,
  );
  assert.match(check(operation, { ...answered, status: 201 }) ?? "", /is not described/);
});
