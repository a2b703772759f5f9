/** The route that streams what happens: nodes, log, audit log, and the frames of one user or room. */
import { CodedError } from "../../base/errors.ts";
import { identifier, invalid, shown, userIdField } from "../../base/fields.ts";
import { DEFAULT_SITE } from "../../base/site.ts";
import type { Limits } from "../../base/sizes.ts";
import type { Call } from "../../http/call.ts";
import type { Route } from "../../http/route.ts";
import { filterOf } from "../log/routes.ts";
import { requireWholeServer } from "../whole_server.ts";
import { type Stream, STREAMS, type WatchSpec } from "./spec.ts";
import type { Watches } from "./watches.ts";

export function watchRoutes(watches: Watches, limits: Limits): readonly Route[] {
  return [{
    method: "GET",
    path: "/watch",
    scope: "manage",
    async run(call) {
      const spec = specOf(call, limits);
      if (spec.streams.includes("nodes")) requireWholeServer(call, "the nodes");
      if (spec.streams.includes("log")) requireWholeServer(call, "the log");
      watches.requirePlace();
      const { user, room, texts } = spec.trace;
      if (spec.streams.includes("trace") && texts) {
        const target = user === undefined ? `room ${room}` : `user ${user}`;
        const action = "trace.texts";
        call.audit.did(call.actor, {
          ...{ action, did: "reads the texts of", target, site: spec.site },
        });
      }
      const events = await watches.open(spec, () => call.requireUnrevoked());
      return { status: 200, events };
    },
  }];
}

function specOf(call: Call, limits: Limits): Omit<WatchSpec, "id"> {
  const streams = streamsField(call.query("streams"));
  const [user, room, texts] = ["user", "room", "texts"].map((name) => call.query(name));
  if (streams.includes("trace") && (user === undefined) === (room === undefined)) {
    throw new CodedError("missing_field", "Cannot trace this: give either 'user' or 'room'", {
      field: "user",
    });
  }
  if (texts !== undefined && !["0", "1"].includes(texts)) throw invalid("texts", texts, "1 or 0");
  return {
    ...{ site: call.managedSite({}), isWhole: call.site === DEFAULT_SITE, streams },
    log: filterOf(call),
    trace: {
      user: user === undefined ? undefined : userIdField({ user_id: user }, limits),
      room: room === undefined ? undefined : identifier({ room }, "room", limits.room),
      texts: texts === "1",
    },
  };
}

function streamsField(text: string | undefined): readonly Stream[] {
  const names = (text ?? "").split(",").filter((name) => name !== "");
  const found = STREAMS.filter((stream) => names.includes(stream));
  if (names.length > 0 && found.length === new Set(names).size) return found;
  throw new CodedError(
    text === undefined ? "missing_field" : "invalid_field",
    `Cannot take field 'streams': current value is ${shown(text ?? "")}, allowed are ${
      STREAMS.join(", ")
    }, with commas between`,
    { field: "streams" },
  );
}
