/** `GET /metrics` of the server itself, for holders of a key that reads, and for this machine while there is no key. */
import { Hono } from "hono";
import { CodedError } from "../base/errors.ts";
import { DEFAULT_SITE } from "../base/site.ts";

import type { ApiApp, ApiEnv } from "../http/api_context.ts";
import type { App } from "../http/bindings.ts";
import type { Calls } from "../http/calls.ts";
import { CONTENT_TYPE } from "./exposition.ts";
import type { Scrape } from "./scrape.ts";

/** What it answers with: figures that are old by the next look. */
export const HEADERS: Readonly<Record<string, string>> = {
  "content-type": CONTENT_TYPE,
  "cache-control": "no-store",
};

export function metricsRoutes(scrape: Scrape, calls: Calls): App {
  const routes: ApiApp = new Hono<ApiEnv>();
  routes.get("/", calls.identify, async (context) => {
    const { site } = calls.open(context, { scope: "read" });
    if (site !== DEFAULT_SITE) {
      throw new CodedError("forbidden", "Cannot show the metrics of all sites to one of them");
    }
    return context.body(await scrape.read(), 200, HEADERS);
  });
  return routes as unknown as App;
}
