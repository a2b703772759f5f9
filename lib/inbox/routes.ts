/**
 * The routes that send a notification, say what became of it, take it back, and put it off or away for its user. `notification.ts` reads the fields. Next on
 * a message's way: `notify.ts`.
 */
import { CodedError } from "../base/errors.ts";
import { type Fields, namesUser, type UserId, userIdField, userIdOnWire } from "../base/fields.ts";
import type { WithIgnored } from "../base/ignored.ts";
import type { Limits } from "../base/sizes.ts";
import { inSeconds, unixSeconds } from "../base/times.ts";
import { pageSize } from "../core/command_fields.ts";
import { withBeside } from "../http/beside_body.ts";
import type { Call } from "../http/call.ts";
import { cursorField, cursorOnWire, pageFields } from "../http/list_page.ts";
import type { HttpAnswer, Route } from "../http/route.ts";
import { PublishLimit } from "../limits/publish_limit.ts";
import type { Rates } from "../limits/settings.ts";
import type { Edited, Editor } from "./editor.ts";
import { isMissing } from "./details/kinds.ts";
import type { InboxService } from "./inbox.ts";
import type { Notifier, NotifyResult } from "./notify.ts";
import {
  isBroadcast,
  mostBytes,
  type ParsedBroadcast,
  parseSending,
} from "./broadcasts/audience.ts";
import type { Broadcasts } from "./broadcasts/broadcasts.ts";
import type { Timing } from "./timing/timing.ts";
import type { Outcome } from "./timing/types.ts";
import { type ParsedNotification, parseNotification } from "./notification.ts";
import { ignoredInPatch, ignoredInSending } from "./ignored.ts";
import { parsePatch } from "./patch.ts";
import { contentIn } from "./store/kept.ts";
import type { Snoozed } from "./store/store.ts";
import { contentOnWire } from "./user_data.ts";
import { saidBeside } from "./said_beside.ts";
import { untilField, type ZoneOf } from "./until.ts";

export interface InboxServices {
  readonly inbox: InboxService;
  readonly editor: Editor;
  readonly notifier: Notifier;
  readonly broadcasts: Broadcasts;
  readonly timing: Timing;
}

/** The part of the configuration that the routes need. */
export interface InboxRoutesConfig {
  readonly zoneOf: ZoneOf;
  readonly limits: Limits;
  readonly rates: Pick<Rates, "publishes">;
  readonly inbox: { readonly defaultRoom: string; readonly recipients: number };
}

const ARCHIVE = "/users/:user/notifications/:id/archive";
const SNOOZE = "/users/:user/notifications/:id/snooze";

