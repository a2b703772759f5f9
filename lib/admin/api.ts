/** What the routes of operators are to their callers. */
import {
  any,
  flag,
  list,
  map,
  named,
  number,
  object,
  oneOf,
  orNull,
  text,
  whole,
} from "../base/schema.ts";
import type { Limits } from "../base/sizes.ts";
import { CATEGORY, LEVELS, MOST_LEVELS } from "../log/levels.ts";
import { type Abouts, may, must, type Parameters } from "../http/openapi/about.ts";
import { at, kit, NEXT, PAGE, USER } from "../http/openapi/kit.ts";
import { SOURCES } from "./dead_letters/routes.ts";
import { MOST_DRAIN_SECONDS } from "./nodes/routes.ts";

const MILLISECONDS = (description: string) => number(`${description} In milliseconds.`);

const LATENCY = (description: string) => orNull(MILLISECONDS(description));

const POINT = object("One point of a node's history.", {
  at: at("When that was."),
  connections: whole("How many there were."),
  deliveries: number("So many per second."),
  lag_p99: MILLISECONDS("99 of 100 turns of the event loop were no later."),
  latency_p50: LATENCY("Half of the notifications were acknowledged within."),
  latency_p99: LATENCY("99 of 100 notifications were acknowledged within."),
  cpu: number("Cores in use."),
  rss: whole("Bytes of memory."),
});

const NODE = named(
  "Node",
  object("What a node does.", {
    id: text("Another one after each start."),
    name: text("`APP_NODE_NAME`, or else the machine's name and the port."),
    version: text("Of the program."),
    started_at: at("Since when it runs."),
    seen_at: at("When it was heard of last."),
    ready: flag("Whether it can do its work."),
    cpu: number("How many cores it uses."),
    memory: object("In bytes.", {
      rss: whole("All of the process."),
      heap_used: whole("Of the heap, in use."),
      heap_total: whole("Of the heap."),
    }),
    loop_lag_ms: object("How late turns of the event loop came, in the last ten seconds.", {
      p50: MILLISECONDS("Half were no later."),
      p99: MILLISECONDS("99 of 100 were no later."),
      max: MILLISECONDS("None was later."),
    }),
    connections: whole("How many are open."),
    users: whole("Of how many users."),
    rooms: whole("In how many rooms."),
    rates: object("Per second.", {
      publications: number("That reached connections of this node."),
      deliveries: number("Those times the connections that hear them."),
      requests: number("Calls of the API."),
      dropped: number("What was dropped."),
    }),
    latency_ms: object("From when a notification was accepted to when a client acknowledged it.", {
      p50: LATENCY("Half of them within."),
      p99: LATENCY("99 of 100 within."),
    }),
    history: list("A point for every ten seconds of the last hour, the oldest first.", POINT),
  }, { reason: text("Why it is not ready.") }),
);

const MISSING = list("Nodes that did not answer in time.", { type: "string" });

const LIVE: Parameters = {
  q: may(text("A part of the name.", { min: 0 }), "ord"),
  order: may(oneOf("By what they are listed.", ["connections", "messages", "name"])),
  limit: PAGE["limit"]!,
  after: may(text("The `next` of the page before.")),
};

const LIVE_OF_USERS: Parameters = {
  ...LIVE,
  order: may(oneOf("By what they are listed.", ["connections", "name"])),
};

const REST = { next: NEXT, missing: MISSING };

const TOTAL = { total: whole("How many there are.") };

const CHANNEL = {
  connections: whole("How many hear it."),
  messages_a_minute: number("How much was said in the last minute."),
};

const LAST = { last_at: at("When something was said last.") };

const AUDIT_RECORD = named(
  "AuditRecord",
  object("What somebody managed.", {
    id: text("Its id."),
    at: at("When."),
    who: text("The id of a key, `operator`, or a user."),
    action: text("What, such as `key.create`."),
  }, {
    target: any("What it was done to."),
    site: text("Of which site."),
    address: text("From where.", { min: 0 }),
    request: text("The id of the request that did it, as in `X-Request-Id`."),
  }),
);

const LEVELS_OF = {
  ...map("Levels by categories.", oneOf("A level.", LEVELS), MOST_LEVELS),
  propertyNames: { pattern: CATEGORY.source, examples: ["notifyli.push"] },
};

const LOG_QUERY: Parameters = {
  level: may(oneOf("This level and those above.", LEVELS), "warning"),
  category: may(
    text("This category and those below it.", { max: 200, pattern: "^[\\w.]{1,200}$" }),
    "notifyli.push",
  ),
  request: may(
    text("What is written for this request, by its `X-Request-Id`.", {
      ...{ min: 8, max: 64, pattern: "^[\\w-]{8,64}$" },
    }),
    "order-12345",
  ),
};

