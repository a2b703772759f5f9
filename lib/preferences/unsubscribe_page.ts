/**
 * The page of a link to unsubscribe: it asks with one button, since programs look at the links of mails, and no look may end
 * anything. A mail program ends it with one POST (RFC 8058).
 */
import { createHash } from "node:crypto";
import { type Context, Hono } from "hono";
import { CodedError, ERRORS } from "../base/errors.ts";
import type { App, Bindings } from "../http/bindings.ts";
import { kindOf } from "./decision.ts";
import type { UnsubscribeLinks, Unsubscription } from "./links.ts";
import type { PreferenceCounters } from "./metrics.ts";
import type { Preferences } from "./preferences.ts";
import { EVERY_KIND, type Kind, type Way } from "./types.ts";

export interface UnsubscribeParts {
  readonly preferences: Preferences;
  readonly links: UnsubscribeLinks;
  readonly counters: PreferenceCounters;
}

type PageContext = Context<{ Bindings: Bindings }>;

const WORDS: Readonly<Record<Way, string>> = {
  in_app: "notifications",
  push: "push notifications",
  mail: "mails",
};

const STYLE =
  `body{font:1.1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:15vh auto;padding:0 1rem;
color:#222;background:#fff;overflow-wrap:anywhere}button{font:inherit;padding:.6rem 1.2rem;border:0;
border-radius:.4rem;background:#2457d6;color:#fff;cursor:pointer}
@media(prefers-color-scheme:dark){body{color:#eee;background:#16181d}}`;

/** Nothing but the style of the page is run or loaded, and its form leads nowhere else. */
const POLICY = `default-src 'none'; style-src 'sha256-${
  createHash("sha256").update(STYLE).digest("base64")
}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`;

export function unsubscribePage(parts: UnsubscribeParts): App {
  const app: App = new Hono();
  app.get("/", (context) =>
    answered(context, async () => {
      const asked = await parts.links.read(tokenOf(context));
      const kind = requireChoice(await kindIn(parts, asked));
      return {
        text: `Do you want no more ${what(asked, kind)}?`,
        button: "Unsubscribe",
      };
    }));
  app.post("/", (context) =>
    answered(context, async () => {
      const asked = await parts.links.read(tokenOf(context));
      const kind = requireChoice(await kindIn(parts, asked));
      await end(parts, asked);
      return { text: `You will get no more ${what(asked, kind)}.` };
    }));
  return app;
}

async function end(
  { preferences, counters }: UnsubscribeParts,
  { site, user, of, way }: Unsubscription,
): Promise<void> {
  const choice = { [way]: false };
  await preferences.change(
    { site, user },
    "kind" in of ? { kinds: { [of.kind]: choice } } : { topics: { [of.topic]: choice } },
  );
  counters.unsubscribed.value++;
}

/** What is set for the kind of a link, where it is of a kind. */
async function kindIn(
  { preferences }: UnsubscribeParts,
  { site, of }: Unsubscription,
): Promise<Kind | undefined> {
  return "kind" in of ? kindOf(await preferences.kindsOf(site), of.kind) : undefined;
}

function requireChoice(kind: Kind | undefined): Kind | undefined {
  if (kind?.locked === undefined) return kind;
  throw new CodedError("forbidden", `These cannot be ended: ${kind.locked}`);
}

function what({ of, way }: Unsubscription, kind: Kind | undefined): string {
  if ("topic" in of) return `${WORDS[way]} of “${of.topic}”`;
  if (of.kind === EVERY_KIND) return WORDS[way];
  return `${WORDS[way]} of “${kind?.kind === of.kind && kind.name || of.kind}”`;
}

function tokenOf(context: PageContext): string {
  return context.req.query("token") ?? "";
}

interface Shown {
  readonly text: string;
  readonly button?: string;
}

async function answered(context: PageContext, show: () => Promise<Shown>): Promise<Response> {
  try {
    return page(context, await show(), 200);
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    const { status, temporary } = ERRORS[error.code];
    const text = temporary
      ? "This cannot be done right now. Please try again later."
      : error.message;
    return page(context, { text }, status);
  }
}

function page(context: PageContext, { text, button }: Shown, status: number): Response {
  const form = button === undefined
    ? ""
    : `<form method="post"><button type="submit">${escaped(button)}</button></form>`;
  const html = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Unsubscribe</title>
<meta name="viewport" content="width=device-width"><meta name="robots" content="noindex">
<style>${STYLE}</style></head>
<body><main><h1>Unsubscribe</h1><p>${escaped(text)}</p>${form}</main></body></html>
`;
  return new Response(context.req.method === "HEAD" ? null : html, {
    status,
    headers: {
      "Content-Type": "text/html; charset=utf-8",
      "Cache-Control": "no-store",
      "Content-Security-Policy": POLICY,
      "Referrer-Policy": "no-referrer", // the address is the right to unsubscribe
      "X-Content-Type-Options": "nosniff",
    },
  });
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
