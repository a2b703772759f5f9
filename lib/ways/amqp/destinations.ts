/** Where the entries of the queue go: to inboxes, rooms and topics. */
import type { ConsumeMessage } from "amqplib";
import { siteField } from "../../auth/keys/fields.ts";
import { CodedError } from "../../base/errors.ts";
import { digitsAsText, type Fields, isBlank } from "../../base/fields.ts";
import { DEFAULT_SITE } from "../../base/site.ts";
import type { Limits } from "../../base/sizes.ts";
import { isBroadcast } from "../../inbox/broadcasts/audience.ts";
import type { Sendings } from "../../inbox/sendings.ts";
import type { Publications } from "../publications.ts";
import { readEntry } from "./entry.ts";

/** An entry that can be stored. */
export interface Read {
  /** Entries of one key keep their order. */
  readonly key: string;
  /** @param made what an entry is known by that brought no id: the same at each attempt */
  store(made: { id: string; isRetry: boolean }): Promise<{ readonly isDuplicate: boolean }>;
}

/** Throws a `CodedError` that says why the entry cannot be taken. */
export type ReadEntry = (message: ConsumeMessage) => Read;

export interface DestinationParts {
  readonly sendings: Sendings;
  readonly publications: Publications;
  readonly limits: Limits;
}

export function readerOf(parts: DestinationParts): ReadEntry {
  return (message) => {
    const { type, fields, id } = readEntry(message, parts.limits);
    const site = siteOf(fields);
    if (type === "notification") return notificationOf(fields, { site, id }, parts);
    const name = digitsAsText(fields, type);
    if (isMissing(name)) {
      throw new CodedError("missing_field", `Missing field '${type}'`, { field: type });
    }
    return {
      key: JSON.stringify([site, type, name]),
      store: (made) => parts.publications.publish(fields, { site, id: id ?? made.id }),
    };
  };
}

function notificationOf(
  fields: Fields,
  { site, id }: { site: string; id?: string },
  parts: DestinationParts,
): Read {
  const sending = parts.sendings.parse(fields);
  return {
    key: JSON.stringify([site, isBroadcast(sending) ? id : sending.user]),
    store: (made) => parts.sendings.take({ ...sending, id }, { site, made }),
  };
}

function isMissing(value: unknown): boolean {
  return value === undefined || value === null || isBlank(value);
}

function siteOf({ site }: Fields): string {
  return isMissing(site) ? DEFAULT_SITE : siteField({ site });
}
