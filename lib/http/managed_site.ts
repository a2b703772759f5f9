/** Whose keys, tokens and users a call of the API is about. */
import { siteField } from "../auth/keys/fields.ts";
import type { Audit } from "../auth/audit.ts";
import { CodedError } from "../base/errors.ts";
import type { Fields } from "../base/fields.ts";
import { actionOf, actorOf, type ApiContext, isOperator } from "./caller.ts";

/**
 * The site that the fields name, else the caller's own. Who names another is told so, and nothing is done to the wrong
 * one; the operator may name any.
 */
export function managedSite(context: ApiContext, fields: Fields, audit: Audit): string {
  const caller = context.get("caller");
  const site = siteField({ site: fields["site"] ?? caller.site });
  if (site === caller.site || isOperator(caller)) return site;
  const { who, address = "" } = actorOf(context);
  const reason = `the API key ${who} is of site ${caller.site}, not of ${site}`;
  audit.refused({ who, address, action: actionOf(context), reason });
  throw new CodedError("forbidden", `Cannot do this: ${reason}`);
}
