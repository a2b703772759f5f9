/**
 * The routes of conversations and who is in them, for users and for applications, which say by `user_id` as whom they call.
 * `message_routes.ts` has those of what is said there.
 */
import { CodedError } from "../base/errors.ts";
import type { Fields } from "../base/fields.ts";
import type { Limits } from "../base/sizes.ts";
import { withBeside } from "../http/beside_body.ts";
import type { Call } from "../http/call.ts";
import type { HttpAnswer, Route } from "../http/route.ts";
import { actorIn } from "./actor.ts";
import type { Conversations } from "./conversations.ts";
import { optionalFlag, roleIn, userIn, usersField } from "./field_kinds.ts";
import { changeFields, listFields, openFields, pageFields, seenFields } from "./fields.ts";
import type { ConversationChange } from "./requests.ts";
import { deleted, listAnswer, numberIn, queryOf, reading, writing } from "./route_kit.ts";
import { conversationOnWire, listOnWire, membersOnWire, seenOnWire } from "./wire.ts";

const ONE = "/conversations/:conversation";
const MEMBERS = `${ONE}/members` as const;
const MEMBER = `${MEMBERS}/:user` as const;

export function conversationRoutes(service: Conversations, limits: Limits): readonly Route[] {
  return [
    reading("/conversations", (call) => {
      const request = listFields(queryOf(call, "limit", "cursor", "archived", "since"));
      const actor = actorIn(call, {}, limits);
      return listAnswer(call, request.limit, async (limit) => {
        const list = await service.list(actor, { ...request, limit });
        return [listOnWire(list), list.conversations.length];
      });
    }),
    writing("POST", "/conversations", async (call) => {
      const given = await call.fields();
      const fields = withBeside(given, call.ownId);
      const actor = actorIn(call, fields, limits);
      const opened = await service.open(actor, openFields(fields, limits));
      const json = conversationOnWire(opened.conversation);
      return { status: opened.isCreated ? 201 : 200, json };
    }),
    reading(ONE, async (call) => {
      const id = numberIn(call, "conversation");
      const conversation = await service.get(actorIn(call, {}, limits), id);
      return { status: 200, json: conversationOnWire(conversation) };
    }),
    writing("PATCH", ONE, async (call) => {
      const fields = await call.fields();
      return await change(call, fields, changeFields(fields, limits));
    }),
    writing("DELETE", ONE, (call) => {
      const id = numberIn(call, "conversation");
      const actor = actorIn(call, {}, limits);
      const ends = optionalFlag(queryOf(call, "end"), "end") ?? actor.user === undefined;
      return deleted(ends ? service.end(actor, id) : service.change(actor, id, { leave: true }));
    }),
    reading(MEMBERS, (call) => {
      const id = numberIn(call, "conversation");
      const request = pageFields(queryOf(call, "limit", "cursor"));
      const actor = actorIn(call, {}, limits);
      return listAnswer(call, request.limit, async (limit) => {
        const page = await service.members(actor, id, { ...request, limit });
        return [membersOnWire(page), page.members.length];
      });
    }),
    writing("POST", MEMBERS, async (call) => {
      const fields = await call.fields();
      const add = usersField(fields, "members", limits);
      if (add === undefined) {
        throw new CodedError("missing_field", "Missing field 'members': who is added", {
          field: "members",
        });
      }
      return await change(call, fields, { add });
    }),
    writing("PATCH", MEMBER, async (call) => {
      const fields = await call.fields();
      const roles = { [memberIn(call)]: roleIn(fields["role"], "role") };
      return await change(call, fields, { roles });
    }),
    writing("DELETE", MEMBER, (call) => {
      const id = numberIn(call, "conversation");
      const actor = actorIn(call, {}, limits);
      const user = memberIn(call);
      const leaves = user === actor.user;
      return deleted(service.change(actor, id, leaves ? { leave: true } : { remove: [user] }));
    }),
    writing("POST", `${ONE}/read`, async (call) => {
      const id = numberIn(call, "conversation");
      const fields = await call.fieldsIfAny();
      const seen = await service.seen(actorIn(call, fields, limits), id, seenFields(fields));
      return { status: 200, json: seenOnWire(seen) };
    }),
    writing("POST", `${ONE}/typing`, async (call) => {
      const id = numberIn(call, "conversation");
      const fields = await call.fieldsIfAny();
      const isTyping = optionalFlag(fields, "typing") ?? true;
      await service.typing(actorIn(call, fields, limits), id, isTyping);
      return { status: 204 };
    }),
  ];

  async function change(
    call: Call,
    fields: Fields,
    wanted: ConversationChange,
  ): Promise<HttpAnswer> {
    const id = numberIn(call, "conversation");
    const conversation = await service.change(actorIn(call, fields, limits), id, wanted);
    return { status: 200, json: conversationOnWire(conversation) };
  }

  function memberIn(call: Call): string {
    return userIn(call.param("user"), "user", limits);
  }
}
