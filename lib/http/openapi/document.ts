/** Makes the description of the HTTP API (OpenAPI 3.1) of its routes, so that it says nothing that they do not. */
import { nameOf } from "../../base/schema.ts";
import type { JsonSchema } from "../../base/shape.ts";
import { SCOPES } from "../../base/scope.ts";
import type { Route } from "../route.ts";
import { type About, type AnswerAbout, type MountAbout, type Parameters, TAGS } from "./about.ts";
import { answersOfErrors, ERROR_SCHEMA } from "./error_answers.ts";

export interface DocumentOptions {
  readonly version: string;
  /** What stands before all paths, such as `/notifyli`; empty for nothing. */
  readonly basePath: string;
}

type Json = Readonly<Record<string, unknown>>;

/** One call: of a route of the API, or of a path that is answered in a way of its own. */
interface Operation {
  readonly method: string;
  readonly path: string;
  readonly about: About;
  readonly access: "anybody" | "caller" | "users" | "link";
  readonly scope: string | undefined;
}

/** Routes without a description are left out. */
export function openApiDocument(
  routes: readonly Route[],
  mounts: readonly MountAbout[],
  { version, basePath }: DocumentOptions,
): Json {
  const schemas = new Schemas();
  const responses = new Shared("responses");
  const parameters = new Shared("parameters");
  const kept = { schemas, responses, parameters };
  const paths: Record<string, Record<string, Json>> = {};
  for (const operation of [...operationsOf(routes), ...mounts.map(mounted)]) {
    const path = operation.path.replaceAll(/:(\w+)/g, "{$1}");
    (paths[path] ??= {})[operation.method.toLowerCase()] = operationOnWire(operation, kept);
  }
  schemas.plain(ERROR_SCHEMA);
  return {
    openapi: "3.1.0",
    info: {
      title: "notifyli",
      version,
      summary: "Realtime messages and notifications that you host yourself.",
      description: INTRODUCTION,
      license: { name: "GPL-3.0-or-later", identifier: "GPL-3.0-or-later" },
    },
    servers: [{ url: basePath === "" ? "/" : basePath }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths: Object.fromEntries(Object.entries(paths).sort(([one], [other]) => order(one, other))),
    components: {
      schemas: schemas.all(),
      responses: responses.all(),
      parameters: parameters.all(),
      securitySchemes: SECURITY,
    },
  };
}

const INTRODUCTION =
  "Calls of the API take JSON and answer JSON. Times are Unix times in seconds. Fields that are not known are ignored. " +
  "Each refusal is an object with a `code`, on which programs can rely, and a `message` for people. " +
  "A list has `next` where there is more of it: `cursor` takes that.";

const SECURITY = {
  apiKey: {
    type: "http",
    scheme: "bearer",
    description: `An API key, which has a site and scopes (${
      SCOPES.join(", ")
    }). It may also stand in the header X-API-Key.`,
  },
  apiKeyHeader: { type: "apiKey", in: "header", name: "X-API-Key", description: "An API key." },
  userToken: {
    type: "http",
    scheme: "bearer",
    bearerFormat: "JWT",
    description:
      "A user's connection token: the call is the user's, who sees and changes no more than what is the user's own.",
  },
};

/** Such as `/api/rooms` before `/api/rooms/{room}`. */
function order(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

function operationsOf(routes: readonly Route[]): Operation[] {
  return routes.flatMap(({ method, path, about, users, scope }): Operation[] =>
    about === undefined
      ? []
      : [{ method, path: `/api${path}`, about, access: users ? "users" : "caller", scope }]
  );
}

function mounted({ method, path, about, access, scope }: MountAbout): Operation {
  return { method, path, about, access: access === "caller" ? "users" : access, scope };
}

/** What stands once in the description, however many operations have it. */
interface Kept {
  readonly schemas: Schemas;
  readonly responses: Shared;
  readonly parameters: Shared;
}

function operationOnWire(operation: Operation, kept: Kept): Json {
  const { schemas, responses } = kept;
  const { about, scope, path } = operation;
  const { id, tag, summary, description, query = {}, headers = {}, body } = about;
  const parameters = [
    ...parametersIn("path", ofPath(path, about), kept),
    ...parametersIn("query", query, kept),
    ...parametersIn("header", headers, kept),
  ];
  const needs = scope === undefined
    ? ""
    : `Needs a key with the scope \`${scope}\`${
      operation.access === "caller" ? "" : ", or a user's token"
    }.`;
  const words = [description, needs].filter((each) => each !== undefined && each !== "");
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(words.length > 0 && { description: words.join(" ") }),
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: bodyOnWire(body, schemas) }),
    responses: {
      ...answersOnWire(about.answers, schemas),
      ...Object.fromEntries(
        Object.entries(answersOfErrors(operation, (schema) => schemas.plain(schema)))
          .map(([status, answer]) => [status, responses.ref(`Refused${status}`, answer)]),
      ),
    },
    security: securityOf(operation),
  };
}

function securityOf({ access, scope }: Operation): Json[] {
  if (access === "anybody") return [{}];
  const scopes = scope === undefined ? [] : [scope];
  const keys = [{ apiKey: scopes }, { apiKeyHeader: scopes }];
  if (access === "caller") return keys;
  return [...keys, { userToken: [] }, ...(access === "link" ? [{}] : [])];
}

