/** The routes that list what is live: rooms, topics, users, and how many conversations there are. */
import { invalid, userIdOnWire } from "../../base/fields.ts";
import { pageSize } from "../../core/command_fields.ts";
import { countConversations } from "../../conversations/counts.ts";
import type { Database } from "../../engines/database/database.ts";
import type { Call } from "../../http/call.ts";
import { pageFields } from "../../http/list_page.ts";
import type { Route } from "../../http/route.ts";
import type { Live, LiveKind, LivePage, LiveRequest } from "./live.ts";
import type { LiveChannel, Order } from "./snapshot.ts";

/** How long counts are good that the database makes of all conversations. */
const COUNTS_MS = 10_000;

export function liveRoutes(live: Live, database: Database): readonly Route[] {
  const counted = new Map<string, { readonly at: number; readonly counts: Promise<object> }>();
  return [
    {
      method: "GET",
      path: "/live/rooms",
      scope: "manage",
      async run(call) {
        const page = await live.channels(requestOf(call, "room"));
        const rooms = page.entries.map((each) => ({ room: each.name, ...channelOnWire(each) }));
        return { status: 200, json: { rooms, ...restOf(page) } };
      },
    },
    {
      method: "GET",
      path: "/live/topics",
      scope: "manage",
      async run(call) {
        const page = await live.channels(requestOf(call, "topic"));
        const topics = page.entries.map((each) => ({ topic: each.name, ...channelOnWire(each) }));
        return { status: 200, json: { topics, ...restOf(page) } };
      },
    },
    {
      method: "GET",
      path: "/live/users",
      scope: "manage",
      async run(call) {
        const page = await live.users(requestOf(call, "user"));
        const users = page.entries.map(({ name, connections, since }) => (
          { user_id: userIdOnWire(name), connections, since }
        ));
        return { status: 200, json: { users, ...restOf(page) } };
      },
    },
    {
      method: "GET",
      path: "/live/conversations",
      scope: "manage",
      async run(call) {
        const conversations = await countsOf(call.managedSite({}));
        return { status: 200, json: { conversations } };
      },
    },
  ];

  /** Counting goes through all of them, so it is not done for each who asks. */
  function countsOf(site: string): Promise<object> {
    const now = performance.now();
    const known = counted.get(site);
    if (known !== undefined && now - known.at < COUNTS_MS) return known.counts;
    for (const [key, { at }] of counted) if (now - at >= COUNTS_MS) counted.delete(key);
    const counts = countConversations(database, site);
    counted.set(site, { at: now, counts });
    counts.catch(() => counted.delete(site));
    return counts;
  }
}

function requestOf(call: Call, kind: LiveKind): LiveRequest {
  const order = orderField(call.query("order"), kind === "user");
  const after = call.query("after");
  if (order !== "name" && after !== undefined && !/^\d{1,5}$/.test(after)) {
    throw invalid("after", after, "the 'next' of the page before");
  }
  const site = call.managedSite({});
  return { site, kind, q: call.query("q") ?? "", order, limit: pageSize(pageFields(call)), after };
}

function orderField(order: string | undefined, isOfUsers: boolean): Order {
  switch (order ?? (isOfUsers ? "name" : "connections")) {
    case "connections":
      return "connections";
    case "messages":
      if (!isOfUsers) return "messages";
      break;
    case "name":
      return "name";
  }
  throw invalid(
    "order",
    order,
    isOfUsers ? "connections or name" : "connections, messages or name",
  );
}

function channelOnWire({ connections, pace, lastAt }: LiveChannel) {
  return { connections, messages_a_minute: pace, ...(lastAt > 0 && { last_at: lastAt }) };
}

function restOf({ total, next, missing }: LivePage<unknown>): object {
  return { total, ...(next !== undefined && { next }), ...(missing.length > 0 && { missing }) };
}
