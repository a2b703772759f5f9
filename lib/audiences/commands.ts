/** What clients of version 2 can ask of the topics that their users follow. */
import { CodedError } from "../base/errors.ts";
import { optionalToken, type UserId } from "../base/fields.ts";
import { type Command, command, weighed } from "../core/command.ts";
import type { Connection } from "../core/connection.ts";
import { topicField } from "../topics/fields.ts";
import { EVERYTHING } from "../topics/filter.ts";
import type { Topics } from "../topics/topics.ts";
import type { Followers } from "./followers.ts";
import { followedFields, followedPage } from "./requests.ts";

export function followerCommands(followers: Followers, topics: Topics): Command[] {
  return [
    command("follow", (fields, { limits }) => ({
      topic: topicField(fields, limits),
      token: optionalToken(fields),
    }), async (connection, { topic, token }) => {
      const user = followerOf(connection);
      await topics.access.require(connection, topic, {
        filters: [EVERYTHING],
        ...(token !== undefined && { token }),
      });
      await followers.follow(connection.site, user, topic);
      return { data: { topic } };
    }),
    command(
      "unfollow",
      (fields, { limits }) => topicField(fields, limits),
      async (connection, topic) => {
        await followers.unfollow(connection.site, followerOf(connection), topic);
        return { data: { topic } };
      },
    ),
    weighed(command(
      "followed",
      (fields, { limits }) => followedFields(fields, limits),
      async (connection, query) => {
        const found = await followers.followed(connection.site, followerOf(connection), query);
        connection.charge({ entries: found.length });
        return { data: followedPage(found, query.limit) };
      },
    )),
  ];
}

/** Who asks. A guest follows nothing, since nobody would ever take that back. */
function followerOf(connection: Connection): UserId {
  const user = connection.requireUser();
  if (!connection.isGuest && !connection.identity?.isGuest) return user;
  throw new CodedError(
    "forbidden",
    "Cannot do this as a guest: send 'connect' with the user's id, or a token",
  );
}
