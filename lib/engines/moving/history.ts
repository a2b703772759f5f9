/** How histories of channels come to Redis: with their offsets and epochs, so that clients go on where they were. */
import { channelWith } from "../../core/channel.ts";
import { CLIENTS_ID_SECONDS } from "../../core/publication.ts";
import type { Group, Move, MoveSource, Moving, Put } from "./move.ts";

const HISTORIES: Move = {
  noun: "messages in histories",
  tables: ["channels", "publications", "publication_ids"],
  count: (source, { now }) =>
    Number(
      source.rows(
        `SELECT count(*) AS count FROM publications JOIN channels ON seq = channel
         WHERE publications.offset >= first AND ends_at > ?1 AND expires_at > ?1`,
        now,
      )[0]?.["count"],
    ),
  *groups(source, { keys, now }) {
    for (const row of source.rows("SELECT * FROM channels WHERE expires_at > ?", now)) {
      const channel = channelWith(String(row["name"]));
      const [seq, epoch, past] = [Number(row["seq"]), String(row["epoch"]), String(row["past"])];
      const endsAt = Number(row["ends_at"] ?? 0);
      const entries = endsAt > now ? entriesOf(source, seq, Number(row["first"])) : [];
      const puts: Put[] = [
        {
          ...{ type: "hash", key: keys.position(channel), endsAt: Number(row["expires_at"]) },
          fields: [
            ["epoch", epoch],
            ["offset", String(row["offset"])],
            ...(past === "" ? [] : [["past", past.trim()] as const]),
          ],
        },
        { type: "stream", key: keys.history(channel), endsAt, isCounted: true, entries },
      ];
      const known = source.rows(
        "SELECT user, id, offset, at FROM publication_ids WHERE channel = ? AND at > ?",
        ...[seq, now - CLIENTS_ID_SECONDS * 1000],
      );
      for (const { user, id, offset, at } of known) {
        puts.push({
          type: "string",
          key: user === ""
            ? keys.publicationIdBefore(channel, String(id))
            : keys.publicationId(channel, String(id), String(user)),
          value: `${offset} ${epoch}`,
          endsAt: Number(at) + CLIENTS_ID_SECONDS * 1000,
        });
      }
      yield { kind: "whole", puts } satisfies Group;
    }
  },
};

export const HISTORY_MOVING: Moving = {
  moves: () => Promise.resolve([HISTORIES]),
  notMoved: { leftovers: "it says what is still to be removed from this file" },
};

function entriesOf(source: MoveSource, seq: number, first: number) {
  return source.rows(
    `SELECT offset, kind, id, at, content FROM publications
     WHERE channel = ? AND offset >= ? ORDER BY offset`,
    ...[seq, first],
  ).map(({ offset, kind, id, at, content }) =>
    [
      `${offset}-0`,
      ["kind", String(kind), "id", String(id), "at", String(at), "content", String(content)],
    ] as const
  );
}