/** The parts of the path, each of which has to be described. */
function ofPath(path: string, { id, path: named = {} }: About): Parameters {
  const names = [...path.matchAll(/:(\w+)/g)].map(([, name = ""]) => name);
  return Object.fromEntries(names.map((name) => {
    const parameter = named[name];
    if (parameter === undefined) throw new TypeError(`${id} does not say what ':${name}' is`);
    return [name, { ...parameter, isRequired: true as const }];
  }));
}

function parametersIn(
  place: string,
  parameters: Parameters,
  { schemas, parameters: shared }: Kept,
): Json[] {
  return Object.entries(parameters).map((
    [name, { schema, description, isRequired = false, example }],
  ) =>
    shared.ref(`${place}.${name}`, {
      ...{ name, in: place, description, required: isRequired, schema: schemas.plain(schema) },
      ...(example !== undefined && { example }),
    })
  );
}

function bodyOnWire(body: NonNullable<About["body"]>, schemas: Schemas): Json {
  const { description, fields, isForm = true, text, others = {}, isRequired = false } = body;
  const examples = Object.fromEntries(
    Object.entries(body.examples ?? {}).map(([summary, value]) => [
      summary.toLowerCase().replaceAll(/\W+/g, "_"),
      { summary, value },
    ]),
  );
  const schema = fields && schemas.plain(fields);
  return {
    ...(description !== undefined && { description }),
    required: isRequired,
    content: {
      ...(schema && {
        "application/json": { schema, ...(Object.keys(examples).length > 0 && { examples }) },
      }),
      ...(schema && isForm && { "application/x-www-form-urlencoded": { schema } }),
      ...(text !== undefined && {
        "text/plain": { schema: { type: "string", description: `The field \`${text}\`.` } },
      }),
      ...Object.fromEntries(
        Object.entries(others).map(([type, each]) => [type, { schema: schemas.plain(each) }]),
      ),
    },
  };
}

function answersOnWire(answers: About["answers"], schemas: Schemas): Json {
  return Object.fromEntries(
    Object.entries(answers).map((
      [status, answer],
    ) => [status, answerOnWire(answer as AnswerAbout, schemas)]),
  );
}

function answerOnWire(
  { description, json, others = {}, headers, example }: AnswerAbout,
  schemas: Schemas,
): Json {
  const content = {
    ...(json && {
      "application/json": {
        schema: schemas.plain(json),
        ...(example !== undefined && { example }),
      },
    }),
    ...Object.fromEntries(
      Object.entries(others).map(([type, schema]) => [type, { schema: schemas.plain(schema) }]),
    ),
  };
  return {
    description,
    ...(headers && {
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, words]) => [
          name,
          { description: words, schema: { type: "string" } },
        ]),
      ),
    }),
    ...(Object.keys(content).length > 0 && { content }),
  };
}

/** Things that several operations have, each of which stands once, under a name. */
class Shared {
  readonly #place: string;
  readonly #names = new Map<string, string>();
  readonly #values = new Map<string, unknown>();

  constructor(place: string) {
    this.#place = place;
  }

  /** A reference to the thing. @param wanted its name, which others of the same name have with a number */
  ref(wanted: string, value: unknown): Json {
    const text = JSON.stringify(value);
    let name = this.#names.get(text);
    for (let count = 1; name === undefined; count++) {
      const free = count === 1 ? wanted : `${wanted}.${count}`;
      if (this.#values.has(free)) continue;
      name = free;
      this.#names.set(text, name);
      this.#values.set(name, value);
    }
    return { $ref: `#/components/${this.#place}/${name}` };
  }

  all(): Json {
    return Object.fromEntries([...this.#values].sort(([one], [other]) => order(one, other)));
  }
}

/** The schemas that have names, each of which stands once in the description. */
export class Schemas {
  readonly #named = new Map<string, { readonly schema: JsonSchema; plain: Json }>();

  /** The schema as the description has it: a reference where it has a name. Throws where two schemas have one name. */
  plain(schema: JsonSchema): Json {
    const name = nameOf(schema);
    if (name === undefined) return this.#inside(schema);
    const known = this.#named.get(name);
    if (known === undefined) {
      const entry: { schema: JsonSchema; plain: Json } = { schema, plain: {} };
      this.#named.set(name, entry);
      entry.plain = this.#inside(schema);
    } else if (JSON.stringify(known.schema) !== JSON.stringify(schema)) {
      throw new TypeError(`Two schemas have the name ${name}`);
    }
    return { $ref: `#/components/schemas/${name}` };
  }

  /** All with names, in the order of these. */
  all(): Json {
    return Object.fromEntries(
      [...this.#named].sort(([one], [other]) => order(one, other))
        .map(([name, { plain }]) => [name, plain]),
    );
  }

  #inside(schema: JsonSchema): Json {
    return Object.fromEntries(
      Object.entries(schema).map(([name, value]) => [name, this.#value(name, value)]),
    );
  }

  #value(name: string, value: unknown): unknown {
    if (DATA.has(name) || typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map((each) => this.#value("", each));
    if (name === "properties") {
      return Object.fromEntries(
        Object.entries(value).map(([field, each]) => [field, this.plain(each as JsonSchema)]),
      );
    }
    return this.plain(value as JsonSchema);
  }
}

/** Words whose values are data, and no schemas. */
const DATA = new Set(["examples", "example", "default", "enum", "const", "required"]);