const STEPS = [
  ...["accepted", "edited", "stored", "scheduled", "held_back", "published", "sent"],
  ...["acknowledged", "pushed", "push_failed", "read", "acted", "snoozed", "deleted", "withdrawn"],
  "expired",
];

const OF_LETTER: Parameters = {
  source: must(oneOf("`hooks`, `stream`, `amqp` or `schedule`.", SOURCES), "stream"),
  id: must(text("The dead letter's id."), "1790000000000-0"),
};

const HOOK = object("An endpoint.", {
  name: text("Its name; `webhook` is told of receipts."),
  url: text("The host; the rest may be secret."),
  events: list("Patterns of what it is told.", text("A pattern.")),
  state: oneOf("Whether a node tells it, and it takes that.", ["telling", "failing", "idle"]),
  queued: whole("How many events wait."),
  lag_seconds: whole("How old the oldest is that is being told."),
  delivered: whole("Events that it took since the nodes started."),
  failed: whole("Requests that failed."),
  dead: whole("Events that were given up, and are kept."),
}, {
  last_error: object("The last failure.", { at: number("When."), reason: text("Why.") }),
});

const LOG_LEVELS = object("From which level on categories are logged.", {
  levels: LEVELS_OF,
  usual: oneOf("The level of all others.", LEVELS),
}, { missing: MISSING });

const LOG_LINE = object("A line of a log.", {
  at: at("When."),
  level: oneOf("The level.", LEVELS),
  category: text("The category, such as `notifyli.push`."),
  message: text("What it says.", { min: 0 }),
  node: text("Of which node."),
  properties: any("What is known beside."),
});

const SETTING = named(
  "Setting",
  object("A setting in force.", {
    name: text("Its name."),
    value: any("Its value as a text; `null` where it is hidden."),
    hidden: flag("Whether it is a secret."),
    default: any("What it is where nothing is set."),
    source: oneOf("From where it is.", ["environment", "file", "default"]),
    help: text("What it does.", { min: 0 }),
    reloadable: flag("Whether it can change while the server runs."),
  }),
);

const CONNECTION = named(
  "UserConnection",
  object("A connection of a user.", {
    id: text("Its id."),
    node: text("On which node."),
    protocol: text("What it speaks: `v1`, `v2` or `chat`."),
    transport: text("By what: `websocket` or `sse`."),
    since: at("Since when."),
    rooms: list("In which rooms.", { type: "string" }),
    queued_bytes: whole("Bytes that wait for the client."),
  }, {
    address: text("From where."),
    round_trip_ms: MILLISECONDS("How long its client took to answer the last ping."),
  }),
);

const LIVE_USER = named(
  "UserState",
  object("What is known of a user on all nodes.", {
    user_id: USER,
    online: flag("Whether the user has a connection."),
    connections: list("The user's connections.", CONNECTION),
    refusals: list(
      "What the user's frames were refused for, since the nodes started.",
      object("By one code.", {
        code: text("The code."),
        count: whole("How often."),
        last_at: at("When last."),
      }),
    ),
  }, {
    last_seen_at: at("When the user was there last."),
    inbox: object("How many notifications there are.", {
      total: whole("In the inbox."),
      unread: whole("Not read."),
      archived: whole("Archived."),
      snoozed: whole("Put off."),
      scheduled: whole("Still to come."),
    }),
    devices: list("The user's devices, as their own route shows them.", object("A device.", {})),
    pushes: list("The last pushes, as receipts show them.", object("A push.", {})),
    blocked: object("Where the user is blocked.", {}, { until: at("Until when.") }),
    missing: MISSING,
    unavailable: list("What could not be read.", { type: "string" }),
  }),
);

