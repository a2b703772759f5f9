/** What the commands of contacts and privacy are to clients. */
import { flag, list, object } from "../base/schema.ts";
import type { Limits } from "../base/sizes.ts";
import { kit, NEXT } from "../http/openapi/kit.ts";
import { bodyFields, queryFields } from "../http/openapi/reused.ts";
import type { SocketAbouts } from "../http/openapi/socket_about.ts";
import { CONTACT, contactsApi, PRIVACY } from "./api.ts";
import { MOST_USERS } from "./fields.ts";

export function contactSockets(limits: Limits): SocketAbouts {
  const { user } = kit(limits);
  const api = contactsApi(limits);
  const changed = object("The contact as it is now.", { contact: CONTACT }, {
    removed: { const: true, description: "The user is no contact any more." },
  });
  return {
    commands: {
      contacts: {
        summary: "List the user's contacts, and hear of changes from then on",
        fields: object("A page, or those of some users.", {}, {
          ...queryFields(api["GET /contacts"]!, "user_id", "blocked"),
          user_ids: list("These users alone.", user, { least: 1, most: MOST_USERS }),
          blocked: flag("Only those who are blocked, or only the others."),
        }),
        answer: object("Contacts.", { contacts: list("One part.", CONTACT) }, { next: NEXT }),
        example: { limit: 10 },
      },
      contact: {
        summary: "Add, change, block or remove a contact",
        fields: object("Whom.", { user_id: user }, bodyFields(api["PATCH /contacts/:contact"]!)),
        answer: changed,
        example: { user_id: 2, name: "Bob" },
      },
      privacy: {
        summary: "Show or change what others see of the user",
        fields: object("What is to change.", {}, bodyFields(api["PATCH /privacy"]!, "user_id")),
        answer: PRIVACY,
        example: { read_receipts: false },
      },
    },
    pushes: {
      contacts_changed: { summary: "A contact was changed by another client", fields: changed },
      privacy_changed: { summary: "Privacy was changed by another client", fields: PRIVACY },
    },
  };
}
