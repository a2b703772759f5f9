/**
 * Shapes of JSON values: each checks a value, names what is wrong in it, and is a JSON Schema for editors. They have the
 * names that JSON Schema has for them.
 */
import { shown } from "./fields.ts";
import { suggestion } from "./typos.ts";

export type JsonSchema = Readonly<Record<string, unknown>>;

/** Is told of a problem at a path, such as `rooms[2].history.size`. */
export type Note = (path: string, problem: string) => void;

/** A check of one kind of value. */
export interface Shape<T> {
  /** Names the allowed values in an error. */
  readonly allowed: string;
  readonly schema: JsonSchema;
  /** Says whether a value has this shape, and notes what is wrong if it does not. */
  is(value: unknown, path: string, note: Note): value is T;
}

/** One field of an object. */
interface FieldShape<T> {
  readonly shape: Shape<NonNullable<T>>;
  readonly help: string;
  /** The default as the documentation words it; a field without one is required. */
  readonly default?: string;
}

/** All fields of an object of type `T`. */
export type FieldShapes<T> = { readonly [Name in keyof T]-?: FieldShape<T[Name]> };

export const boolean: Shape<boolean> = leaf(
  "`true` or `false`",
  { type: "boolean" },
  (value) => typeof value === "boolean",
);

export function integer(minimum: number, maximum: number): Shape<number> {
  return leaf(
    `a whole number from ${minimum} to ${maximum}`,
    { type: "integer", minimum, maximum },
    (value) => Number.isInteger(value) && Number(value) >= minimum && Number(value) <= maximum,
  );
}

/** @param pattern a regular expression, in the syntax of `u` */
export function string(allowed: string, pattern: string): Shape<string> {
  const test = new RegExp(pattern, "u");
  return leaf(
    allowed,
    { type: "string", pattern },
    (value) => typeof value === "string" && test.test(value),
  );
}

/** One of these values. */
export function literal<T>(...values: readonly T[]): Shape<T> {
  const allowed = values.map((value) => `\`${JSON.stringify(value)}\``).join(", ");
  return leaf(allowed, { enum: values }, (value) => values.some((each) => each === value));
}

/** An array of at most `maxItems`. */
export function arrayOf<T>(allowed: string, item: Shape<T>, maxItems: number): Shape<T[]> {
  return {
    allowed,
    schema: { type: "array", items: item.schema, maxItems },
    is(value, path, note): value is T[] {
      if (!Array.isArray(value) || value.length > maxItems) return refuse(value, this, path, note);
      return value.map((each, index) => item.is(each, `${path}[${index}]`, note)).every(Boolean);
    },
  };
}

/** A value of one shape or the other. If the value is of the second one's JSON type, that one says what is wrong. */
export function either<A, B>(simple: Shape<A>, other: Shape<B>): Shape<A | B> {
  return {
    allowed: `${simple.allowed} or ${other.allowed}`,
    schema: { anyOf: [simple.schema, other.schema] },
    is(value, path, note): value is A | B {
      if (typeOf(value) === other.schema["type"]) return other.is(value, path, note);
      const silent: Note = () => {};
      return simple.is(value, path, silent) || other.is(value, path, silent) ||
        refuse(value, this, path, note);
    },
  };
}

/** An object with these fields and no others. */
export function record<T>(allowed: string, fields: FieldShapes<T>): Shape<T> {
  const known = new Map<string, FieldShape<unknown>>(Object.entries(fields));
  const required = [...known].filter(([, field]) => field.default === undefined)
    .map(([name]) => name);
  return {
    allowed,
    schema: {
      type: "object",
      properties: Object.fromEntries(
        [...known].map(([name, { shape, help }]) => [name, { description: help, ...shape.schema }]),
      ),
      required,
      additionalProperties: false,
    },
    is(value, path, note): value is T {
      if (typeof value !== "object" || value === null || Array.isArray(value)) {
        return refuse(value, this, path, note);
      }
      const at = (name: string) => path === "" ? name : `${path}.${name}`;
      const missing = required.filter((name) => !Object.hasOwn(value, name));
      for (const name of missing) {
        note(at(name), `is missing, allowed is ${plain(known.get(name)?.shape.allowed ?? "")}`);
      }
      const good = Object.entries(value).map(([name, each]) => {
        const field = known.get(name);
        if (field !== undefined) return field.shape.is(each, at(name), note);
        note(at(name), `is not known${suggestion(name, [...known.keys()])}`);
        return false;
      });
      return missing.length === 0 && good.every(Boolean);
    },
  };
}

/** The JSON type of a list or an object; `undefined` for other values. */
function typeOf(value: unknown): "array" | "object" | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  return Array.isArray(value) ? "array" : "object";
}

function leaf<T>(
  allowed: string,
  schema: JsonSchema,
  test: (value: unknown) => boolean,
): Shape<T> {
  return {
    allowed,
    schema,
    is(value, path, note): value is T {
      return test(value) || refuse(value, this, path, note);
    },
  };
}

/** Removes the backticks, which belong in documents only. */
function plain(allowed: string): string {
  return allowed.replaceAll("`", "");
}

function refuse(value: unknown, { allowed }: { allowed: string }, path: string, note: Note): false {
  note(path, `is ${shown(value)}, allowed is ${plain(allowed)}`);
  return false;
}
