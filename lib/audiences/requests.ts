/** Reads what is asked of followers, and writes the answers. */
import { type Fields, optionalName } from "../base/fields.ts";
import type { Limits } from "../base/sizes.ts";
import { inSeconds } from "../base/times.ts";
import { pageSize } from "../core/command_fields.ts";
import type { Followed } from "./followers.ts";

export interface FollowedQuery {
  /** Topics behind this one. */
  readonly after: string | undefined;
  readonly limit: number;
}

export function followedFields(fields: Fields, limits: Pick<Limits, "room">): FollowedQuery {
  return { after: optionalName(fields, "cursor", limits.room), limit: pageSize(fields) };
}

/** A page of the topics that a user follows. @param found one more than the limit where there are more */
export function followedPage(found: readonly Followed[], limit: number): object {
  const page = found.slice(0, limit);
  return {
    topics: page.map(({ topic, since }) => ({ topic, since: inSeconds(since) })),
    ...(found.length > limit && { next: page.at(-1)?.topic }),
  };
}
