/** What the routes are to their callers that are of no capability: health, counters, and what is kept of a user. */
import { any, flag, map, named, object, text, whole } from "../../base/schema.ts";
import type { Limits } from "../../base/sizes.ts";
import { JSON_LINES } from "../lines.ts";
import type { Abouts, MountAbout } from "./about.ts";
import { kit, SITE_QUERY } from "./kit.ts";

export const STATS_API: Abouts = {
  "GET /stats": {
    id: "getStats",
    tag: "operations",
    summary: "Show what this node counts and measures",
    answers: {
      200: {
        description: "Figures by their names, as docs/limits.md explains them.",
        json: map("Figures.", { type: "number" }),
      },
    },
  },
};

export function userDataApi(limits: Limits): Abouts {
  const { ofUser } = kit(limits);
  return {
    "GET /users/:user/data": {
      id: "exportUser",
      tag: "users",
      summary: "Export all that is kept of a user",
      path: ofUser,
      query: SITE_QUERY,
      answers: {
        200: {
          description: "A line of JSON for each thing; the last one says how many there were.",
          others: {
            [JSON_LINES]: object("One line.", { type: text("A noun, such as `contact`.") }),
          },
        },
      },
    },
    "DELETE /users/:user/data": {
      id: "eraseUser",
      tag: "users",
      summary: "Erase all that is kept of a user",
      path: ofUser,
      query: SITE_QUERY,
      answers: {
        200: { description: "Nothing is left.", json: ERASED },
        202: { description: "There is more: call it again.", json: ERASED },
      },
    },
  };
}

const ERASED = named(
  "Erased",
  object("What this call has erased.", {
    erased: map("How many of each noun.", whole("So many.")),
    done: flag("Whether nothing is left."),
  }),
);

const PLAIN = { "text/plain": text("A text.") };
const READY = named(
  "Readiness",
  object("Whether this node can do its work.", { ready: flag("Whether it can.") }, {
    reason: text("Why it cannot."),
  }),
);

/** What the server itself answers beside its API. */
export const SERVER_API: readonly MountAbout[] = [
  {
    method: "GET",
    path: "/healthz",
    access: "anybody",
    about: {
      id: "getHealth",
      tag: "operations",
      summary: "Ask whether the process runs",
      answers: { 200: { description: "It runs.", others: PLAIN } },
    },
  },
  {
    method: "GET",
    path: "/readyz",
    access: "anybody",
    about: {
      id: "getReadiness",
      tag: "operations",
      summary: "Ask whether this node can do its work, as balancers do",
      answers: {
        200: { description: "It can.", json: READY },
        503: { description: "It cannot.", json: READY },
      },
    },
  },
  {
    method: "GET",
    path: "/config.json",
    access: "anybody",
    about: {
      id: "getPageConfig",
      tag: "operations",
      summary: "Show what pages have to know before they connect",
      answers: {
        200: {
          description: "It.",
          json: object("What pages know.", {
            version: text("Of the server."),
            keepalive_seconds: whole("How often a connection is looked after."),
            open: flag("Whether clients need no proof of who they are."),
          }, {
            files: any("What files may be."),
            push_key: text("The key with which browsers subscribe."),
            bot_room: text("The room that the page enters first.", { min: 0 }),
            message_channel: text("On which channel of Redis the server hears.", { min: 0 }),
          }),
        },
      },
    },
  },
  {
    method: "GET",
    path: "/ws",
    access: "anybody",
    about: {
      id: "openWebSocket",
      tag: "streams",
      summary: "Open a WebSocket, which `/asyncapi.json` describes",
      answers: {},
      errors: ["upgrade_required"],
    },
  },
  {
    method: "GET",
    path: "/openapi.json",
    access: "anybody",
    about: {
      id: "getOpenApi",
      tag: "operations",
      summary: "Show this description",
      answers: { 200: { description: "OpenAPI 3.1.", json: object("A description.", {}) } },
    },
  },
  {
    method: "GET",
    path: "/asyncapi.json",
    access: "anybody",
    about: {
      id: "getAsyncApi",
      tag: "streams",
      summary: "Show the description of the sockets",
      answers: { 200: { description: "AsyncAPI 3.0.", json: object("A description.", {}) } },
    },
  },
];
