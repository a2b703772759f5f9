/**
 * The description allows what the server takes, and nothing else: each bound of each field, parameter and part of a path is
 * broken once, and each is reached once.
 */
import assert from "node:assert/strict";
import { Ajv2020 } from "ajv/dist/2020.js";
import { type Answered, ApiWorld, type Json, type Operation } from "../../support/api_world.ts";
import { type Variant, variantsOf } from "../../support/schema_values.ts";
import { Program } from "../../support/program.ts";
import { APP_KEY } from "../../support/tokens.ts";

const ENV = { APP_KEY, APP_RATE_PUBLISH: "off", APP_RATE_CHAT: "off" };

/** Codes that say that a call is not as it is described. */
const OF_CALLS = [
  ...["invalid_field", "missing_field", "too_long", "too_many_recipients", "invalid_frame"],
  ...["unsupported_version", "too_large"],
];

/** Parts of paths that are no name of anything are of nothing that is there. */
const OF_PATHS = [...OF_CALLS, "not_found"];

Deno.test("the server refuses what the description does not allow, and takes what it allows", async () => {
  await using program = await Program.start({ env: ENV });
  await using world = await ApiWorld.of(program);
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema(world.document, "api");
  const isValid = (schema: Json, value: Json) => {
    const own = JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"api#/components'));
    return ajv.validate(own, value) as boolean;
  };
  const faults: string[] = [];
  let [broken, reached] = [0, 0];
  for (const operation of world.operations) {
    for (const call of await callsOf(world, operation, isValid)) {
      call.variant.isGood ? reached++ : broken++;
      const answered = await call.send();
      const { json, status } = answered;
      const isRefused = call.codes.includes(json?.code);
      if (isRefused === call.variant.isGood || status >= 500) {
        const verdict = call.variant.isGood ? "is allowed" : "is not allowed";
        faults.push(`${operation.id}: ${call.variant.what} ${verdict}: ${shown(answered)}`);
      }
    }
  }
  assert.deepEqual(faults, []);
  assert.ok(broken > 400 && reached > 300, `${broken} broken and ${reached} reached are few`);
});

interface VariedCall {
  readonly variant: Pick<Variant, "what" | "isGood">;
  readonly codes: readonly string[];
  send(): Promise<Answered>;
}

async function callsOf(
  world: ApiWorld,
  operation: Operation,
  isValid: (schema: Json, value: Json) => boolean,
): Promise<VariedCall[]> {
  if (NOT_CALLED.includes(operation.id)) return [];
  const calls: VariedCall[] = [];
  const content = operation.about.requestBody?.content?.["application/json"];
  const [example] = world.examplesOf(operation);
  const prepared = await world.prepared(operation, example);
  if (content !== undefined && example !== undefined) {
    const resolve = (schema: Json) => world.resolved(schema);
    for (const variant of variantsOf(content.schema, prepared.body, resolve)) {
      if (variant.place === "" && "text/plain" in operation.about.requestBody.content) continue;
      if (variant.isGood && DEPENDENT.some(([place]) => place.test(variant.place))) continue;
      // The query says it as well, and both have to say the same.
      if (variant.isGood && prepared.query?.[variant.place.slice(1)] !== undefined) continue;
      if (isValid(content.schema, variant.value) !== variant.isGood) continue;
      calls.push({
        variant: { ...variant, what: `${variant.place} ${variant.what}` },
        codes: OF_CALLS,
        async send() {
          // What is taken may not be there a second time.
          const anew = variant.isGood ? await world.prepared(operation, example) : prepared;
          const body = variant.place.startsWith("/id") || prepared.body?.id === undefined
            ? variant.value
            : { ...variant.value, ...(variant.isGood && { id: anew.body?.id }) };
          return await world.call(operation, { ...anew, body });
        },
      });
    }
  }
  const parameters: Json[] = operation.about.parameters ?? [];
  for (const { name, in: place, schema } of parameters.map((each) => world.resolved(each))) {
    if (place === "header" && !/^(tus|upload)-/i.test(name)) continue; // what stands there is a text
    for (const wrong of wrongTexts(world.resolved(schema))) {
      const value = place === "header" ? wrong.replace("\u0001", "x") : wrong;
      const where = place === "header" ? "headers" : place;
      const own = place === "header" ? name.toLowerCase() : name;
      calls.push({
        variant: { what: `${place} ${name}=${value.slice(0, 40)}`, isGood: false },
        codes: place === "path" ? OF_PATHS : OF_CALLS,
        send: () =>
          world.call(operation, {
            ...prepared,
            [where]: { ...prepared[where as "query"], [own]: value },
          }),
      });
    }
  }
  return calls;
}

/** Texts that a parameter may not be. */
function wrongTexts({ type, minimum, maximum, maxLength, pattern, enum: values }: Json): string[] {
  const wrong: string[] = [];
  if (values !== undefined) wrong.push("none-of-them");
  if (type === "integer") wrong.push("x");
  if (minimum !== undefined && minimum > 0) wrong.push(String(minimum - 1));
  if (maximum !== undefined) wrong.push(String(maximum + 1));
  if (maxLength !== undefined && maxLength < 5000) wrong.push("a".repeat(maxLength + 1));
  if (pattern !== undefined && !new RegExp(pattern, "u").test("\u{1}!")) wrong.push("\u{1}!");
  return wrong;
}

function shown({ status, text }: Answered): string {
  return `${status} ${text.slice(0, 200)}`;
}

/** Calls that are no calls of JSON, or whose parts are read by others. */
const NOT_CALLED = ["openStream", "openWebSocket", "linkUpload", "readPushed", "answerPushed"];

/** Fields whose good values depend on more than themselves, so that nobody can make them up. */
const DEPENDENT: readonly (readonly [place: RegExp, why: string])[] = [
  [/^\/(expires_at|until|deliver_at|muted_until)$/, "the past is no future"],
  [/time_zone$|^\/locale$/, "a calendar knows them"],
  [/^\/(provider|token)/, "settings say who delivers pushes, and each has tokens of its own"],
  [/^\/(file|kind|reply_to)$/, "they are of other things, and a text has no file"],
  [/^\/(members|history|persistent|private)/, "one field of a rule needs another"],
];