export function inboxRoutes(
  { inbox, editor, notifier, broadcasts, timing }: InboxServices,
  { limits, rates, zoneOf, inbox: { defaultRoom, recipients } }: InboxRoutesConfig,
): readonly Route[] {
  const context = { limits, defaultRoom, recipients };
  const publishing = new PublishLimit(rates);

  return [
    ...sent("/notifications", async (call) => {
      const fields = withBeside(
        await call.fieldsWithList("user_ids", mostBytes(context)),
        { ...saidBeside(call), ...call.ownId },
      );
      const sending = parseSending(fields, context);
      const answer = isBroadcast(sending)
        ? await sendToMany(call, sending)
        : await send(call, sending);
      return naming(answer, ignoredInSending(call, fields));
    }),
    {
      method: "GET",
      path: "/notifications/:id",
      scope: "read",
      async run(call) {
        const id = call.param("id");
        const user = userNamed(call);
        const progress = user === undefined && await broadcasts.progress(call.site, id);
        if (progress) return { status: 200, json: progress };
        const receipt = await inbox.receipt(call.site, id, user);
        const outcome = receipt === undefined
          ? await timing.outcome(call.site, id, user)
          : undefined;
        const known = receipt ?? (outcome && outcomeOnWire(outcome));
        if (known !== undefined) {
          const pushed = await timing.pushing.receipts(call.site, id, user);
          return { status: 200, json: { ...known, ...pushed } };
        }
        const coming = user && await broadcasts.coming(call.site, id, user);
        if (coming) return { status: 200, json: coming };
        throw unknownNotification(id);
      },
    },
    {
      method: "PATCH",
      path: "/notifications/:id",
      scope: "publish",
      async run(call) {
        const id = call.param("id");
        const named = given("user_id", call.query("user_id"));
        const fields = withBeside(await fieldsOrText(call), named);
        const zone = isMissing(fields["deliver_at"])
          ? "UTC"
          : await receiversZone(call.site, id, fields);
        const patch = parsePatch(id, fields, { limits, defaultRoom, zone });
        const ignored = ignoredInPatch(call, fields);
        publishing.limitPublish(call.rateKey);
        // Without a user, one for many is changed for all of them.
        const at = patch.user === undefined
          ? await broadcasts.edit(call.site, id, patch)
          : undefined;
        if (at !== undefined) {
          return { status: 202, json: { id, state: "editing", edited_at: at, ...ignored } };
        }
        const edited = await editor.edit(call.site, id, patch);
        if (edited !== undefined) {
          return { status: 200, json: { ...editedOnWire(id, edited), ...ignored } };
        }
        throw unknownNotification(id);
      },
    },
    {
      method: "DELETE",
      path: "/notifications/:id",
      scope: "publish",
      async run(call) {
        const id = call.param("id");
        const user = userNamed(call);
        const of = user === undefined ? "" : ` of user ${user}`;
        const target = `notification ${id}${of}`;
        const note = () => noteByHand(call, { verb: "withdraw", did: "took back", target });
        // Without a user, one for many is taken back from all of them.
        if (user === undefined && await broadcasts.withdraw(call.site, id)) {
          note();
          return { status: 202, json: { id, state: "withdrawing" } };
        }
        const isGone = user === undefined
          ? await inbox.withdraw(call.site, id)
          : await inbox.withdrawFrom(call.site, user, id);
        if (!isGone && !await timing.withdraw(call.site, id, user)) throw unknownNotification(id);
        note();
        return { status: 204 };
      },
    },
    {
      method: "GET",
      path: "/users/:user/notifications/snoozed",
      scope: "read",
      users: true,
      async run(call) {
        const { site, user } = userOf(call);
        const fields = pageFields(call);
        const options = { limit: pageSize(fields), after: cursorField(fields) };
        const { notifications, next } = await inbox.snoozed(site, user, options);
        return {
          status: 200,
          json: {
            notifications: notifications.map(snoozedOnWire),
            ...(next && { next: cursorOnWire(next) }),
          },
        };
      },
    },
    {
      method: "PUT",
      path: SNOOZE,
      scope: "publish",
      users: true,
      async run(call) {
        const { site, user } = userOf(call);
        const id = call.param("id");
        const asked = given("until", call.query("until"));
        const until = untilField(
          { ...asked, ...await call.fieldsIfAny() },
          await zoneOf(site, user),
        );
        await inbox.snooze(site, user, [id], until);
        return { status: 200, json: await snoozedReceipt(site, user, id) };
      },
    },
    {
      method: "DELETE",
      path: SNOOZE,
      scope: "publish",
      users: true,
      async run(call) {
        const { site, user } = userOf(call);
        await inbox.unsnooze(site, user, [call.param("id")]);
        return { status: 204 };
      },
    },
    {
      method: "PUT",
      path: ARCHIVE,
      scope: "publish",
      users: true,
      async run(call) {
        const { site, user } = userOf(call);
        const id = call.param("id");
        const { state } = await inbox.receipt(site, id, user) ?? {};
        if (state === undefined || state === "scheduled" || state === "snoozed") {
          throw unknownNotification(id);
        }
        await inbox.change(site, user, "archive", [id]);
        return { status: 204 };
      },
    },
    {
      method: "DELETE",
      path: ARCHIVE,
      scope: "publish",
      users: true,
      async run(call) {
        const { site, user } = userOf(call);
        await inbox.change(site, user, "unarchive", [call.param("id")]);
        return { status: 204 };
      },
    },
    ...sent("/users/:user/notifications", async (call) => {
      const user = call.param("user");
      const fields = { ...withBeside(await fieldsOrText(call), call.ownId), user_id: user };
      const parsed = parseNotification(fields, { limits, defaultRoom: `/user/${user}` });
      return naming(await send(call, parsed), ignoredInSending(call, fields));
    }),
  ];

  /** The user of the query, whose notification is meant. */
  function userNamed(call: Call): UserId | undefined {
    const named = call.query("user_id");
    return named === undefined ? undefined : userIdField({ user_id: named }, limits);
  }

  /** The zone of the clock of the notification's user. */
  async function receiversZone(site: string, id: string, fields: Fields): Promise<string> {
    return await editor.zoneOf(
      site,
      id,
      namesUser(fields) ? userIdField(fields, limits) : undefined,
    );
  }

  /** The user of the path: the one who calls, or any where an application does. */
  function userOf(call: Call): { readonly site: string; readonly user: UserId } {
    return call.actingUser({ user_id: call.param("user") });
  }

  async function snoozedReceipt(site: string, user: UserId, id: string): Promise<object> {
    const receipt = await inbox.receipt(site, id, user);
    if (receipt?.state !== "snoozed") throw unknownNotification(id);
    const { deliver_at, ...shown } = receipt;
    return { ...shown, user_id: userIdOnWire(user), snoozed_until: deliver_at };
  }

  async function send(call: Call, notification: ParsedNotification): Promise<HttpAnswer> {
    publishing.limitPublish(call.rateKey);
    const request = { site: call.site, ...notification, asksOnline: true };
    const taken = await notifier.notify(request);
    const target = `notification ${taken.id} to user ${notification.user}`;
    noteByHand(call, { verb: "send", did: "sent", target });
    return takenAnswer(notification, taken);
  }

  async function sendToMany(call: Call, broadcast: ParsedBroadcast): Promise<HttpAnswer> {
    publishing.limitPublish(call.rateKey);
    const accepted = await broadcasts.accept({ site: call.site, ...broadcast });
    const { id, recipients, isDuplicate } = accepted;
    noteByHand(call, { verb: "send", did: "sent", target: `notification ${id} to many` });
    return { status: isDuplicate ? 200 : 202, json: { id, recipients } };
  }
}

