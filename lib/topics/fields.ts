/** Reads what another system publishes in a topic. */
import { CodedError } from "../base/errors.ts";
import { type Fields, identifier, invalid, sendersId } from "../base/fields.ts";
import { dataField } from "../base/said_fields.ts";
import type { Limits } from "../base/sizes.ts";
import type { TopicEvent } from "./requests.ts";

/** Reads `id` and `data`. Throws a `CodedError` that names the field and its value. */
export function topicEventFields(fields: Fields, limits: Pick<Limits, "data">): TopicEvent {
  const data = dataField(fields, limits.data);
  if (data === undefined) {
    throw new CodedError("missing_field", "Missing field 'data'", { field: "data" });
  }
  if (typeof data === "object" && data !== null && !Array.isArray(data)) {
    return { id: sendersId(fields), data: data as Fields };
  }
  throw invalid("data", data, 'an object such as {"id":5}');
}

/** Reads the name of a topic, which is as long as one of a room at the most. */
export function topicField(fields: Fields, limits: Pick<Limits, "room">): string {
  return identifier(fields, "topic", limits.room);
}
