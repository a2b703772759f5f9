/** The route that shows what was managed. */
import { DEFAULT_SITE } from "../../base/site.ts";
import { pageSize } from "../../core/command_fields.ts";
import { cursorField, cursorOnWire, pageFields } from "../../http/list_page.ts";
import type { Route } from "../../http/route.ts";
import type { AuditLog, KeptRecord } from "./audit_log.ts";

export function auditRoutes(audit: AuditLog): readonly Route[] {
  return [{
    method: "GET",
    path: "/audit",
    scope: "manage",
    async run(call) {
      const limit = pageSize(pageFields(call));
      const place = cursorField({ cursor: call.query("before") });
      const named = call.namedSite;
      // The whole server is one operator's, whose keys are of the default site.
      const site = call.site === DEFAULT_SITE ? named : call.managedSite({ site: named });
      const before = place && { at: place.at, id: place.name };
      const found = await audit.list({ site, limit: limit + 1, before });
      const shown = found.slice(0, limit);
      const last = shown.at(-1);
      const hasMore = found.length > limit && last !== undefined;
      const next = hasMore ? { next: cursorOnWire({ at: last.at, name: last.id }) } : {};
      return { status: 200, json: { records: shown.map(recordOnWire), ...next } };
    },
  }];
}

export function recordOnWire({ at, ...record }: KeptRecord): object {
  return { ...record, at: at / 1000 };
}
