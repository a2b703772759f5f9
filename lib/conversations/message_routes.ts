/** The routes of messages in conversations: to send, change, read and find them. */
import { CodedError } from "../base/errors.ts";
import type { Fields } from "../base/fields.ts";
import type { Limits } from "../base/sizes.ts";
import { withBeside } from "../http/beside_body.ts";
import type { Call } from "../http/call.ts";
import type { HttpAnswer, Route } from "../http/route.ts";
import { actorIn } from "./actor.ts";
import type { Conversations } from "./conversations.ts";
import { offsetField } from "./field_kinds.ts";
import { editFields, filesFields, messagesFields, searchFields, sendFields } from "./fields.ts";
import { listAnswer, numberIn, queryOf, reading, writing } from "./route_kit.ts";
import { filesOnWire, foundOnWire, messageOnWire, pageOnWire, receiptsOnWire } from "./wire.ts";

const SAID = "/conversations/:conversation/messages";
const FILES = "/conversations/:conversation/files";
const ONE = "/messages/:message";
const REACTION = `${ONE}/reactions/:emoji` as const;

export function messageRoutes(service: Conversations, limits: Limits): readonly Route[] {
  return [
    reading(SAID, (call) => {
      const id = numberIn(call, "conversation");
      const request = messagesFields(positioned(call));
      const actor = actorIn(call, {}, limits);
      return listAnswer(call, request.limit, async (limit) => {
        const page = await service.messages(actor, id, { ...request, limit });
        return [pageOnWire(page), page.messages.length];
      });
    }),
    reading(FILES, (call) => {
      const id = numberIn(call, "conversation");
      const request = filesFields(queryOf(call, "kind", "limit", "cursor"));
      const actor = actorIn(call, {}, limits);
      return listAnswer(call, request.limit, async (limit) => {
        const page = await service.files(actor, id, { ...request, limit });
        return [filesOnWire(page), page.messages.length];
      });
    }),
    writing("POST", SAID, async (call) => {
      const conversation = numberIn(call, "conversation");
      return await send(call, { ...await call.fieldsOr("text"), conversation, to: undefined });
    }),
    writing("POST", "/messages", async (call) => await send(call, await call.fields())),
    reading(ONE, async (call) => {
      const id = numberIn(call, "message");
      const message = await service.message(actorIn(call, {}, limits), id);
      return { status: 200, json: messageOnWire(message) };
    }),
    writing("PATCH", ONE, async (call) => {
      const id = numberIn(call, "message");
      const fields = await call.fields();
      const actor = actorIn(call, fields, limits);
      const message = await service.edit(actor, id, editFields(fields));
      return { status: 200, json: messageOnWire(message) };
    }),
    // What is left says that there was a message, so it is answered.
    writing("DELETE", ONE, async (call) => {
      const id = numberIn(call, "message");
      const message = await service.unsend(actorIn(call, {}, limits), id);
      return { status: 200, json: messageOnWire(message) };
    }),
    writing("PUT", REACTION, (call) => react(call, true)),
    writing("DELETE", REACTION, (call) => react(call, false)),
    reading(`${ONE}/receipts`, async (call) => {
      const id = numberIn(call, "message");
      const receipts = await service.receipts(actorIn(call, {}, limits), id);
      const { read, delivered, sent } = receipts;
      call.charge({ entries: read.length + delivered.length + sent.length });
      return { status: 200, json: receiptsOnWire(receipts) };
    }),
    reading("/search", (call) => {
      const request = searchFields(queryOf(call, "q", "conversation", "limit", "cursor"));
      const actor = actorIn(call, {}, limits);
      return listAnswer(call, request.limit, async (limit) => {
        const found = await service.search(actor, { ...request, limit });
        return [foundOnWire(found), found.messages.length];
      });
    }),
  ];

  async function send(call: Call, given: Fields): Promise<HttpAnswer> {
    const fields = withBeside(given, call.ownId);
    const actor = actorIn(call, fields, limits);
    const { message, isDuplicate } = await service.send(actor, sendFields(fields, limits));
    return { status: isDuplicate ? 200 : 201, json: messageOnWire(message) };
  }

  async function react(call: Call, isOn: boolean): Promise<HttpAnswer> {
    const id = numberIn(call, "message");
    const fields = await call.fieldsIfAny();
    const actor = actorIn(call, fields, limits);
    const message = await service.react(actor, id, call.param("emoji"), isOn);
    return { status: 200, json: messageOnWire(message) };
  }
}

/** The fields of a query that asks for messages, in which a position is two values: `?since=41&epoch=3f2a81c0`. */
function positioned(call: Call): Fields {
  const { since, epoch, ...fields } = queryOf(
    call,
    ...["limit", "before", "after", "around", "since", "epoch"],
  );
  if (since === undefined) return fields;
  if (epoch === undefined) {
    throw new CodedError("missing_field", "Missing field 'epoch', which belongs to 'since'", {
      field: "epoch",
    });
  }
  return { ...fields, since: { offset: offsetField({ since }, "since"), epoch } };
}
