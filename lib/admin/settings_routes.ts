/** The route that shows which settings are in force on this node. */
import type { SettingInForce } from "../config/in_force.ts";
import type { Route } from "../http/route.ts";
import { requireWholeServer } from "./whole_server.ts";

export function settingsRoutes(
  settings: readonly SettingInForce[],
  node: string,
): readonly Route[] {
  return [{
    method: "GET",
    path: "/settings",
    scope: "manage",
    run(call) {
      requireWholeServer(call, "the settings");
      return { status: 200, json: { settings, node } };
    },
  }];
}
