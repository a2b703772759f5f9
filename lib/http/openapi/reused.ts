/** Takes fields out of the descriptions of routes for the commands that have the same. */
import type { SchemaFields } from "../../base/schema.ts";
import type { About } from "./about.ts";

/** The fields of a route's body, all but those of these names. */
export function bodyFields({ id, body }: About, ...without: readonly string[]): SchemaFields {
  const properties = body?.fields?.["properties"];
  if (properties === undefined) throw new TypeError(`${id} takes no fields`);
  return leaving(properties as SchemaFields, without);
}

/** The parameters of a route's query as fields, all but those of these names. */
export function queryFields({ query = {} }: About, ...without: readonly string[]): SchemaFields {
  const fields = Object.entries(query)
    .map(([name, { schema, description }]) => [name, { description, ...schema }]);
  return leaving(Object.fromEntries(fields), without);
}

function leaving(fields: SchemaFields, names: readonly string[]): SchemaFields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));
}
