/** The routes by which users, and applications for them, follow topics. */
import { type UserId, userIdOnWire } from "../base/fields.ts";
import type { Limits } from "../base/sizes.ts";
import type { Call } from "../http/call.ts";
import { pageFields } from "../http/list_page.ts";
import type { Route } from "../http/route.ts";
import { topicField } from "../topics/fields.ts";
import type { Topics } from "../topics/topics.ts";
import type { Followers } from "./followers.ts";
import { followedFields, followedPage } from "./requests.ts";

const TOPIC = "/users/:user/topics/:topic";

export function followerRoutes(
  followers: Followers,
  topics: Topics,
  limits: Limits,
): readonly Route[] {
  return [
    {
      method: "GET",
      path: "/users/:user/topics",
      scope: "read",
      users: true,
      async run(call) {
        const { site, user } = whoFollows(call);
        const query = followedFields(pageFields(call), limits);
        const found = await followers.followed(site, user, query);
        return { status: 200, json: followedPage(found, query.limit) };
      },
    },
    {
      method: "PUT",
      path: TOPIC,
      scope: "publish",
      users: true,
      async run(call) {
        const { site, user } = whoFollows(call);
        const topic = topicField({ topic: call.param("topic") }, limits);
        if (call.identity !== undefined) await topics.access.requireUser(call.identity, topic);
        const isNew = await followers.follow(site, user, topic);
        return { status: isNew ? 201 : 200, json: { user_id: userIdOnWire(user), topic } };
      },
    },
    {
      method: "DELETE",
      path: TOPIC,
      scope: "publish",
      users: true,
      async run(call) {
        const { site, user } = whoFollows(call);
        await followers.unfollow(site, user, topicField({ topic: call.param("topic") }, limits));
        return { status: 204 };
      },
    },
  ];
}

/** The user of the path. Throws where another user calls. */
function whoFollows(call: Call): { readonly site: string; readonly user: UserId } {
  return call.actingUser({ user_id: call.param("user") });
}
