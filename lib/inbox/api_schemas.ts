/** What notifications, and what became of them, look like to callers of the API. `api.ts` says what its routes do. */
import { KIND, KIND_FORM } from "../base/kind_field.ts";
import {
  any,
  either,
  flag,
  line,
  list,
  map,
  named,
  object,
  oneOf,
  orNull,
  type SchemaFields,
  text,
  where,
  whole,
} from "../base/schema.ts";
import type { JsonSchema } from "../base/shape.ts";
import type { Limits } from "../base/sizes.ts";
import { at, IGNORED, kit, SENDERS_ID, TIME, USER, WHEN } from "../http/openapi/kit.ts";
import { BODY, HEADERS, LABEL, METHODS, MOST_ACTIONS } from "./details/actions.ts";
import { GROUP, MOST_TAGS, PRIORITIES, TAG, TITLE } from "./details/details.ts";
import { LINK } from "./details/links.ts";
import { FILE, MOST_ATTACHMENTS } from "./notification.ts";

const KIND_OF = text("A category, by which users choose what they want and how.", {
  max: KIND,
  pattern: KIND_FORM.source,
  examples: ["order.shipped"],
});

const PRIORITY = either(
  "From 1, what can wait, to 5, what cannot; 3 where none is said. Names are those of ntfy.",
  { type: "integer", minimum: 1, maximum: 5 },
  { enum: [...PRIORITIES.keys()] },
);

const ADDRESS = (description: string) =>
  text(`${description} An address with http, https, mailto or tel, or a path.`, {
    max: LINK,
    pattern: "^(/(?![/\\\\])|[A-Za-z][A-Za-z0-9+.-]*:)\\S*$",
    examples: ["https://shop.example/orders/7"],
  });

const ACTION_COMMON = {
  id: line("By which it is done; the number of its place where none is said.", LABEL),
  clear: flag("Whether the notification is archived once it is done."),
};

const LABEL_OF = line("What the button says.", LABEL, "Open");

const ACTION = named(
  "Action",
  either(
    "What a user can do with a notification, by a button.",
    object("Opens an address.", {
      type: { const: "view" },
      label: LABEL_OF,
      url: ADDRESS("What it opens."),
    }, ACTION_COMMON),
    object("The server calls an address, of which clients never learn.", {
      type: { const: "http" },
      label: LABEL_OF,
      url: text("What the server calls.", { max: LINK, pattern: "^[Hh][Tt][Tt][Pp][Ss]?://\\S+$" }),
    }, {
      ...ACTION_COMMON,
      method: oneOf("By which it is called.", METHODS, "POST"),
      headers: map("Headers of the call.", { type: "string", maxLength: 1000 }, HEADERS),
      body: text("The body of the call.", { max: BODY }),
    }),
    object("The user answers with a text, of which the application is told.", {
      type: { const: "reply" },
      label: LABEL_OF,
    }, { ...ACTION_COMMON, placeholder: line("What stands where nothing is typed yet.", LABEL) }),
  ),
);

const FILE_ID = text("The id of a file that was uploaded before.", {
  max: 22,
  pattern: FILE.source,
});

export function notificationFields(limits: Limits): SchemaFields {
  const { message, data } = kit(limits);
  return {
    message,
    data,
    room: line(
      "The room that clients show it in; that of the user, or of all, where none is named.",
      limits.room,
      "/user/123",
    ),
    from: line("Who it is from.", limits.name, "Shop"),
    timestamp: {
      ...TIME_FIELD,
      description: "When it happened; the time of its delivery where none is said.",
    },
    expires_at: { ...TIME_FIELD, description: "When nobody gets it any more." },
    deliver_at: {
      allOf: [WHEN],
      description: "When it is delivered; at once where that is past. At most 366 days ahead.",
    },
    attachments: list("Files.", FILE_ID, { most: MOST_ATTACHMENTS }),
    image: { ...FILE_ID, description: "The id of a picture that was uploaded before." },
    title: line("A title.", TITLE, "Your order"),
    kind: KIND_OF,
    priority: PRIORITY,
    url: ADDRESS("Where it leads."),
    icon: ADDRESS("A small picture."),
    tags: list("Words.", line("A word.", TAG), { most: MOST_TAGS }),
    actions: list("What the user can do.", ACTION, { most: MOST_ACTIONS }),
    group: line("The newest of a group stands for the others.", GROUP),
    markdown: flag("Whether the message is Markdown.", false),
    critical: flag("Whether it passes preferences, quiet hours, digests and throttles.", false),
    progress: whole("How far something is, in percent.", { most: 100 }),
  };
}

const TIME_FIELD = { allOf: [TIME] };

/** A notification must say something. */
const SAYS = ["message", "data", "attachments", "image"].map((name) => ({ required: [name] }));

const TO = ["user_id", "user_ids", "topic", "everyone"].map((name) => ({ required: [name] }));

export function sendingSchema(limits: Limits, recipients: number): JsonSchema {
  const { user, topic } = kit(limits);
  return named(
    "NewNotification",
    where(
      object("A notification, and to whom it goes: one of the first four fields says it.", {}, {
        user_id: user,
        user_ids: list("Several users.", user, { least: 1, most: recipients }),
        topic: { ...topic, description: "All who follow this topic." },
        everyone: { const: true, description: "Everyone who has ever been here." },
        ...notificationFields(limits),
        id: SENDERS_ID,
      }),
      { allOf: [{ anyOf: SAYS }, { oneOf: TO }] },
    ),
  );
}

export function userSendingSchema(limits: Limits): JsonSchema {
  return named(
    "NewUserNotification",
    where(
      object("A notification for the user of the path.", {}, {
        ...notificationFields(limits),
        id: SENDERS_ID,
      }),
      { anyOf: SAYS },
    ),
  );
}

