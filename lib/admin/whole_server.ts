/** What concerns the whole server is shown to callers of the default site alone. */
import { CodedError } from "../base/errors.ts";
import { DEFAULT_SITE } from "../base/site.ts";
import type { Call } from "../http/call.ts";

/** Throws `forbidden` for a caller of another site. @param what such as "the nodes" */
export function requireWholeServer({ site }: Pick<Call, "site">, what: string): void {
  if (site === DEFAULT_SITE) return;
  throw new CodedError("forbidden", `Cannot show ${what} of all sites to one of them`);
}
