/** What the routes of notifications are to their callers. */
import type { Limits } from "../base/sizes.ts";
import { line, named, object, text } from "../base/schema.ts";
import { type About, type Abouts, may, must, type Parameters } from "../http/openapi/about.ts";
import { IDEMPOTENCY, kit, PAGE } from "../http/openapi/kit.ts";
import {
  ACTED,
  EDITED,
  patchSchema,
  RECEIPT,
  sendingSchema,
  SENT,
  SNOOZED_PAGE,
  UNTIL,
  userSendingSchema,
  WITHDRAWING,
} from "./api_schemas.ts";
import { REPLY } from "./acts/acts.ts";
import { ID } from "./acts/commands.ts";
import { HEADERS, IN_QUERY } from "./said_beside.ts";

interface InboxApiOptions {
  readonly limits: Limits;
  readonly recipients: number;
}

/** The fields that may stand in the query, each with the names that ntfy has for it. */
const BESIDE_QUERY: Parameters = Object.fromEntries(
  Object.entries(IN_QUERY).map(([field, others]) => [
    field,
    may(text(`The field \`${field}\` beside the body.${alsoCalled(others)}`)),
  ]),
);

/** The headers in which fields may stand, so that a line that was written for ntfy works here. */
const BESIDE_HEADERS: Parameters = Object.fromEntries(
  Object.keys(IN_QUERY).map((field) => {
    const own = `x-${field.replaceAll("_", "-")}`;
    const others = [...HEADERS].filter(([name, of]) => of === field && name !== own)
      .map(([name]) => name);
    const name = own.replace(/(^|-)\w/g, (letter) => letter.toUpperCase());
    return [name, may(text(`The field \`${field}\` beside the body.${alsoCalled(others)}`))];
  }),
);