export function patchSchema(limits: Limits): JsonSchema {
  const fields = Object.entries(notificationFields(limits))
    .map(([name, schema]) => [name, orNull(schema)]);
  return named(
    "NotificationChange",
    object("What is to change; `null` takes a field away, and what is absent stays.", {}, {
      user_id: {
        ...kit(limits).user,
        description: "Whose notification it is; all of one for many where nobody is named.",
      },
      ...Object.fromEntries(fields),
    }),
  );
}

const ID = text("The notification's id.");
const ROOM = text("The room that clients show it in.");
const WHY = text("Whose word that is: `preferences` of the user, the `kind`, or its `throttle`.");

export const SENT = named(
  "SentNotification",
  object("A notification that was accepted.", { id: ID }, {
    user_id: USER,
    room: ROOM,
    online: flag("Whether the user is connected right now; absent where it is delivered later."),
    deliver_at: at("When it is delivered."),
    state: oneOf("Why it did not come into the inbox.", ["withheld", "digested", "withdrawn"]),
    why: WHY,
    recipients: whole("For one for many: to how many it goes, as far as they are known by now."),
    ignored: IGNORED,
  }),
);

const PUSHED = object("What became of a push at one device, or why there was none.", {
  state: text("Such as `sent`, `shown`, `failed` or `skipped`."),
  at: at("When that was."),
}, {
  device: text("The device."),
  provider: text("By which it was pushed."),
  why: text("Why it is so."),
  user_id: USER,
});

const DONE = object("What a user did with it.", { id: text("The action.") }, {
  done_at: at("When it was done."),
  status: whole("The status of the answer of the address that was called."),
  text: { ...text("What came back, or what the user replied."), minLength: 0 },
});

export const ACTED = named(
  "DoneAction",
  object("What a user did.", { id: ID, action: text("The action.") }, {
    user_id: USER,
    state: { const: "pending", description: "It is being done." },
    done_at: at("When it was done."),
    status: whole("The status of the answer of the address that was called."),
    text: { ...text("What came back, or what the user replied."), minLength: 0 },
  }),
);

export const RECEIPT = named(
  "NotificationReceipt",
  object("How far a notification came.", {
    id: ID,
    state: oneOf("How far.", [
      ...["queued", "sent", "delivered", "read", "archived", "scheduled", "snoozed"],
      ...["withheld", "digested", "withdrawn", "expired"],
      ...["sending", "editing", "done", "withdrawing"],
    ]),
  }, {
    user_id: USER,
    queued_at: at("When it was stored."),
    sent_at: at("When it was written to a connection first."),
    delivered_at: at("When a client has said that it has it."),
    read_at: at("When the user has read it."),
    deliver_at: at("When it is delivered."),
    snoozed_until: at("When it comes back."),
    actions: list("What the user did.", DONE),
    pushes: list("What became of it at the user's devices.", PUSHED),
    why: WHY,
    digest: text("The digest in which it came."),
    at: at("When that was decided."),
    accepted: whole("Of one for many: to how many it goes."),
    stored: whole("For how many it was stored."),
    failed: whole("For how many it could not be stored."),
    withheld: whole("How many did not want it, or get it in a digest."),
    scheduled: whole("For how many it waits for its time."),
    delivered: whole("How many have it."),
    read: whole("How many have read it."),
    gone: whole("How many have it no more."),
    edited_at: at("When the last change was accepted."),
    editing: flag("Whether a change is still on its way."),
    edited: whole("How many have that change by now."),
  }),
);

export const EDITED = named(
  "EditedNotification",
  object("A notification that was changed.", { id: ID }, {
    user_id: USER,
    room: ROOM,
    edited_at: at("When it was changed."),
    deliver_at: at("When it is delivered."),
    state: { const: "editing", description: "One for many is changed in the background." },
    ignored: IGNORED,
  }),
);

export const WITHDRAWING = object("It is taken back from all in the background.", {
  id: ID,
  state: { const: "withdrawing" },
});

const SHOWN_FILE = object("A file.", { id: text("Its id.") }, {
  name: text("Its name."),
  type: text("Its media type."),
  bytes: whole("Its size."),
  sha256: text("Of its bytes."),
  width: whole("In pixels."),
  height: whole("In pixels."),
  url: text("A link to it."),
});

const SNOOZED = object("A notification that its user has put off.", {
  id: ID,
  room: ROOM,
  state: { const: "snoozed" },
  snoozed_until: at("When it comes back."),
}, {
  name: text("Who it is from."),
  message: text("The text."),
  data: any("What it carries for programs."),
  tags: list("Words.", { type: "string" }),
  attachments: list("Files.", SHOWN_FILE),
  image: SHOWN_FILE,
  ...Object.fromEntries(
    ["title", "kind", "url", "icon", "group"].map((name) => [name, { type: "string" }]),
  ),
  priority: whole("From 1 to 5."),
  actions: list("What the user can do.", object("One action.", {}, {})),
  markdown: flag("Whether the message is Markdown."),
  critical: flag("Whether it passes preferences."),
  progress: whole("In percent."),
  edited_at: at("When it was changed last."),
  first_offset: whole("Where it was in the inbox at first."),
});

export const SNOOZED_PAGE = object("What the user has put off, what comes back first first.", {
  notifications: list("One part of them.", SNOOZED),
}, { next: text("What `cursor` takes to go on; absent where that was all.") });

export const UNTIL = object("Until when.", {
  until: {
    allOf: [WHEN],
    description: "When it comes back: in the future, at most 366 days ahead.",
  },
});
