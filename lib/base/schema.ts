/**
 * Makes the JSON Schemas (2020-12) by which fields, answers and frames are described. A schema that has a name stands once in a
 * description, and is referred to from wherever it is used.
 */
import type { JsonSchema } from "./shape.ts";

/** Schemas of fields by their names. */
export type SchemaFields = Readonly<Record<string, JsonSchema>>;

interface TextOptions {
  /** Fewest characters. @default 1 */
  readonly min?: number;
  /** Most characters, of which JSON Schema counts code points. */
  readonly max?: number;
  /** A regular expression in the syntax of `u`. */
  readonly pattern?: string;
  readonly format?: string;
  readonly examples?: readonly string[];
}

const NAMES = new WeakMap<JsonSchema, string>();

/** Gives a schema the name under which it stands in a description. */
export function named(name: string, schema: JsonSchema): JsonSchema {
  const copy = { ...schema };
  NAMES.set(copy, name);
  return copy;
}

/** The name of a schema; `undefined` for one that stands where it is used. */
export function nameOf(schema: JsonSchema): string | undefined {
  return NAMES.get(schema);
}

/** The same schema with a description of its own, for one of its places. */
export function as(description: string, schema: JsonSchema): JsonSchema {
  return NAMES.has(schema) ? { description, allOf: [schema] } : { ...schema, description };
}

export function text(description: string, options: TextOptions = {}): JsonSchema {
  const { min = 1, max, pattern, format, examples } = options;
  return {
    description,
    type: "string",
    ...(min > 0 && { minLength: min }),
    ...bound("maxLength", max),
    ...(pattern !== undefined && { pattern }),
    ...(format !== undefined && { format }),
    ...(examples !== undefined && { examples }),
  };
}

/** A text in one line without control characters, as names are. */
export function line(description: string, max: number, ...examples: readonly string[]): JsonSchema {
  return text(description, {
    max,
    pattern: ONE_LINE,
    ...(examples.length > 0 && { examples }),
  });
}

const ONE_LINE = "^[^\\p{Cc}\\u2028\\u2029]+$";

export function whole(
  description: string,
  { least = 0, most, usual }: {
    readonly least?: number;
    readonly most?: number;
    readonly usual?: number;
  } = {},
): JsonSchema {
  return {
    description,
    type: "integer",
    minimum: least,
    ...bound("maximum", most),
    ...(usual !== undefined && { default: usual }),
  };
}

export function number(description: string, least?: number): JsonSchema {
  return { description, type: "number", ...bound("minimum", least) };
}

export function flag(description: string, usual?: boolean): JsonSchema {
  return { description, type: "boolean", ...(usual !== undefined && { default: usual }) };
}

export function oneOf(
  description: string,
  values: readonly (string | number | boolean | null)[],
  usual?: string,
): JsonSchema {
  return { description, enum: values, ...(usual !== undefined && { default: usual }) };
}

export function list(
  description: string,
  items: JsonSchema,
  { least, most }: { readonly least?: number; readonly most?: number } = {},
): JsonSchema {
  return {
    description,
    type: "array",
    items,
    ...bound("minItems", least),
    ...bound("maxItems", most),
  };
}

/** An object with fields that are there, and others that may be. It may have more, which are ignored. */
export function object(
  description: string,
  required: SchemaFields,
  optional: SchemaFields = {},
): JsonSchema {
  const names = Object.keys(required);
  return {
    description,
    type: "object",
    properties: { ...required, ...optional },
    ...(names.length > 0 && { required: names }),
  };
}

/** An object whose keys are names. */
export function map(description: string, value: JsonSchema, most?: number): JsonSchema {
  return {
    description,
    type: "object",
    additionalProperties: value,
    ...bound("maxProperties", most),
  };
}

/** Any JSON value. */
export function any(description: string): JsonSchema {
  return { description };
}

export function either(description: string, ...schemas: readonly JsonSchema[]): JsonSchema {
  return { description, anyOf: schemas };
}

/** The same, or `null`, which takes away what is there. */
export function orNull(schema: JsonSchema): JsonSchema {
  const { description, ...rest } = schema;
  if (NAMES.has(schema)) return { anyOf: [schema, { type: "null" }] };
  return { ...(description !== undefined && { description }), anyOf: [rest, { type: "null" }] };
}

/** The same with more rules, such as that one of two fields is there. */
export function where(schema: JsonSchema, rules: JsonSchema): JsonSchema {
  return { ...schema, ...rules };
}

/** A limit that is off is none. */
function bound(name: string, value: number | undefined): JsonSchema {
  return value === undefined || !Number.isFinite(value) ? {} : { [name]: value };
}
