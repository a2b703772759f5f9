/** The routes of the nodes' logs. */
import { invalid } from "../../base/fields.ts";
import { onlyFields } from "../../base/only_fields.ts";
import { isRequestId } from "../../base/request_id.ts";
import { pageSize } from "../../core/command_fields.ts";
import { pageFields } from "../../http/list_page.ts";
import type { Call } from "../../http/call.ts";
import type { Route } from "../../http/route.ts";
import { PROGRAM_LOG } from "../../log/logging.ts";
import type { LogFilter } from "../../log/tail.ts";
import { requireWholeServer } from "../whole_server.ts";
import { levelField, levelsField, type Logs } from "./log.ts";

export function logRoutes(logs: Logs): readonly Route[] {
  return [
    {
      method: "GET",
      path: "/log",
      scope: "manage",
      async run(call) {
        requireWholeServer(call, "the log");
        const limit = pageSize({ limit: pageFields(call)["limit"] });
        const { lines, missing } = await logs.last(filterOf(call), limit, call.query("node"));
        return { status: 200, json: { lines, ...(missing.length > 0 && { missing }) } };
      },
    },
    {
      method: "GET",
      path: "/log/levels",
      scope: "manage",
      run(call) {
        requireWholeServer(call, "the log");
        return { status: 200, json: { levels: logs.levels, usual: PROGRAM_LOG.usual } };
      },
    },
    {
      method: "PUT",
      path: "/log/levels",
      scope: "manage",
      async run(call) {
        requireWholeServer(call, "the log");
        const levels = levelsField(onlyFields(await call.fields(), ["levels"]));
        const missing = await logs.setLevels(levels);
        const target = Object.entries(levels).map(([name, level]) => `${name} ${level}`).join(", ");
        call.audit.did(call.actor, {
          ...{ action: "log.levels", did: "set the levels of the log to", site: call.site },
          target: target || "the usual",
        });
        return {
          status: 200,
          json: {
            ...{ levels: logs.levels, usual: PROGRAM_LOG.usual },
            ...(missing.length > 0 && { missing }),
          },
        };
      },
    },
  ];
}

/** Which lines the query asks for. */
export function filterOf(call: Pick<Call, "query">): LogFilter {
  const level = call.query("level");
  const category = call.query("category");
  if (category !== undefined && !/^[\w.]{1,200}$/.test(category)) {
    throw invalid("category", category, "a category such as notifyli.push");
  }
  const request = call.query("request");
  if (request !== undefined && !isRequestId(request)) {
    throw invalid("request", request, "the id of a request: 8 to 64 of A-Z a-z 0-9 _ -");
  }
  return { level: level === undefined ? undefined : levelField(level), category, request };
}