export function adminApi(limits: Limits): Abouts {
  const { ofUser } = kit(limits);
  return {
    "GET /nodes": {
      id: "listNodes",
      tag: "operations",
      summary: "Show what each node does",
      answers: {
        200: {
          description: "All nodes.",
          json: object("Nodes.", {
            nodes: list("All of them.", NODE),
            this: text("The node that answers."),
          }),
        },
      },
    },
    "POST /nodes/:node/drain": {
      id: "drainNode",
      tag: "operations",
      summary: "Have a node give its clients to others, and end",
      description: "It ends as by SIGTERM; what supervises it may start it again.",
      path: { node: must(text("The node's id."), "3f2a81c09d4e") },
      body: {
        isForm: false,
        fields: named(
          "Drain",
          object("How it drains.", {}, {
            seconds: whole(
              "How long clients are told to go; else `APP_DRAIN_SECONDS`, or 15 where that is off.",
              { least: 1, most: MOST_DRAIN_SECONDS },
            ),
          }),
        ),
        examples: { "As it is set": {}, "Within a minute": { seconds: 60 } },
      },
      answers: {
        202: {
          description: "It drains.",
          json: object("What it does.", {
            node: text("The node."),
            seconds: whole("How long clients are told to go."),
          }),
        },
      },
      errors: ["not_found", "unconfirmed"],
    },
    "GET /live/rooms": {
      id: "listLiveRooms",
      tag: "operations",
      summary: "List rooms that have connections",
      query: LIVE,
      answers: {
        200: {
          description: "A part of them.",
          json: object("Rooms.", {
            rooms: list(
              "One part.",
              object("A room.", { room: text("Its name."), ...CHANNEL }, LAST),
            ),
            ...TOTAL,
          }, REST),
        },
      },
    },
    "GET /live/topics": {
      id: "listLiveTopics",
      tag: "operations",
      summary: "List topics that have subscribers",
      query: LIVE,
      answers: {
        200: {
          description: "A part of them.",
          json: object("Topics.", {
            topics: list(
              "One part.",
              object("A topic.", { topic: text("Its name."), ...CHANNEL }, LAST),
            ),
            ...TOTAL,
          }, REST),
        },
      },
    },
    "GET /live/users": {
      id: "listLiveUsers",
      tag: "operations",
      summary: "List users that have connections",
      query: LIVE_OF_USERS,
      answers: {
        200: {
          description: "A part of them.",
          json: object("Users.", {
            users: list(
              "One part.",
              object("A user.", {
                user_id: USER,
                connections: whole("How many."),
                since: at("Since when."),
              }),
            ),
            ...TOTAL,
          }, REST),
        },
      },
    },
    "GET /live/conversations": {
      id: "countConversations",
      tag: "operations",
      summary: "Count conversations",
      answers: {
        200: {
          description: "How many there are of each kind.",
          json: object("Counts.", {
            conversations: list(
              "By their kinds.",
              object("A kind.", {
                kind: oneOf("The kind.", ["private", "group"]),
                count: whole("How many."),
              }),
            ),
          }),
        },
      },
    },
    "GET /audit": {
      id: "listAudit",
      tag: "operations",
      summary: "Show what was managed, and by whom",
      description: "To a key of the default site, of all sites.",
      query: {
        limit: PAGE["limit"]!,
        before: may(text("The `next` of the page before.")),
        site: may(text("Records of this site alone.")),
      },
      answers: {
        200: {
          description: "A part of it, the newest first.",
          json: object("Records.", { records: list("One part.", AUDIT_RECORD) }, { next: NEXT }),
        },
      },
    },
    "GET /hooks": {
      id: "listHooks",
      tag: "operations",
      summary: "Show the endpoints that are told what happens",
      answers: {
        200: {
          description: "All of them.",
          json: object("Endpoints.", { hooks: list("All of them.", HOOK) }, { missing: MISSING }),
        },
      },
    },
    "GET /dead-letters": {
      id: "listDeadLetters",
      tag: "operations",
      summary: "Show what was refused or given up, and no sender was told of",
      query: {
        source: may(oneOf("Where it came from, or was to go.", SOURCES), "stream"),
        limit: PAGE["limit"]!,
        before: may(text("The `next` of the page before.")),
      },
      answers: {
        200: {
          description: "The newest first.",
          json: object("Dead letters.", {
            dead_letters: list(
              "One part.",
              object("A dead letter.", {
                id: text("Its id."),
                source: oneOf("Where it came from, or was to go.", SOURCES),
                at: number("When. In Unix seconds."),
                reason: text("Why.", { min: 0 }),
                payload: any("What came, or was to be told."),
              }),
            ),
          }, { next: NEXT }),
        },
      },
    },
    "POST /dead-letters/:source/:id/resend": {
      id: "resendDeadLetter",
      tag: "operations",
      summary: "Take a dead letter once more, as if it had just come",
      path: OF_LETTER,
      answers: {
        202: {
          description: "It is taken, or is told again.",
          json: object("A dead letter.", {
            id: text("Its id."),
            source: oneOf("Its source.", SOURCES),
          }),
        },
      },
    },
    "DELETE /dead-letters/:source/:id": {
      id: "deleteDeadLetter",
      tag: "operations",
      summary: "Delete a dead letter",
      path: OF_LETTER,
      answers: { 204: { description: "There is no such dead letter." } },
    },
    "GET /scheduled": {
      id: "listScheduled",
      tag: "notifications",
      summary: "List notifications that wait for their time",
      query: {
        user_id: may(USER),
        limit: PAGE["limit"]!,
        after: may(text("The `next` of the page before.")),
      },
      answers: {
        200: {
          description: "Those that come first.",
          json: object("Notifications.", {
            scheduled: list(
              "One part.",
              object("A notification.", {
                id: text("Its id."),
                user_id: USER,
                deliver_at: at("When it comes."),
              }, {
                title: text("Its title."),
                snoozed: flag("Whether its user has put it off."),
              }),
            ),
          }, { next: NEXT }),
        },
      },
    },
    "GET /notifications/:id/timeline": {
      id: "getTimeline",
      tag: "notifications",
      summary: "Show every step of a notification, and why it did not go on",
      path: { id: must(text("The notification's id."), "order-12345") },
      query: { user_id: may(USER) },
      answers: {
        200: {
          description: "What became of it.",
          json: object("A timeline.", {
            id: text("The notification's id."),
            user_id: USER,
            steps: list(
              "In their order.",
              object("A step.", {
                step: oneOf("What happened.", STEPS),
                at: number("When, in Unix seconds."),
              }, {
                node: text("At which node."),
                connection: text("At which connection."),
                device: text("At which device."),
                way: text("How, or which action."),
                why_not: text("Why it did not go on."),
              }),
            ),
            known_since: number("Since when it is known at which connections it was."),
          }, { missing: MISSING }),
        },
      },
    },
    "GET /watch": {
      id: "watch",
      tag: "operations",
      summary: "Stream what happens: nodes, log, audit log, frames of one user or room",
      description: "Events of Server-Sent Events: `nodes`, `log`, `audit`, `trace` and `lost`.",
      query: {
        streams: must(text("`nodes`, `log`, `audit`, `trace`, with commas between."), "audit"),
        ...LOG_QUERY,
        user: may(text("Whose frames are traced.")),
        room: may(text("The room whose frames are traced.")),
        texts: may(oneOf("Whether their texts are shown.", ["1", "0"])),
      },
      answers: {
        200: {
          description: "The events, which do not end.",
          others: { "text/event-stream": text("Each has a name, and JSON.") },
        },
      },
      errors: ["too_many_watchers"],
    },
    "GET /log": {
      id: "listLog",
      tag: "operations",
      summary: "Show the last lines of the nodes' logs",
      query: {
        limit: PAGE["limit"]!,
        ...LOG_QUERY,
        node: may(text("Of this node alone.")),
      },
      answers: {
        200: {
          description: "The newest first.",
          json: object("Lines.", { lines: list("The last ones.", LOG_LINE) }, { missing: MISSING }),
        },
      },
    },
    "GET /log/levels": {
      id: "getLogLevels",
      tag: "operations",
      summary: "Show from which level on categories are logged",
      answers: { 200: { description: "The levels.", json: LOG_LEVELS } },
    },
    "PUT /log/levels": {
      id: "setLogLevels",
      tag: "operations",
      summary: "Set from which level on categories are logged, on all nodes",
      body: {
        isForm: false,
        fields: named(
          "NewLogLevels",
          object("The levels; what was set before counts no more.", { levels: LEVELS_OF }),
        ),
        isRequired: true,
        examples: { "One category": { levels: { "notifyli.push": "debug" } } },
      },
      answers: { 200: { description: "The levels as they are now.", json: LOG_LEVELS } },
    },
    "GET /settings": {
      id: "listSettings",
      tag: "operations",
      summary: "Show the settings in force on the node that answers",
      answers: {
        200: {
          description: "All settings, without secrets.",
          json: object("Settings.", {
            settings: list("All of them.", SETTING),
            node: text("The node that answers."),
          }),
        },
      },
    },
    "GET /users/:user": {
      id: "getUser",
      tag: "users",
      summary: "Show what is known of a user: connections, inbox, devices, refusals",
      path: ofUser,
      answers: { 200: { description: "The user.", json: LIVE_USER } },
    },
    "DELETE /connections/:id": {
      id: "closeConnection",
      tag: "users",
      summary: "Close one connection; its client may come back",
      path: { id: must(text("The connection's id."), "3f2a81c09d4e5b67") },
      answers: { 204: { description: "There is no such connection." } },
    },
  };
}
