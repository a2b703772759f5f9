/**
 * Where a browser says that the push service has given it another subscription in place of its last one. No page of it may be open,
 * so nobody is signed in: it shows the last subscription, whose secrets only this browser and the server know.
 */
import { type Context, Hono } from "hono";
import { CodedError } from "../base/errors.ts";
import { parseObject } from "../base/fields.ts";
import { ignoredOf } from "../base/ignored.ts";
import type { App, Bindings } from "../http/bindings.ts";
import { readBody } from "../http/body.ts";
import type { Devices } from "./devices.ts";

/** Two subscriptions, of which each has a token's 4,096 characters at the most. */
const BODY_BYTES = 16_384;
const BODY_SECONDS = 30;

const FIELDS = { old: true, token: true } as const;

/** The worker may be of a site that only shows notifications from here; nothing is told to it but that it was done. */
const TO_ALL = { "Access-Control-Allow-Origin": "*" };

export function renewal(devices: Pick<Devices, "renew">): App {
  const app: App = new Hono();
  app.use("/:device", async (context, next) => {
    await next();
    for (const [name, value] of Object.entries(TO_ALL)) context.header(name, value);
  });
  app.options("/:device", (context) => {
    context.header("Access-Control-Allow-Methods", "POST");
    context.header("Access-Control-Allow-Headers", "content-type");
    return context.body(null, 204);
  });
  app.post("/:device", async (context) => {
    const fields = await fieldsOf(context);
    const { old, token } = fields;
    const id = context.req.param("device");
    if (await devices.renew({ id, old, token })) {
      return context.json({ id, ...ignoredOf(fields, FIELDS) });
    }
    throw new CodedError("not_found", "There is no such device, or its subscription is another");
  });
  return app;
}

async function fieldsOf({ req, env }: Context<{ Bindings: Bindings }>) {
  return parseObject(await readBody(req.raw, BODY_BYTES, BODY_SECONDS, env.peer), "body");
}
