/** What the routes of contacts and privacy are to their callers. */
import { flag, line, list, named, object, oneOf, orNull, text } from "../base/schema.ts";
import type { Limits } from "../base/sizes.ts";
import { type Abouts, may, must } from "../http/openapi/about.ts";
import { at, kit, NEXT, PAGE, USER } from "../http/openapi/kit.ts";

export const CONTACT = named(
  "Contact",
  object("A contact, or a user who is blocked.", { user_id: USER }, {
    name: text("How its owner calls the user."),
    contact: flag("`false` for who is no contact, and blocked alone."),
    blocked: flag("Whether the user is blocked."),
    status: oneOf("Whether the user is online; absent where that may not be seen.", [
      "online",
      "away",
      "offline",
    ]),
    last_seen: at("When the user was there last."),
  }),
);

export const PRIVACY = named(
  "Privacy",
  object("What others see of a user.", {
    read_receipts: flag(
      "Whether they see how far the user has read, and the user sees that of them.",
    ),
    show_online: flag("Whether they see that the user is online."),
    show_last_seen: flag("Whether they see when the user was there last."),
  }),
);

export function contactsApi(limits: Limits): Abouts {
  const { acting, actingField } = kit(limits);
  const ofContact = { contact: must(line("The contact's id.", limits.userId), "2") };
  const name = orNull(line("How the contact is called; `null` for no name.", limits.name, "Bob"));
  const blocked = flag("Whether the user is blocked.");
  const changed = {
    201: { description: "It is a contact now.", json: CONTACT },
    200: { description: "It is changed.", json: CONTACT },
  };
  const errors = ["too_many_contacts"] as const;
  return {
    "GET /contacts": {
      id: "listContacts",
      tag: "contacts",
      summary: "List a user's contacts",
      query: {
        ...PAGE,
        ...acting,
        blocked: may(oneOf("Only those who are blocked, or only the others.", ["true", "false"])),
      },
      answers: {
        200: {
          description: "A part of them.",
          json: object("Contacts.", { contacts: list("One part.", CONTACT) }, { next: NEXT }),
        },
      },
    },
    "GET /contacts/:contact": {
      id: "getContact",
      tag: "contacts",
      summary: "Show a contact",
      path: ofContact,
      query: acting,
      answers: { 200: { description: "The contact.", json: CONTACT } },
    },
    "PUT /contacts/:contact": {
      id: "putContact",
      tag: "contacts",
      summary: "Make a user a contact",
      path: ofContact,
      query: acting,
      body: {
        description: "Whose contact it is says a user's token, or `user_id` in the query.",
        fields: named("ContactFields", object("A contact.", {}, { name, blocked })),
        examples: { "With a name": { name: "Bob" } },
      },
      answers: changed,
      errors,
    },
    "PATCH /contacts/:contact": {
      id: "editContact",
      tag: "contacts",
      summary: "Change a contact, or block a user",
      path: ofContact,
      query: acting,
      body: {
        description: "Whose contact it is says a user's token, or `user_id` in the query.",
        fields: named(
          "ContactChange",
          object("What is to change.", {}, {
            name,
            blocked,
            remove: flag("Whether the user is a contact no more."),
          }),
        ),
        examples: { "Blocked": { blocked: true } },
      },
      answers: changed,
      errors,
    },
    "DELETE /contacts/:contact": {
      id: "deleteContact",
      tag: "contacts",
      summary: "Remove a contact",
      path: ofContact,
      query: acting,
      answers: { 204: { description: "The user is no contact." } },
    },
    "GET /privacy": {
      id: "getPrivacy",
      tag: "contacts",
      summary: "Show what others see of a user",
      query: acting,
      answers: { 200: { description: "The user's settings.", json: PRIVACY } },
    },
    "PATCH /privacy": {
      id: "editPrivacy",
      tag: "contacts",
      summary: "Change what others see of a user",
      query: acting,
      body: {
        fields: named(
          "PrivacyChange",
          object("What is to change.", {}, {
            ...actingField,
            read_receipts: flag("Whether others see how far the user has read."),
            show_online: flag("Whether others see that the user is online."),
            show_last_seen: flag("Whether others see when the user was there last."),
          }),
        ),
        isRequired: true,
        examples: { "No receipts": { user_id: 1, read_receipts: false } },
      },
      answers: { 200: { description: "The user's settings as they are now.", json: PRIVACY } },
    },
  };
}
