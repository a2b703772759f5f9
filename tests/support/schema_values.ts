/** Values that a JSON Schema allows at its bounds, and values that it does not, each made of a good one by one change. */

// deno-lint-ignore no-explicit-any -- a schema is read by its own words
type Json = any;

export interface Variant {
  /** The path of what was changed, such as `/digest/at/0`. */
  readonly place: string;
  readonly what: string;
  readonly isGood: boolean;
  /** The whole value. */
  readonly value: Json;
}

/** Texts that are good for a pattern are not made up. */
const PLAIN = "^[^\\p{Cc}\\u2028\\u2029]+$";

/** @param good a value that the schema allows @param resolve finds what a reference stands for */
export function variantsOf(
  schema: Json,
  good: Json,
  resolve: (schema: Json) => Json,
): Variant[] {
  const variants: Variant[] = [];
  walk(schema, good, "", (value) => value);
  return variants;

  function walk(given: Json, value: Json, place: string, within: (value: Json) => Json): void {
    const schema = merged(given);
    const note = (what: string, isGood: boolean, changed: Json) =>
      void variants.push({ place, what, isGood, value: within(changed) });
    for (const [what, isGood, changed] of changesOf(schema)) note(what, isGood, changed);
    if (schema.type === "object") ofObject(schema, value, place, within);
    if (schema.type === "array" && schema.items !== undefined && (schema.minItems ?? 0) < 2) {
      const [first] = Array.isArray(value) ? value : [];
      walk(schema.items, first, `${place}/0`, (each) => within([each]));
    }
  }

  function ofObject(
    { properties = {}, required = [], additionalProperties, propertyNames }: Json,
    value: Json,
    place: string,
    within: (value: Json) => Json,
  ): void {
    const base = typeof value === "object" && value !== null
      ? value
      : exampleOf(required, properties);
    for (const name of required) {
      const { [name]: _, ...rest } = base;
      variants.push({
        ...{ place: `${place}/${name}`, what: "is missing", isGood: false },
        value: within(rest),
      });
    }
    for (const [name, schema] of Object.entries(properties)) {
      walk(schema, base[name], `${place}/${name}`, (each) => within({ ...base, [name]: each }));
    }
    if (typeof additionalProperties === "object") {
      const key = propertyNames?.examples?.[0] ?? "some";
      walk(
        additionalProperties,
        undefined,
        `${place}/*`,
        (each) => within({ ...base, [key]: each }),
      );
    }
  }

  function exampleOf(required: readonly string[], properties: Json): Json {
    return Object.fromEntries(
      required.map((name) => [name, simplest(properties[name])]),
    );
  }

  /** Some value that is good. */
  function simplest(given: Json): Json {
    const schema = merged(given);
    if ("const" in schema) return schema.const;
    if (schema.enum !== undefined) return schema.enum[0];
    if (schema.examples !== undefined) return schema.examples[0];
    if (schema.anyOf !== undefined) return simplest(schema.anyOf[0]);
    switch (schema.type) {
      case "integer":
      case "number":
        return schema.minimum ?? 0;
      case "boolean":
        return true;
      case "array":
        return [];
      case "object":
        return exampleOf(schema.required ?? [], schema.properties ?? {});
      default:
        return /http/i.test(schema.pattern ?? "") ? "https://shop.example/" : "a";
    }
  }

  function merged(given: Json): Json {
    const schema = resolve(given);
    const [only, ...more] = schema.allOf ?? [];
    return only !== undefined && more.length === 0 && only.$ref !== undefined
      ? { ...merged(only), ...schema, allOf: undefined }
      : schema;
  }

  /** Values in place of what the schema is of. */
  function changesOf(schema: Json): [what: string, isGood: boolean, value: Json][] {
    const { type, anyOf, enum: values, minimum, maximum, maxLength, maxItems, minItems } = schema;
    const changes: [string, boolean, Json][] = [];
    if ("const" in schema) changes.push(["is another", false, "none-of-them"]);
    if (values !== undefined) {
      for (const each of values) changes.push([`is ${each}`, true, each]);
      if (type === undefined) changes.push(["is none of them", false, "none-of-them"]);
    }
    for (const each of anyOf ?? []) {
      changes.push(...changesOf(merged(each)).filter(([, isGood]) => isGood));
    }
    if (anyOf?.some((each: Json) => "type" in merged(each)) || type !== undefined) {
      changes.push(["is of another type", false, type === "object" ? ["x"] : { "no": "such" }]);
    }
    if (type === "string") {
      const { pattern } = schema;
      const isPlain = pattern === undefined || pattern === PLAIN;
      if (maxLength !== undefined && isPlain) {
        changes.push(["is of the most characters", true, "a".repeat(maxLength)]);
      }
      if (maxLength !== undefined) changes.push(["is too long", false, "a".repeat(maxLength + 1)]);
      if (pattern !== undefined) {
        const wrong = pattern === PLAIN ? "a\u0001b" : "\u0001!";
        changes.push(["is not of the pattern", false, wrong]);
      }
      for (const each of schema.examples ?? []) changes.push(["is its example", true, each]);
    }
    if (type === "integer" || type === "number") {
      if (minimum !== undefined) changes.push(["is the least", true, minimum]);
      if (maximum !== undefined) changes.push(["is the most", true, maximum]);
      if (minimum !== undefined) changes.push(["is too little", false, minimum - 1]);
      if (maximum !== undefined && maximum < 1e15) {
        changes.push(["is too much", false, maximum + 1]);
      }
      if (type === "integer") changes.push(["is no whole number", false, (minimum ?? 0) + 0.5]);
    }
    if (type === "boolean") changes.push(["is true", true, true], ["is false", true, false]);
    if (type === "array") {
      const each = simplest(schema.items);
      const isName = merged(schema.items).pattern === PLAIN;
      const many = (count: number) =>
        Array.from({ length: count }, (_, index) => {
          if (typeof each === "number") return index;
          return isName ? `${each}${index}` : each;
        });
      if (maxItems !== undefined && maxItems <= 1000) {
        changes.push(["has too many", false, many(maxItems + 1)]);
      }
      if ((minItems ?? 0) > 0) changes.push(["has too few", false, []]);
    }
    return changes;
  }
}
