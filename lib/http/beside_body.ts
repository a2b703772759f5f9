/** Puts together what stands in a body and what stands beside it: in the query, or in a header. */
import { type Fields, invalid } from "../base/fields.ts";

/** The fields of both. Throws `invalid_field` where both say one field and differ, since nobody can know which is meant. */
export function withBeside(fields: Fields, beside: Fields): Fields {
  for (const [name, value] of Object.entries(beside)) {
    const given = fields[name] ?? "";
    if (given !== "" && String(given) !== String(value)) {
      throw invalid(name, value, `one '${name}': the body has ${JSON.stringify(given)}`);
    }
  }
  return { ...fields, ...beside };
}
