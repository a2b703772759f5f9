/** What the commands of inboxes are to clients. */
import {
  any,
  either,
  flag,
  line,
  list,
  named,
  object,
  oneOf,
  text,
  whole,
} from "../base/schema.ts";
import type { JsonSchema } from "../base/shape.ts";
import { at, NEXT, USER, WHEN } from "../http/openapi/kit.ts";
import {
  type CommandAbout,
  idsOf,
  REASON,
  RECOVERY,
  SAID_FIELDS,
  SINCE,
  type SocketAbouts,
} from "../http/openapi/socket_about.ts";
import { REPLY } from "./acts/acts.ts";
import { GROUP } from "./details/details.ts";

const DETAILS: Readonly<Record<string, JsonSchema>> = {
  title: text("A title."),
  kind: text("A category."),
  priority: whole("From 1 to 5."),
  url: text("Where it leads."),
  icon: text("A small picture."),
  tags: list("Words.", { type: "string" }),
  actions: list("What the user can do.", object("One action.", {})),
  group: text("The newest of a group stands for the others."),
  markdown: flag("Whether the message is Markdown."),
  critical: flag("Whether it passes preferences."),
  progress: whole("In percent."),
  attachments: list("Files.", object("A file.", {})),
  image: object("A picture.", {}),
};

const STATES: Readonly<Record<string, JsonSchema>> = {
  state: text("How far it came: `queued`, `sent`, `delivered` or `read`; or `snoozed`."),
  archived_at: at("When it was archived."),
  snoozed_at: at("When it was put off."),
  snoozed_until: at("When it comes back."),
  edited_at: at("When it was changed last."),
  first_offset: whole("Where it was at first."),
  group_count: whole("How many its group has."),
  group_unread: whole("How many of these are unread."),
  silent: flag("Whether it asks for no attention."),
};

const NOTIFICATION_FIELDS = object("A notification.", {
  id: text("Its id."),
  room: text("The room that it is shown in."),
  user_id: USER,
  message: SAID_FIELDS.message,
  timestamp: at("When it happened."),
}, {
  offset: whole("Its place in the inbox."),
  name: text("Who it is from."),
  data: any("Any JSON value."),
  event: text("Not of notifications."),
  ...DETAILS,
  ...STATES,
});

/** A notification in an answer. */
export const NOTIFICATION = named("Notification", {
  ...NOTIFICATION_FIELDS,
  properties: { type: { const: "direct_message" }, ...Object(NOTIFICATION_FIELDS["properties"]) },
});

const UNREAD = { unread: whole("How many are unread now.") };

const CHANGED = object("What is unread now.", {}, UNREAD);

const WHICH = object("Which notifications: by their ids, or all of a group.", {}, {
  ids: idsOf(),
  group: line("A group.", GROUP),
});

function changing(summary: string): CommandAbout {
  return { summary, fields: WHICH, answer: CHANGED, example: { ids: ["order-12345"] } };
}

export const INBOX_SOCKETS: SocketAbouts = {
  commands: {
    inbox: {
      summary:
        "Read the inbox: what came after a position, some by their ids, a page, or what was put off",
      fields: object("What is read.", {}, {
        since: SINCE,
        ids: idsOf(),
        before: whole("Below this offset."),
        limit: whole("How many at the most.", { least: 1, most: 1000, usual: 50 }),
        unread: flag("With `since`: only what is unread."),
        archived: either("Also what is archived, or that alone.", { type: "boolean" }, {
          const: "only",
        }),
        folded: flag("Only the newest of each group."),
        group: line("Of this group.", GROUP),
        snoozed: flag("What was put off."),
        cursor: text("With `snoozed`: the `next` of the page before."),
      }),
      answer: object("A part of the inbox.", {
        notifications: list("One part.", NOTIFICATION),
        ...UNREAD,
      }, { ...RECOVERY, reason: REASON, more: flag("Whether there is more."), next: NEXT }),
      example: { limit: 10, folded: true },
    },
    ack: {
      summary: "Say that this client has notifications",
      fields: object("Which.", { ids: idsOf() }),
      answer: object("Nothing.", {}),
      example: { ids: ["order-12345"] },
    },
    read: {
      summary: "Say that the user has read notifications",
      fields: object("Which: by their ids, of a group, or all up to an offset.", {}, {
        ids: idsOf(),
        group: line("A group.", GROUP),
        all: flag("All of them."),
        through: whole("With `all`: up to this offset."),
      }),
      answer: CHANGED,
      example: { ids: ["order-12345"] },
    },
    archive: changing("Put notifications away"),
    unarchive: changing("Bring notifications back from the archive"),
    delete: changing("Delete notifications"),
    snooze: {
      summary: "Put notifications off",
      fields: object("Which, and until when.", {
        ids: idsOf(),
        until: { allOf: [WHEN], description: "When they come back." },
      }),
      answer: object("What is unread now.", {
        ...UNREAD,
        snoozed_until: at("When they come back."),
      }),
      example: { ids: ["order-12345"], until: "2h" },
    },
    unsnooze: {
      summary: "Bring back what was put off",
      fields: object("Which.", { ids: idsOf() }),
      answer: CHANGED,
      example: { ids: ["order-12345"] },
    },
    act: {
      summary: "Do an action of a notification",
      fields: object("Which.", {
        id: line("The notification.", 64),
        action: line("The action.", 64),
      }, { text: text("For a reply: what the user says.", { max: REPLY }) }),
      answer: object("What came of it.", {
        id: text("The notification."),
        action: text("The action."),
      }, {
        state: { const: "pending" },
        done_at: at("When it was done."),
        status: whole("Of the answer of the address that was called."),
        text: text("What came back, or what the user said.", { min: 0 }),
      }),
      example: { id: "order-12345", action: "1", text: "Yes, please" },
    },
  },
  pushes: {
    direct_message: { summary: "A notification", fields: NOTIFICATION_FIELDS },
    inbox: {
      summary: "What the user did with notifications, by whichever client",
      fields: object("A change.", {
        event: oneOf("What was done.", [
          ...["read", "archive", "unarchive", "delete", "snooze", "unsnooze", "act", "alert"],
          ...["withdraw", "expire", "edit"],
        ]),
      }, {
        ids: list("Which.", { type: "string" }),
        ...UNREAD,
        snoozed_until: at("When they come back."),
        action: text("The action."),
        done_at: at("When it was done."),
        state: text("`pending` while it is being done."),
        status: whole("Of the answer of the address that was called."),
        text: text("What came back, or what the user said.", { min: 0 }),
        group: text("Of which group."),
        through: whole("With all: up to this offset."),
      }),
    },
  },
};
