/** Contacts, blocks and privacy settings, as a capability of the server. */
import { contactSockets } from "./socket_api.ts";
import { described } from "../http/openapi/described.ts";
import { contactsApi } from "./api.ts";
import { deliverToOthers } from "../core/hub.ts";
import type { Feature } from "../feature.ts";
import { limits } from "../limits/settings.ts";
import { UserPresence } from "../presence/user_presence.ts";
import { contactCommands, leaveContacts } from "./commands.ts";
import { Contacts } from "./contacts.ts";
import { contactCounters, contactRefusals } from "./metrics.ts";
import { joinPresence } from "./presence.ts";
import { contactRoutes } from "./routes.ts";
import { contacts as settings } from "./settings.ts";
import { CONTACT_TABLES } from "./tables.ts";
import { ContactData } from "./user_data.ts";

export const contactsFeature = {
  name: "contacts",
  settings,
  tables: CONTACT_TABLES,
  open({ node, database, of, use }) {
    const counters = contactCounters();
    const limit = of(settings).contacts;
    const service = new Contacts(node, { database, limit, counters });
    joinPresence(service, use(UserPresence), database);
    return {
      services: [service],
      sockets: contactSockets(of(limits)),
      commands: contactCommands(node, service),
      routes: described(contactRoutes(service, of(limits)), contactsApi(of(limits))),
      kinds: { contacts_changed: deliverToOthers, privacy_changed: deliverToOthers },
      connection: { closed: (connection) => leaveContacts(node, connection) },
      userData: new ContactData(database),
      refusals: contactRefusals(),
      metrics: Object.values(counters),
    };
  },
} satisfies Feature;
