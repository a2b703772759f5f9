/**
 * By which a device answers to what it shows, without signing in: it reads the whole text, marks it read, archives it, or does one of
 * its actions. Whoever has the address may do that, of this notification alone.
 */
import { Hono } from "hono";
import { CodedError } from "../base/errors.ts";
import { ignoredOf } from "../base/ignored.ts";
import { type Fields, identifier, invalid } from "../base/fields.ts";
import type { Revocations } from "../auth/revocations/revocations.ts";
import type { Content } from "../core/publication.ts";
import type { Database } from "../engines/database/database.ts";
import type { App } from "../http/bindings.ts";
import { readBytes } from "../http/body.ts";
import { Body, fieldsOf } from "../http/body_fields.ts";
import { actOnWire, type Acts } from "../inbox/acts/acts.ts";
import type { InboxService } from "../inbox/inbox.ts";
import type { AnswerLinks } from "./answer_links.ts";
import type { Devices } from "./devices.ts";
import { wordsOf } from "../sdk/view/markdown.ts";
import { wasSeen } from "./seen.ts";
import { findSend, noteAnswered, type Send, type SendKey } from "./store.ts";

/** Most bytes of an answer, which has a text of 1,000 characters at most, and how long it may take. */
const MOST_BYTES = 16_384;
const BODY_SECONDS = 10;

const FIELDS = { do: true, action: true, text: true } as const;

/** Most characters of the id of an action. */
const ACTION = 64;

interface AnswerParts {
  readonly database: Database;
  readonly answers: AnswerLinks;
  readonly devices: Devices;
  readonly inbox: Pick<InboxService, "find" | "unread" | "change">;
  readonly acts: Acts;
  readonly revocations: Pick<Revocations, "refusal" | "blockOf" | "isLoaded">;
  now(): number;
}

export function answerApp(parts: AnswerParts): App {
  const app: App = new Hono();
  // Service workers of any page that has the address may answer: it is the right to do so.
  app.use("/:token", async (context, next) => {
    context.header("Access-Control-Allow-Origin", "*");
    context.header("Cache-Control", "no-store");
    context.header("Referrer-Policy", "no-referrer");
    if (context.req.method !== "OPTIONS") return await next();
    context.header("Access-Control-Allow-Methods", "GET, POST");
    context.header("Access-Control-Allow-Headers", "content-type");
    context.header("Access-Control-Max-Age", "86400");
    return context.body(null, 204);
  });
  app.get("/:token", async (context) => {
    const send = await sendOf(parts, context.req.param("token"));
    return context.json(await shownOf(parts, send));
  });
  app.post("/:token", async (context) => {
    const send = await sendOf(parts, context.req.param("token"));
    const bytes = await readBytes(context.req.raw, MOST_BYTES, BODY_SECONDS, context.env.peer);
    const fields = await fieldsOf(new Body(bytes, context.req.header("content-type")));
    const answer = await done(parts, send, fields);
    return context.json({ ...answer, ...ignoredOf(fields, FIELDS) });
  });
  return app;
}

/** What an address is of. Rejects with `not_found` where it is of nothing any more: also where its device was removed. */
async function sendOf(
  { answers, database, devices, revocations, now }: AnswerParts,
  token: string,
): Promise<Send> {
  const key = await answers.read(token, now());
  const { site, user, device: id } = key;
  if (!revocations.isLoaded) {
    throw new CodedError("unavailable", "It is not known yet which sessions were revoked");
  }
  const [send, device] = [
    await database.transaction(() => findSend(key)),
    await devices.find(site, id),
  ];
  const isTheirs = device?.user === user;
  const isGood = isTheirs && revocations.blockOf(site, user) === undefined &&
    (device.boundTo === undefined || revocations.refusal(device.boundTo) === undefined);
  if (send !== undefined && isGood) return send;
  throw new CodedError("not_found", "This device is not the user's any more");
}

async function shownOf({ inbox }: AnswerParts, send: Send): Promise<object> {
  const { site, user, id, priority } = send;
  const found = send.body === "" ? await inbox.find(site, user, id) : undefined;
  if (found === undefined && send.body === "") throw gone(id);
  const said: Content & { at?: number } = found?.publication ?? JSON.parse(send.body);
  const { message, image, data, tags, from, at, details = {} } = said;
  const { title, kind, url, icon, actions, group, markdown } = details;
  return {
    ...(markdown === true && message !== undefined && { text: wordsOf(message) }),
    ...{ id, title, message, name: from?.name, kind, url, icon, image, actions, group, markdown },
    ...{ data, tags, priority, timestamp: at },
    read: found !== undefined && wasSeen(found) !== undefined,
    unread: await inbox.unread(site, user),
  };
}

async function done(parts: AnswerParts, send: Send, fields: Fields): Promise<object> {
  const { inbox, acts } = parts;
  const { site, user, id } = send;
  const { do: what } = fields;
  switch (what) {
    case "read":
    case "archive": {
      await noteShownNoMore(parts, send);
      const { unread } = await inbox.change(site, user, what, [id]);
      return { id, unread };
    }
    case "act": {
      const action = identifier(fields, "action", ACTION);
      const act = await acts.act({ site, user, id, action, text: fields["text"] });
      await noteShownNoMore(parts, send);
      return { id, ...actOnWire(act), unread: await inbox.unread(site, user) };
    }
    default:
      throw invalid("do", what, "read, archive or act");
  }
}

/** The device itself shows it no more, and needs not be told. */
async function noteShownNoMore({ database }: AnswerParts, key: SendKey): Promise<void> {
  await database.transaction(() => noteAnswered(key));
}

function gone(id: string): CodedError {
  return new CodedError("not_found", `There is no notification ${JSON.stringify(id)} any more`);
}
