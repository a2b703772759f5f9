/** Reads the addresses in notifications. Clients follow them, so what could run in a page is refused. */
import { type Fields, invalid } from "../../base/fields.ts";
import { isMissing } from "./kinds.ts";

/** Most UTF-16 units of an address. */
export const LINK = 2000;

/** What a tap may open beside pages. */
const OPENED = new Set(["http:", "https:", "mailto:", "tel:"]);

const FETCHED = new Set(["http:", "https:"]);

const OPENED_ALLOWED =
  `an address with http, https, mailto or tel, or a path such as /orders/7, of at most ${LINK} characters`;
const FETCHED_ALLOWED = `an address with http or https, of at most ${LINK} characters`;

/** An address that opens when it is tapped, or a path on the page's own server. */
export function linkField(fields: Fields, field: string): string | undefined {
  const value = fields[field];
  if (isMissing(value)) return undefined;
  const link = typeof value === "string" ? value.trim() : "";
  if (isPath(link) || isAddress(link, OPENED)) return link;
  throw invalid(field, value, OPENED_ALLOWED);
}

/** An address that a program asks. */
export function addressOf(field: string, value: unknown): string {
  const link = typeof value === "string" ? value.trim() : "";
  if (isAddress(link, FETCHED)) return link;
  throw invalid(field, value, FETCHED_ALLOWED);
}

/** Two slashes, or one of each kind, would lead to another server. */
function isPath(link: string): boolean {
  return link.length <= LINK && /^\/(?![/\\])[^\s\p{Cc}]*$/u.test(link);
}

function isAddress(link: string, schemes: ReadonlySet<string>): boolean {
  if (link.length > LINK || /[\s\p{Cc}]/u.test(link)) return false;
  const url = URL.parse(link);
  return url !== null && schemes.has(url.protocol) &&
    (url.hostname !== "" || !FETCHED.has(url.protocol));
}
