/** Which scope each route of the API needs; a test holds it to the routes there are. */
import type { Scope } from "../base/scope.ts";

export const API_SCOPES: readonly (readonly [method: string, path: string, scope: Scope])[] = [
  ["POST", "/notifications", "publish"],
  ["DELETE", "/notifications/:id", "publish"],
  ["POST", "/users/:user/notifications", "publish"],
  ["GET", "/notifications/:id", "read"],
  ["GET", "/rooms/:room/connections", "read"],
  ["GET", "/rooms/:room/connections/:user", "read"],
  ["GET", "/stats", "read"],
  ["POST", "/users/:user/disconnect", "manage"],
  ["POST", "/users/:user/block", "manage"],
  ["POST", "/users/:user/unblock", "manage"],
  ["GET", "/blocks", "manage"],
  ["POST", "/revocations", "manage"],
  ["GET", "/revocations", "manage"],
  ["POST", "/keys", "manage"],
  ["GET", "/keys", "manage"],
  ["DELETE", "/keys/:id", "manage"],
];
