/** The routes of contacts and privacy. An application says as whom it asks by `user_id`. */
import { CodedError } from "../base/errors.ts";
import { type Fields, shown, type UserId, userIdField } from "../base/fields.ts";
import type { Limits } from "../base/sizes.ts";
import { MAX_ANSWER } from "../core/work.ts";
import { actingIn } from "../http/acting.ts";
import type { Call } from "../http/call.ts";
import { pageFields } from "../http/list_page.ts";
import type { Route } from "../http/route.ts";
import type { Contacts } from "./contacts.ts";
import { contactFields, contactsFields, privacyFields } from "./fields.ts";
import type { Changer } from "./types.ts";
import { contactOnWire, pageOnWire, privacyOnWire, withStatus } from "./wire.ts";

const CONTACT = "/contacts/:contact";

export function contactRoutes(contacts: Contacts, limits: Limits): readonly Route[] {
  return [
    {
      method: "GET",
      path: "/contacts",
      scope: "chat:read",
      users: true,
      async run(call) {
        const { site, user } = changerOf(call, limits);
        const blocked = call.query("blocked");
        const query = contactsFields({ ...pageFields(call), blocked }, limits);
        const page = await contacts.list(site, user, { ...query, characters: MAX_ANSWER });
        const statuses = await contacts.statuses(site, user, page.contacts);
        return { status: 200, json: pageOnWire(page, statuses) };
      },
    },
    {
      method: "GET",
      path: CONTACT,
      scope: "chat:read",
      users: true,
      async run(call) {
        const { site, user } = changerOf(call, limits);
        const contact = await contacts.find(site, user, contactOf(call, limits));
        if (contact === undefined) throw unknownContact(call.param("contact"));
        const statuses = await contacts.statuses(site, user, [contact]);
        return { status: 200, json: withStatus(contact, statuses.get(contact.user)) };
      },
    },
    {
      method: "PUT",
      path: CONTACT,
      scope: "chat:write",
      users: true,
      async run(call) {
        const fields = await call.fieldsIfAny();
        const changer = changerOf(call, limits, fields);
        const given = { name: null, ...fields, user_id: call.param("contact"), remove: false };
        const change = { ...contactFields(given, limits), isContact: true };
        const { contact, isNew } = await contacts.change(changer, change);
        return { status: isNew ? 201 : 200, json: contactOnWire(contact) };
      },
    },
    {
      method: "PATCH",
      path: CONTACT,
      scope: "chat:write",
      users: true,
      async run(call) {
        const fields = await call.fieldsIfAny();
        const changer = changerOf(call, limits, fields);
        const given = { ...fields, user_id: call.param("contact") };
        const { contact, isNew } = await contacts.change(changer, contactFields(given, limits));
        return { status: isNew ? 201 : 200, json: contactOnWire(contact) };
      },
    },
    {
      method: "DELETE",
      path: CONTACT,
      scope: "chat:write",
      users: true,
      async run(call) {
        const user = contactOf(call, limits);
        await contacts.change(changerOf(call, limits), { user, isContact: false });
        return { status: 204 };
      },
    },
    {
      method: "GET",
      path: "/privacy",
      scope: "chat:read",
      users: true,
      async run(call) {
        const { site, user } = changerOf(call, limits);
        return { status: 200, json: privacyOnWire(await contacts.readPrivacy(site, user)) };
      },
    },
    {
      method: "PATCH",
      path: "/privacy",
      scope: "chat:write",
      users: true,
      async run(call) {
        const fields = await call.fields();
        const changer = changerOf(call, limits, fields);
        const privacy = await contacts.changePrivacy(changer, privacyFields(fields));
        return { status: 200, json: privacyOnWire(privacy) };
      },
    },
  ];
}

/** As whom the caller asks. Contacts are a user's, so that an application has to name one. */
function changerOf(call: Call, limits: Limits, fields: Fields = {}): Changer {
  const { site, user } = actingIn(call, fields, limits);
  if (user !== undefined) return { site, user };
  const message = "Missing field 'user_id': it says whose contacts are meant";
  throw new CodedError("missing_field", message, { field: "user_id" });
}

function contactOf(call: Call, limits: Limits): UserId {
  return userIdField({ user_id: call.param("contact") }, limits);
}

function unknownContact(contact: string): CodedError {
  return new CodedError("not_found", `There is no contact ${shown(contact)}`);
}
