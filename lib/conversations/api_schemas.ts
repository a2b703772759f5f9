/** What conversations, members and messages look like to callers of the API, as `wire.ts` writes them. */
import { any, flag, list, map, named, object, oneOf, text, whole } from "../base/schema.ts";
import type { JsonSchema } from "../base/shape.ts";
import { at, NEXT, POSITION, USER } from "../http/openapi/kit.ts";
import { HISTORIES } from "./fields.ts";
import { ROLES } from "./field_kinds.ts";

/** A text that may be empty. */
const loose = (description: string): JsonSchema => text(description, { min: 0 });

const OFFSET = (description: string) => whole(description);

const FILE = named(
  "MessageFile",
  object("The file of a message.", { id: loose("Its id, or where it is.") }, {
    name: text("Its name."),
    type: text("Its media type."),
    bytes: whole("Its size."),
    width: whole("In pixels, of an image."),
    height: whole("In pixels, of an image."),
    url: text("A link by which whoever has it reads the file until its end."),
  }),
);

const ROLE = oneOf("What a member may do.", ROLES);
const KIND = oneOf("What it is.", ["text", "image", "file", "system"]);

const QUOTE = object("The message that it answers.", { id: whole("Its id."), kind: KIND }, {
  user_id: USER,
  name: text("Who it is from."),
  text: loose("Its first 200 characters."),
  file: FILE,
  deleted: flag("Whether it was taken back."),
});

export const MESSAGE = named(
  "Message",
  object("A message in a conversation.", {
    id: whole("Its id."),
    conversation: whole("In which it is."),
    offset: OFFSET("Its place in the conversation."),
    changed: OFFSET("The place of its last change."),
    kind: KIND,
    created_at: at("When it was sent."),
  }, {
    user_id: USER,
    name: text("Who it is from."),
    text: loose("What it says."),
    data: any("What it carries for programs."),
    file: FILE,
    reply_to: QUOTE,
    mentions: list("Users whom it mentions.", USER),
    own_id: text("The id that its sender made."),
    edited_at: at("When it was changed last."),
    deleted: flag("Whether it was taken back."),
    reactions: list(
      "What users say to it by an emoji.",
      object("One emoji.", {
        emoji: text("The emoji."),
        count: whole("By how many users."),
        user_ids: list("The first of them.", USER),
      }),
    ),
    status: oneOf("How far the caller's own message came.", ["sent", "delivered", "read"]),
    system: object("What a system message says.", {
      event: text("What happened, such as `added`."),
    }, {
      user_ids: list("Whom it is about.", USER),
      name: text("The new name."),
      role: ROLE,
    }),
  }),
);

const SEEN_PLACES = {
  read: OFFSET("Up to which offset this user has read."),
  delivered: OFFSET("Up to which offset this user's clients have what is in it."),
};

export const MEMBER = named(
  "Member",
  object(
    "A member of a conversation.",
    { user_id: USER, role: ROLE, joined_at: at("Since when.") },
    {
      name: text("The name that others see."),
      ...SEEN_PLACES,
    },
  ),
);

export const CONVERSATION = named(
  "Conversation",
  object("A conversation as its reader sees it.", {
    id: whole("Its id."),
    kind: oneOf("What it is.", ["private", "group"]),
    history: oneOf("What those see who come later.", HISTORIES),
    members_count: whole("How many are in it."),
    offset: OFFSET("The offset of its last event."),
    epoch: POSITION.epoch,
    created_at: at("When it was made."),
    changed_at: at("When anything in it changed last."),
  }, {
    name: text("The name of a group."),
    picture: text("The address of a picture."),
    data: any("What it carries for programs."),
    role: ROLE,
    unread: whole("How many messages its user has not read."),
    mentions: whole("In how many of these the user is mentioned."),
    ...SEEN_PLACES,
    muted_until: at("Until when it is muted."),
    pinned: flag("Whether it is pinned."),
    archived: flag("Whether it is archived."),
    last_message: MESSAGE,
    with: object("The other user of a private one.", { user_id: USER }, {
      name: text("The name that others see."),
      ...SEEN_PLACES,
    }),
    members: list("The first members.", MEMBER),
    members_next: text("Where the list of members goes on."),
  }),
);

export const CONVERSATIONS = object("Conversations, the newest first.", {
  conversations: list("One part of them.", CONVERSATION),
  unread: object("What is unread in all that are not archived.", {
    conversations: whole("In how many."),
    messages: whole("How many messages."),
    mentions: whole("How many mentions."),
  }),
  synced: text("From where a later list goes on, by `since`."),
}, {
  next: NEXT,
  removed: list("With `since`: those that the user is not in any more.", whole("A conversation.")),
});

export const MEMBERS = object("Members.", { members: list("One part.", MEMBER) }, { next: NEXT });

export const MESSAGES = object("Messages, the oldest first.", {
  messages: list("One part.", MESSAGE),
  has_before: flag("Whether there are older ones."),
  has_after: flag("Whether there are later ones."),
  offset: OFFSET("The offset of the last event."),
  epoch: POSITION.epoch,
}, { recovered: flag("With `since`: whether these are exactly those that were missed.") });

export const FOUND = object("Messages, the newest first.", {
  messages: list("One part.", MESSAGE),
}, { next: NEXT });

export const FILES = object("Files, the newest first.", {
  files: list(
    "One part.",
    object("A file with its message.", { id: loose("Its id."), message: MESSAGE }, {
      name: text("Its name."),
      type: text("Its media type."),
      bytes: whole("Its size."),
      width: whole("In pixels."),
      height: whole("In pixels."),
      url: text("A link to it."),
    }),
  ),
}, {
  next: NEXT,
  counts: map("On the first page: how many of each kind there are.", whole("So many.")),
});

export const SEEN = object("How far the user is.", {
  conversation: whole("The conversation."),
  unread: whole("How many messages the user has not read."),
  mentions: whole("In how many of these the user is mentioned."),
  ...SEEN_PLACES,
});

const KNOWN = (description: string) =>
  list(description, object("A member.", { user_id: USER }, { name: text("The name.") }));

export const RECEIPTS = object("Who has a message; each member is in one of the lists.", {
  read: KNOWN("Who has read it."),
  delivered: KNOWN("Who has it."),
  sent: KNOWN("To whom it is on its way."),
});
