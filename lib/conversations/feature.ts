/** Conversations, as a capability of the server: the whole chat between people. */
import { conversationSockets } from "./socket_api.ts";
import { described } from "../http/openapi/described.ts";
import { conversationsApi } from "./api.ts";
import { messagesApi } from "./message_api.ts";
import { Questions } from "../asks/questions.ts";
import { Revocations } from "../auth/revocations/revocations.ts";
import { Contacts } from "../contacts/contacts.ts";
import type { Feature } from "../feature.ts";
import { Files } from "../files/files.ts";
import { limits } from "../limits/settings.ts";
import { UserPresence } from "../presence/user_presence.ts";
import { ConversationAsking } from "./asking.ts";
import { KnownAudience } from "./audience.ts";
import { conversationCommands } from "./commands.ts";
import { Conversations } from "./conversations.ts";
import { Doing } from "./doing.ts";
import type { ConversationListener } from "./listener.ts";
import { messageCommands } from "./message_commands.ts";
import { withLinks } from "./message_files.ts";
import { MessagePaceLimit } from "./message_pace.ts";
import { messageRoutes } from "./message_routes.ts";
import { chatCounters, chatRefusals } from "./metrics.ts";
import { KeptNames } from "./names.ts";
import { Opening } from "./opening.ts";
import { joinPresence } from "./presence.ts";
import { ChatPublisher } from "./publisher.ts";
import { Reading } from "./reading.ts";
import { ChatRetention } from "./retention.ts";
import { conversationRoutes } from "./routes.ts";
import { chat as settings } from "./settings.ts";
import { MESSAGE_USE, seesMessage } from "./store/file_uses.ts";
import { entrySql } from "./store/statements.ts";
import { ChatStore } from "./store/store.ts";
import { REMADE_WORDS } from "./store/remade.ts";
import { CHAT_TABLES, dialectOf } from "./store/tables.ts";
import { ChatSubscribers } from "./subscribers.ts";
import { ChatData } from "./user_data.ts";
import { Typing } from "./typing.ts";
import { Undelivered } from "./undelivered.ts";

export const conversationsFeature = {
  name: "conversations",
  settings,
  tables: CHAT_TABLES,
  remade: REMADE_WORDS,
  open({ node, engine: { storage }, database, of, isOpen, use }) {
    const config = of(settings);
    const { data, name } = of(limits);
    const people = use(Contacts);
    const files = use(Files);
    files.addKind(MESSAGE_USE, { maySee: seesMessage });
    const listeners: ConversationListener[] = [];
    const audience = new KnownAudience();
    const publisher = new ChatPublisher(node);
    const sql = dialectOf(database.dialect);
    const store = new ChatStore(database, {
      ...{ sql, people, audience, listeners, config },
      entry: entrySql(people, sql),
      limits: { data, name, text: config.text },
      ...{ files, show: (message) => withLinks(message, (id) => files.linkTo(id)) },
    });
    const doing = new Doing({ node, store, audience, publisher, listeners });
    const subscribers = new ChatSubscribers(node);
    const counters = chatCounters();
    const names = new KeptNames(store, (what, work) => node.background.run(what, work));
    const service = new Conversations({
      ...{ store, doing, subscribers, counters, listeners },
      opening: new Opening({ store, doing, limits: store.parts.limits }),
      reading: new Reading(store),
      typing: new Typing({ store, audience, publisher }),
      names,
      pace: new MessagePaceLimit(config.rate),
    });
    const retention = new ChatRetention({
      ...{ store, config, dropped: counters.dropped },
      now: () => storage.kind === "sqlite" ? storage.clock.now() : Date.now(),
    });
    service.addGate(
      new ConversationAsking({
        ...{ isOpen, questions: use(Questions), revocations: use(Revocations) },
        requireAccess: (actor, id) => service.get(actor, id),
      }),
    );
    const presence = use(UserPresence);
    joinPresence(service, presence);
    people.useNames((site, users) => service.names(site, users));
    return {
      services: [service, retention, new Undelivered(store)],
      // Contacts are erased before conversations: nobody is acquainted with the user after that.
      userData: new ChatData(
        { store, doing, names },
        ({ site, user }) => presence.rightsChanged(site, [user]),
      ),
      tasks: retention.tasks,
      sockets: conversationSockets(of(limits), config.text),
      commands: [...conversationCommands(service), ...messageCommands(service)],
      routes: described([
        ...conversationRoutes(service, of(limits)),
        ...messageRoutes(service, of(limits)),
      ], { ...conversationsApi(of(limits)), ...messagesApi(of(limits), config.text) }),
      kinds: publisher.kinds,
      connection: subscribers,
      restore: publisher.untold,
      refusals: chatRefusals(),
      metrics: [...subscribers.metrics, ...Object.values(counters)],
      [Symbol.asyncDispose]() {
        publisher[Symbol.dispose]();
        return Promise.resolve();
      },
    };
  },
} satisfies Feature;
