/**
 * Writes the types of the client for the API (`lib/api/calls.ts`) from the description of the API. `api_documents.ts` beside it
 * writes the file.
 */

// deno-lint-ignore no-explicit-any -- a description is read by its own words
type Json = any;

const HEAD = `/**
 * The calls of the HTTP API, by their names, with what they take and answer: \`deno task openapi\` writes this file from the
 * description of the API (\`docs/openapi.json\`). Next: \`notifyli_api.ts\`, which makes the calls.
 */

// deno-lint-ignore-file -- it is written by a program
`;

/** Streams are the client library's, and pages are read by people. */
function isCalled(path: string, operation: Json): boolean {
  return /^\/(api|files|readyz)(\/|$)/.test(path) && operation.tags[0] !== "streams" &&
    operation.operationId !== "watch";
}

export function apiCalls(document: Json): string {
  const resolved = (value: Json): Json =>
    value?.$ref === undefined ? value : resolved(
      value.$ref.split("/").slice(1).reduce((at: Json, name: string) => at[name], document),
    );
  const operations = Object.entries<Json>(document.paths).flatMap(([path, methods]) =>
    Object.entries<Json>(methods).filter(([, operation]) => isCalled(path, operation))
      .map(([method, operation]) => ({ method: method.toUpperCase(), path, operation }))
  );
  const { Error: error, ...schemas } = document.components.schemas;
  const types = Object.entries<Json>(schemas)
    .map(([name, schema]) =>
      `${docOf(schema)}export type ${typeName(name)} = ${typeOf(schema)};\n`
    );
  const calls = operations.map(({ operation }) =>
    `${docOf({ description: operation.summary })}  readonly ${operation.operationId}: Call<${
      requestOf(operation, resolved)
    }, ${answerOf(operation, resolved)}>;`
  );
  const table = operations.map(({ method, path, operation }) =>
    `  ${operation.operationId}: ["${method}", "${path}"${
      isJsonAnswer(operation, resolved) ? "" : ', "response"'
    }],`
  );
  return [
    HEAD,
    `/** On which programs can rely. */\nexport type ErrorCode =\n${
      error.properties.code.enum.map((code: string) => `  | "${code}"`).join("\n")
    };\n`,
    "/** What a call takes, and what it answers. */",
    "export interface Call<Request, Answer> {",
    "  readonly request: Request;",
    "  readonly answer: Answer;",
    "}\n",
    ...types,
    `export interface Calls {\n${calls.join("\n")}\n}\n`,
    "/** The method and the path of each call, and whether its answer is no JSON. */",
    'export const CALLS: { readonly [Name in keyof Calls]: readonly [method: string, path: string, answer?: "response"] } = {',
    ...table,
    "};\n",
  ].join("\n");
}

/** Names that TypeScript has for something else. */
function typeName(name: string): string {
  return ["File", "Node", "Notification"].includes(name) ? `${name}Shown` : name;
}

function requestOf(operation: Json, resolved: (value: Json) => Json): string {
  const parameters = (operation.parameters ?? []).map(resolved);
  const parts = (["path", "query", "header"] as const).flatMap((place) => {
    const own = parameters.filter((each: Json) => each.in === place);
    if (own.length === 0) return [];
    const isOptional = own.every((each: Json) => !each.required);
    const name = place === "header" ? "headers" : place;
    const fields = own.map((each: Json) =>
      `${docOf(each)}readonly ${quoted(each.name)}${each.required ? "" : "?"}: ${
        parameterType(typeOf(each.schema))
      };`
    );
    return [`readonly ${name}${isOptional ? "?" : ""}: {\n${fields.join("\n")}\n};`];
  });
  const { requestBody: body } = operation;
  if (body !== undefined) {
    const json = body.content["application/json"];
    const others = Object.keys(body.content).filter((type) => !/json|urlencoded/.test(type));
    const kinds = [
      ...(json === undefined ? [] : [typeOf(json.schema)]),
      ...(others.length > 0 ? [json === undefined ? "BodyInit" : "string"] : []),
    ];
    parts.push(`readonly body${body.required ? "" : "?"}: ${kinds.join(" | ")};`);
  }
  return parts.length === 0 ? "undefined" : `{\n${parts.join("\n")}\n}`;
}

/** What stands in a path or a query is a text; a number is written as one. */
function parameterType(type: string): string {
  return type === "string" ? "string | number" : type;
}

function answersOf(operation: Json, resolved: (value: Json) => Json): [string, Json][] {
  return Object.entries<Json>(operation.responses).filter(([status]) => /^2/.test(status))
    .map(([status, answer]) => [status, resolved(answer)]);
}

/** Whether each good answer is JSON, or nothing. */
function isJsonAnswer(operation: Json, resolved: (value: Json) => Json): boolean {
  return answersOf(operation, resolved).every(([, { content }]) =>
    content === undefined || "application/json" in content
  );
}

function answerOf(operation: Json, resolved: (value: Json) => Json): string {
  if (!isJsonAnswer(operation, resolved)) return "Response";
  const types = answersOf(operation, resolved).map(([, { content }]) =>
    content === undefined ? "undefined" : typeOf(content["application/json"].schema)
  );
  return [...new Set(types)].join(" | ");
}

function typeOf(schema: Json): string {
  if (schema.$ref !== undefined) return typeName(schema.$ref.split("/").at(-1));
  if ("const" in schema) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) {
    return schema.enum.map((each: unknown) => JSON.stringify(each)).join(" | ");
  }
  const several = [schema.anyOf, schema.oneOf].find((each) => each?.some(hasType));
  if (several !== undefined && schema.type === undefined) {
    return several.map((each: Json) => {
      const type = typeOf(each);
      return / \| /.test(type) ? `(${type})` : type;
    }).join(" | ");
  }
  if (schema.allOf?.[0]?.$ref !== undefined) return typeOf(schema.allOf[0]);
  switch (schema.type) {
    case "string":
      return schema.format === "binary" ? "BodyInit" : "string";
    case "integer":
    case "number":
      return "number";
    case "boolean":
    case "null":
      return schema.type;
    case "array":
      return `readonly (${typeOf(schema.items)})[]`;
    case "object":
      return objectType(schema);
    default:
      return "unknown";
  }
}

function hasType(schema: Json): boolean {
  return ["type", "$ref", "enum", "const", "anyOf", "allOf"].some((word) => word in schema) &&
    !("required" in schema && schema.type === undefined);
}

function objectType({ properties = {}, required = [], additionalProperties }: Json): string {
  const fields = Object.entries<Json>(properties).map(([name, schema]) =>
    `${docOf(schema)}readonly ${quoted(name)}${required.includes(name) ? "" : "?"}: ${
      typeOf(schema)
    };`
  );
  if (fields.length > 0) return `{\n${fields.join("\n")}\n}`;
  const value = typeof additionalProperties === "object" ? typeOf(additionalProperties) : "unknown";
  return `Readonly<Record<string, ${value}>>`;
}

function quoted(name: string): string {
  return /^[a-z_]\w*$/i.test(name) ? name : JSON.stringify(name);
}

function docOf({ description }: Json): string {
  const [line = ""] = String(description ?? "").split("\n");
  return line === "" ? "" : `/** ${line.replaceAll("*/", "*\\\\/")} */\n`;
}