function alsoCalled(names: readonly string[]): string {
  return names.length === 0 ? "" : ` Also as ${names.map((name) => `\`${name}\``).join(", ")}.`;
}

const OF_ONE: Parameters = { id: must(text("The notification's id."), "order-8812-shipped") };

const ANSWERS_OF_SENDING: About["answers"] = {
  201: {
    description: "It is stored, and on its way.",
    json: SENT,
    example: { id: "order-8812-shipped", user_id: 42, room: "/user/42", online: true },
  },
  200: {
    description: "It was there before, under the same id: nothing was sent again.",
    json: SENT,
  },
  202: {
    description: "It is for many, to whom it goes in the background; or it is kept from the inbox.",
    json: SENT,
  },
};

const SENDING_ERRORS: About["errors"] = [
  ...["rate_limited", "id_taken", "too_many_recipients", "too_many_scheduled"] as const,
  ...["invalid_field", "missing_field", "not_found"] as const,
];

export function inboxApi({ limits, recipients }: InboxApiOptions): Abouts {
  const { ofUser, acting } = kit(limits);
  const send: Omit<About, "id"> = {
    tag: "notifications",
    summary: "Send a notification to a user, to several, to a topic's followers or to everyone",
    description:
      "A body of text is the field `message`: all else may stand in the query and in headers, by its own name or by ntfy's.",
    query: BESIDE_QUERY,
    headers: { ...IDEMPOTENCY, ...BESIDE_HEADERS },
    body: {
      fields: sendingSchema(limits, recipients),
      isRequired: true,
      examples: {
        "To one user": { user_id: 42, message: "Your order has shipped", id: "order-8812-shipped" },
        "With all that it may say": {
          user_id: "ada",
          title: "Order 8812",
          message: "**Your order** has shipped",
          markdown: true,
          kind: "order.shipped",
          priority: "high",
          url: "https://shop.example/orders/8812",
          tags: ["orders"],
          group: "order-8812",
          data: { order: 8812 },
          progress: 60,
          actions: [
            { type: "view", label: "Open", url: "https://shop.example/orders/8812" },
            { type: "reply", label: "Answer", placeholder: "To the shop" },
          ],
        },
        "To several users": { user_ids: [42, "ada"], message: "We close at six today" },
        "To the followers of a topic": { topic: "orders", message: "A new order" },
        "To everyone": { everyone: true, message: "The shop is open again" },
        "Later": { user_id: 42, message: "Time to stand up", deliver_at: "30m" },
      },
    },
    answers: ANSWERS_OF_SENDING,
    errors: SENDING_ERRORS,
  };
  const sendToUser: Omit<About, "id"> = {
    tag: "notifications",
    summary: "Send a notification to the user of the path",
    description: send.description!,
    path: ofUser,
    query: BESIDE_QUERY,
    headers: { ...IDEMPOTENCY, ...BESIDE_HEADERS },
    body: {
      fields: userSendingSchema(limits),
      text: "message",
      isRequired: true,
      examples: { "A text": { message: "Your order has shipped", title: "Order 8812" } },
    },
    answers: ANSWERS_OF_SENDING,
    errors: SENDING_ERRORS,
  };
  const ofUsersOne = { ...ofUser, ...OF_ONE };
  return {
    "POST /notifications": { id: "sendNotification", ...send },
    "PUT /notifications": { id: "putNotification", ...send },
    "POST /users/:user/notifications": { id: "sendUserNotification", ...sendToUser },
    "PUT /users/:user/notifications": { id: "putUserNotification", ...sendToUser },
    "GET /notifications/:id": {
      id: "getNotification",
      tag: "notifications",
      summary: "Ask what became of a notification",
      description: "Of one for many, it says how many have it, unless a user is named.",
      path: OF_ONE,
      query: acting,
      answers: { 200: { description: "How far it came.", json: RECEIPT } },
    },
    "PATCH /notifications/:id": {
      id: "editNotification",
      tag: "notifications",
      summary: "Change a notification that was sent, or is still to come",
      path: OF_ONE,
      query: { ...acting, ...BESIDE_QUERY },
      headers: BESIDE_HEADERS,
      body: {
        fields: patchSchema(limits),
        text: "message",
        isRequired: true,
        examples: {
          "Another text": { message: "Your order has arrived", progress: 100 },
          "Without a title": { title: null },
        },
      },
      answers: {
        200: { description: "It is changed, and clients were told.", json: EDITED },
        202: { description: "One for many is changed in the background.", json: EDITED },
      },
      errors: ["rate_limited"],
    },
    "DELETE /notifications/:id": {
      id: "withdrawNotification",
      tag: "notifications",
      summary: "Take a notification back",
      description: "One for many is taken back from all of them, unless a user is named.",
      path: OF_ONE,
      query: acting,
      answers: {
        204: { description: "Nobody has it any more." },
        202: { description: "One for many is taken back in the background.", json: WITHDRAWING },
      },
    },
    "GET /users/:user/notifications/snoozed": {
      id: "listSnoozed",
      tag: "notifications",
      summary: "List what a user has put off",
      path: ofUser,
      query: PAGE,
      answers: { 200: { description: "A part of them.", json: SNOOZED_PAGE } },
    },
    "PUT /users/:user/notifications/:id/snooze": {
      id: "snoozeNotification",
      tag: "notifications",
      summary: "Put a notification off for its user",
      path: ofUsersOne,
      query: { until: may(text("As the field `until`.")) },
      body: { fields: UNTIL, examples: { "For an hour": { until: "1h" } } },
      answers: { 200: { description: "It comes back then.", json: RECEIPT } },
    },
    "DELETE /users/:user/notifications/:id/snooze": {
      id: "unsnoozeNotification",
      tag: "notifications",
      summary: "Bring a notification back that was put off",
      path: ofUsersOne,
      answers: { 204: { description: "It is in the inbox again, or was not put off." } },
    },
    "POST /users/:user/notifications/:id/actions/:action": {
      id: "actOnNotification",
      tag: "notifications",
      summary: "Do one of a notification's actions for its user",
      path: { ...ofUsersOne, action: must(line("The action's id.", ID), "1") },
      query: { text: may(text("As the field `text`.")) },
      body: {
        fields: named(
          "NotificationAnswer",
          object("What the user says; actions but `reply` take nothing.", {}, {
            text: text("The user's reply.", { max: REPLY }),
          }),
        ),
        text: "text",
        examples: { "A reply": { text: "At five, please" } },
      },
      answers: {
        200: { description: "It is done, now or before.", json: ACTED },
        202: { description: "It is being done.", json: ACTED },
      },
      errors: ["conflict", "unavailable"],
    },
    "PUT /users/:user/notifications/:id/archive": {
      id: "archiveNotification",
      tag: "notifications",
      summary: "Archive a notification for its user",
      path: ofUsersOne,
      answers: { 204: { description: "It is archived." } },
    },
    "DELETE /users/:user/notifications/:id/archive": {
      id: "unarchiveNotification",
      tag: "notifications",
      summary: "Bring a notification back that was archived",
      path: ofUsersOne,
      answers: { 204: { description: "It is in the inbox again, or was not archived." } },
    },
  };
}