/** An answer that says what was ignored. */
function naming(answer: HttpAnswer, ignored: WithIgnored): HttpAnswer {
  return "json" in answer ? { ...answer, json: { ...answer.json, ...ignored } } : answer;
}

function editedOnWire(id: string, { user, kept, deliverAt }: Edited): object {
  return {
    ...{ id, user_id: userIdOnWire(user), room: kept.room },
    ...(deliverAt === undefined
      ? { edited_at: kept.details?.["edited_at"] ?? unixSeconds() }
      : { deliver_at: inSeconds(deliverAt) }),
  };
}

function snoozedOnWire(snoozed: Snoozed): object {
  const { id, room, deliverAt } = snoozed;
  const shown = { id, room, ...contentOnWire(contentIn(snoozed)) };
  return { ...shown, state: "snoozed", snoozed_until: inSeconds(deliverAt) };
}

function outcomeOnWire({ id, state, why, digest, at }: Outcome): object {
  return { id, state, why, ...(digest !== undefined && { digest }), at: inSeconds(at) };
}

function takenAnswer(
  { user, room }: ParsedNotification,
  { id, online, isDuplicate, deliverAt, held }: NotifyResult,
): HttpAnswer {
  const json = { id, user_id: userIdOnWire(user), room };
  if (held !== undefined) return { status: isDuplicate ? 200 : 202, json: { ...json, ...held } };
  return {
    status: isDuplicate ? 200 : 201, // a duplicate gets the answer of the first time, but nothing was created
    // Who is online now says nothing of a notification that is delivered later.
    json: deliverAt === undefined ? { ...json, online } : { ...json, deliver_at: deliverAt },
  };
}

/** A route that sends a notification: by POST, or by PUT, as `curl -T` and other programs with a text to send do. */
function sent(path: Route["path"], run: Route["run"]): Route[] {
  return (["POST", "PUT"] as const).map((method) => ({ method, path, scope: "publish", run }));
}

/** Reads fields where the body has some; else the whole body is the message, as `curl -d` sends it. */
async function fieldsOrText(call: Call): Promise<Fields> {
  return withBeside(await call.fieldsOr("message"), saidBeside(call));
}

/** What programs send and take back is in no audit log; what somebody does by hand is. */
function noteByHand(
  call: Call,
  { verb, did, target }: {
    readonly verb: "send" | "withdraw";
    readonly did: string;
    readonly target: string;
  },
): void {
  if (!call.isByHand) return;
  call.audit.did(call.actor, { action: `notification.${verb}`, did, target, site: call.site });
}

function given(name: string, value: string | undefined): Fields {
  return value === undefined ? {} : { [name]: value };
}

function unknownNotification(id: string): CodedError {
  return new CodedError("not_found", `There is no notification ${JSON.stringify(id)}`);
}
