/** Makes schemas strict, so that what is not described is a fault. */

// deno-lint-ignore no-explicit-any -- a schema is read by its own words
type Json = any;

/** The same schema, in which objects have no fields but those that are described. */
export function closed(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== "object" || schema === null) return schema;
  const copy = Object.fromEntries(
    Object.entries(schema).map(([name, each]) => [name, closed(each)]),
  );
  const { type, properties, additionalProperties } = schema;
  const isOpen = additionalProperties !== undefined || Object.keys(properties ?? {}).length === 0;
  return type === "object" && !isOpen ? { ...copy, additionalProperties: false } : copy;
}
