/** What the entries of each stream are, and who takes them. `stream_reader.ts` reads them. */
import type { Claim } from "../core/claim.ts";
import type { Fields } from "../base/fields.ts";
import { withDataOfText } from "../base/said_fields.ts";
import { DEFAULT_SITE } from "../base/site.ts";
import type { StreamWay } from "../engines/redis/keys.ts";
import type { Sendings } from "../inbox/sendings.ts";
import type { Publications } from "./publications.ts";

/** One stream, and what becomes of its entries. */
export interface IncomingStream {
  readonly way: StreamWay;
  /** What its entries are, as the log and `/readyz` name them. */
  readonly what: string;
  /** The end of the name of its connections. */
  readonly connection: string;
  /** What entries are about: of the same one, each is taken once those before it are. */
  aboutOf(fields: Fields): unknown;
  /** Takes an entry. Rejects with a `CodedError` where it is wrong, or the store does not take it. */
  take(fields: Fields, entryId: string, claim: Claim): Promise<unknown>;
}

export function notificationStream(
  sendings: Sendings,
): IncomingStream {
  return {
    way: "stream",
    what: "notifications",
    connection: "stream",
    aboutOf: (fields) => fields["user_id"],
    async take(fields, entryId, claim) {
      const sending = sendings.parse(withDataOfText(fields));
      // Under this id an entry that is read twice, as after a crash between storing and XACK, is one notification.
      const { id = `entry-${entryId}` } = sending;
      return await sendings.take({ ...sending, id }, { site: DEFAULT_SITE, claim });
    },
  };
}

/** Its entries leave the stream in the step that publishes them (`engines/redis/turn_entry.lua`). */
export function publicationStream(publications: Publications): IncomingStream {
  return {
    way: "publications-stream",
    what: "publications",
    connection: "publications",
    aboutOf: ({ site, room, topic }) => `${site}\n${room}\n${topic}`,
    take: (fields, entryId, claim) =>
      publications.publish(withDataOfText(fields), { madeId: `entry-${entryId}`, claim }),
  };
}
