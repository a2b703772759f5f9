/**
 * The calls of the HTTP API, by their names, with what they take and answer: `deno task openapi` writes this file from the
 * description of the API (`docs/openapi.json`). Next: `notifyli_api.ts`, which makes the calls.
 */

// deno-lint-ignore-file -- it is written by a program

/** On which programs can rely. */
export type ErrorCode =
  | "invalid_json"
  | "invalid_frame"
  | "missing_field"
  | "invalid_field"
  | "too_long"
  | "too_slow"
  | "unsupported_type"
  | "unknown_type"
  | "forbidden_type"
  | "user_mismatch"
  | "unauthorized"
  | "invalid_token"
  | "expired_token"
  | "revoked_token"
  | "blocked"
  | "not_connected"
  | "not_in_room"
  | "put_out"
  | "too_many_rooms"
  | "room_full"
  | "too_many_subscriptions"
  | "too_many_filters"
  | "too_many_scheduled"
  | "too_many_kinds"
  | "too_many_contacts"
  | "too_many_followed"
  | "too_many_devices"
  | "id_taken"
  | "too_many_recipients"
  | "too_many_members"
  | "too_many_conversations"
  | "too_large"
  | "type_denied"
  | "too_many_files"
  | "too_many_uploads"
  | "storage_full"
  | "conflict"
  | "offset_mismatch"
  | "file_refused"
  | "unsatisfiable_range"
  | "unsupported_version"
  | "too_late"
  | "too_many_attempts"
  | "too_many_watchers"
  | "rate_limited"
  | "too_many_connections"
  | "address_denied"
  | "host_denied"
  | "forbidden"
  | "not_found"
  | "method_not_allowed"
  | "upgrade_required"
  | "unavailable"
  | "unconfirmed"
  | "missed"
  | "internal";

/** What a call takes, and what it answers. */
export interface Call<Request, Answer> {
  readonly request: Request;
  readonly answer: Answer;
}

/** What a user can do with a notification, by a button. */
export type Action = {
readonly type: "view";
/** What the button says. */
readonly label: string;
/** What it opens. An address with http, https, mailto or tel, or a path. */
readonly url: string;
/** By which it is done; the number of its place where none is said. */
readonly id?: string;
/** Whether the notification is archived once it is done. */
readonly clear?: boolean;
} | ({
readonly type: "http";
/** What the button says. */
readonly label: string;
/** What the server calls. */
readonly url: string;
/** By which it is done; the number of its place where none is said. */
readonly id?: string;
/** Whether the notification is archived once it is done. */
readonly clear?: boolean;
/** By which it is called. */
readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
/** Headers of the call. */
readonly headers?: Readonly<Record<string, string>>;
/** The body of the call. */
readonly body?: string;
}) | {
readonly type: "reply";
/** What the button says. */
readonly label: string;
/** By which it is done; the number of its place where none is said. */
readonly id?: string;
/** Whether the notification is archived once it is done. */
readonly clear?: boolean;
/** What stands where nothing is typed yet. */
readonly placeholder?: string;
};

/** A key, without its secret. */
export type ApiKey = {
/** Its id. */
readonly id: string;
/** What it is for. */
readonly name: string;
/** The caller's own site, which is meant where none is named. The operator may name any. */
readonly site: string;
/** What its holder may do. */
readonly scopes: readonly ("publish" | "read" | "manage" | "chat:read" | "chat:write" | "files:read" | "files:write")[];
/** When it was made. Unix time in seconds. */
readonly created_at: number;
/** When it ends. Unix time in seconds. */
readonly expires_at?: number;
/** When it was used last, as far as is known. Unix time in seconds. */
readonly last_used_at?: number;
/** When it was revoked. Unix time in seconds. */
readonly revoked_at?: number;
};

/** What somebody managed. */
export type AuditRecord = {
/** Its id. */
readonly id: string;
/** When. Unix time in seconds. */
readonly at: number;
/** The id of a key, `operator`, or a user. */
readonly who: string;
/** What, such as `key.create`. */
readonly action: string;
/** What it was done to. */
readonly target?: unknown;
/** Of which site. */
readonly site?: string;
/** From where. */
readonly address?: string;
/** The id of the request that did it, as in `X-Request-Id`. */
readonly request?: string;
};

/** A user who is blocked. */
export type Block = {
/** The user's id. One that looks like a whole number is a number. */
readonly user_id: number | string;
/** Since when. Unix time in seconds. */
readonly blocked_at: number;
/** Until when; absent: for good. Unix time in seconds. */
readonly until?: number;
};

/** By which ways something comes; what is absent is not chosen. */
export type Choice = {
/** Whether it comes into the inbox. */
readonly in_app?: boolean;
/** Whether it is pushed to devices. */
readonly push?: boolean;
/** Whether it is mailed. */
readonly mail?: boolean;
};

/** A contact, or a user who is blocked. */
export type Contact = {
/** The user's id. One that looks like a whole number is a number. */
readonly user_id: number | string;
/** How its owner calls the user. */
readonly name?: string;
/** `false` for who is no contact, and blocked alone. */
readonly contact?: boolean;
/** Whether the user is blocked. */
readonly blocked?: boolean;
/** Whether the user is online; absent where that may not be seen. */
readonly status?: "online" | "away" | "offline";
/** When the user was there last. Unix time in seconds. */
readonly last_seen?: number;
};

/** What is to change. */
export type ContactChange = {
/** How the contact is called; `null` for no name. */
readonly name?: string | null;
/** Whether the user is blocked. */
readonly blocked?: boolean;
/** Whether the user is a contact no more. */
readonly remove?: boolean;
};

/** A contact. */
export type ContactFields = {
/** How the contact is called; `null` for no name. */
readonly name?: string | null;
/** Whether the user is blocked. */
readonly blocked?: boolean;
};

/** A conversation as its reader sees it. */
export type Conversation = {
/** Its id. */
readonly id: number;
/** What it is. */
readonly kind: "private" | "group";
/** What those see who come later. */
readonly history: "joined" | "all";
/** How many are in it. */
readonly members_count: number;
/** The offset of its last event. */
readonly offset: number;
/** Of which history the offset is. */
readonly epoch: string;
/** When it was made. Unix time in seconds. */
readonly created_at: number;
/** When anything in it changed last. Unix time in seconds. */
readonly changed_at: number;
/** The name of a group. */
readonly name?: string;
/** The address of a picture. */
readonly picture?: string;
/** What it carries for programs. */
readonly data?: unknown;
/** What a member may do. */
readonly role?: "owner" | "admin" | "member";
/** How many messages its user has not read. */
readonly unread?: number;
/** In how many of these the user is mentioned. */
readonly mentions?: number;
/** Up to which offset this user has read. */
readonly read?: number;
/** Up to which offset this user's clients have what is in it. */
readonly delivered?: number;
/** Until when it is muted. Unix time in seconds. */
readonly muted_until?: number;
/** Whether it is pinned. */
readonly pinned?: boolean;
/** Whether it is archived. */
readonly archived?: boolean;
readonly last_message?: Message;
/** The other user of a private one. */
readonly with?: {
/** The user's id. One that looks like a whole number is a number. */
readonly user_id: number | string;
/** The name that others see. */
readonly name?: string;
/** Up to which offset this user has read. */
readonly read?: number;
/** Up to which offset this user's clients have what is in it. */
readonly delivered?: number;
};
/** The first members. */
readonly members?: readonly (Member)[];
/** Where the list of members goes on. */
readonly members_next?: string;
};

/** What is to change; `null` takes a field away, and what is absent stays. */
export type ConversationChange = {
/** As which user an application calls; a user's token says that itself. */
readonly user_id?: number | string;
/** The name that others see of the user as whom an application acts. */
readonly from?: string;
/** The name of a group. */
readonly name?: string | null;
/** The address of a picture: an http or https URL, or a path. */
readonly picture?: string | null;
/** Any JSON value for programs. */
readonly data?: unknown;
/** Who comes in. */
readonly add?: readonly (number | string)[];
/** Who goes. */
readonly remove?: readonly (number | string)[];
/** Roles by users. Making another one the owner hands the group over. */
readonly roles?: Readonly<Record<string, "owner" | "admin" | "member">>;
/** Whether the user goes. */
readonly leave?: boolean;
/** Whether it is archived for the user. */
readonly archived?: boolean;
/** Whether it is pinned for the user. */
readonly pinned?: boolean;
/** Mutes it for good, or not any more. */
readonly muted?: boolean;
/** Until when it is muted. */
readonly muted_until?: Time | null;
};

/** A key with its secret. */
export type CreatedApiKey = {
/** Its id. */
readonly id: string;
/** What it is for. */
readonly name: string;
/** The caller's own site, which is meant where none is named. The operator may name any. */
readonly site: string;
/** What its holder may do. */
readonly scopes: readonly ("publish" | "read" | "manage" | "chat:read" | "chat:write" | "files:read" | "files:write")[];
/** When it was made. Unix time in seconds. */
readonly created_at: number;
/** What callers show. */
readonly key: string;
/** When it ends. Unix time in seconds. */
readonly expires_at?: number;
/** When it was used last, as far as is known. Unix time in seconds. */
readonly last_used_at?: number;
/** When it was revoked. Unix time in seconds. */
readonly revoked_at?: number;
};

/** A device, without its token. */
export type Device = {
/** Its id. */
readonly id: string;
/** Who delivers the pushes; which there are, the server's settings say. */
readonly provider: "web_push" | "fcm" | "apns" | "ntfy" | "mail";
/** When it was registered first. Unix time in seconds. */
readonly created_at: number;
/** When it was registered last. Unix time in seconds. */
readonly seen_at: number;
/** The user's id. One that looks like a whole number is a number. */
readonly user_id?: number | string;
/** Such as `android`. */
readonly platform?: string;
/** The application on it. */
readonly app?: string;
/** A language. */
readonly locale?: string;
/** A time zone. */
readonly time_zone?: string;
/** What the last push came to. */
readonly last?: {
/** When. Unix time in seconds. */
readonly at: number;
/** What it came to: `taken`, `gone`, `later` or `refused`. */
readonly result: string;
/** Why. */
readonly why?: string;
};
};

/** What a user did. */
export type DoneAction = {
/** The notification's id. */
readonly id: string;
/** The action. */
readonly action: string;
/** The user's id. One that looks like a whole number is a number. */
readonly user_id?: number | string;
/** It is being done. */
readonly state?: "pending";
/** When it was done. Unix time in seconds. */
readonly done_at?: number;
/** The status of the answer of the address that was called. */
readonly status?: number;
/** What came back, or what the user replied. */
readonly text?: string;
};

/** How it drains. */
export type Drain = {
/** How long clients are told to go; else `APP_DRAIN_SECONDS`, or 15 where that is off. */
readonly seconds?: number;
};

/** A notification that was changed. */
export type EditedNotification = {
/** The notification's id. */
readonly id: string;
/** The user's id. One that looks like a whole number is a number. */
readonly user_id?: number | string;
/** The room that clients show it in. */
readonly room?: string;
/** When it was changed. Unix time in seconds. */
readonly edited_at?: number;
/** When it is delivered. Unix time in seconds. */
readonly deliver_at?: number;
/** One for many is changed in the background. */
readonly state?: "editing";
readonly ignored?: Ignored;
};

/** What this call has erased. */
export type Erased = {
/** How many of each noun. */
readonly erased: Readonly<Record<string, number>>;
/** Whether nothing is left. */
readonly done: boolean;
};

/** A file. */
export type FileShown = {
/** Its id. */
readonly id: string;
/** Its name. */
readonly name: string;
/** The media type that its bytes have. */
readonly type: string;
/** Its size. */
readonly bytes: number;
/** Of its bytes, in hexadecimal digits. */
readonly sha256: string;
/** In pixels, of an image. */
readonly width?: number;
/** In pixels, of an image. */
readonly height?: number;
/** A link by which whoever has it reads the file until its end. */
readonly url?: string;
};

/** A topic that a user follows. */
export type FollowedTopic = {
/** The user's id. One that looks like a whole number is a number. */
readonly user_id: number | string;
/** The name of a topic. */
readonly topic: string;
};

/** Fields of the call that mean nothing here, with those that were probably meant. */
export type Ignored = readonly ({
/** Its name. */
readonly field: string;
/** What was meant. */
readonly meant?: string;
})[];

/** What is set for a kind. */
export type Kind = {
/** The kind. */
readonly kind: string;
/** It rises with each change; with another one than is there nothing is changed. */
readonly version: number;
/** What people call it. */
readonly name?: string;
/** What it is. */
readonly description?: string;
/** Whether it comes into the inbox. */
readonly in_app?: boolean;
/** Whether it is pushed to devices. */
readonly push?: boolean;
/** Whether it is mailed. */
readonly mail?: boolean;
/** Why users cannot choose its ways; absent where they can. */
readonly locked?: string;
/** When several become one: so long after the first, or at times of the day. */
readonly digest?: {
/** A duration up to seven days. */
readonly window?: string | number;
/** Times of the user's day. */
readonly at?: readonly (string)[];
};
/** The text of a digest. */
readonly template?: string;
/** How many come at once. */
readonly throttle?: {
/** So many. */
readonly count: number;
/** A duration up to seven days. */
readonly per: string | number;
};
/** How often one asks for attention until it was seen. */
readonly repeat?: {
/** A duration up to seven days. */
readonly every: string | number;
/** So often. */
readonly times: number;
/** Who gets it then, or by which way. */
readonly escalate?: ({
/** A user's id: a whole number or a text; 123 and "123" are the same user. */
readonly user_id: number | string;
}) | ({
/** The way. */
readonly way: "in_app" | "push" | "mail";
});
};
readonly ignored?: Ignored;
};

/** A file in a list. */
export type ListedFile = {
/** Its id. */
readonly id: string;
/** Its name. */
readonly name: string;
/** The media type that its bytes have. */
readonly type: string;
/** Its size. */
readonly bytes: number;
/** Of its bytes, in hexadecimal digits. */
readonly sha256: string;
/** When it was uploaded. Unix time in seconds. */
readonly created_at: number;
/** In pixels, of an image. */
readonly width?: number;
/** In pixels, of an image. */
readonly height?: number;
/** A link by which whoever has it reads the file until its end. */
readonly url?: string;
/** The user's id. One that looks like a whole number is a number. */
readonly user_id?: number | string;
};

/** A member of a conversation. */
export type Member = {
/** The user's id. One that looks like a whole number is a number. */
readonly user_id: number | string;
/** What a member may do. */
readonly role: "owner" | "admin" | "member";
/** Since when. Unix time in seconds. */
readonly joined_at: number;
/** The name that others see. */
readonly name?: string;
/** Up to which offset this user has read. */
readonly read?: number;
/** Up to which offset this user's clients have what is in it. */
readonly delivered?: number;
};

/** The role. */
export type MemberChange = {
/** What the member may do. */
readonly role: "owner" | "admin" | "member";
/** As which user an application calls; a user's token says that itself. */
readonly user_id?: number | string;
/** The name that others see of the user as whom an application acts. */
readonly from?: string;
};

/** A message in a conversation. */
export type Message = {
/** Its id. */
readonly id: number;
/** In which it is. */
readonly conversation: number;
/** Its place in the conversation. */
readonly offset: number;
/** The place of its last change. */
readonly changed: number;
/** What it is. */
readonly kind: "text" | "image" | "file" | "system";
/** When it was sent. Unix time in seconds. */
readonly created_at: number;
/** The user's id. One that looks like a whole number is a number. */
readonly user_id?: number | string;
/** Who it is from. */
readonly name?: string;
/** What it says. */
readonly text?: string;
/** What it carries for programs. */
readonly data?: unknown;
readonly file?: MessageFile;
/** The message that it answers. */
readonly reply_to?: {
/** Its id. */
readonly id: number;
/** What it is. */
readonly kind: "text" | "image" | "file" | "system";
/** The user's id. One that looks like a whole number is a number. */
readonly user_id?: number | string;
/** Who it is from. */
readonly name?: string;
/** Its first 200 characters. */
readonly text?: string;
readonly file?: MessageFile;
/** Whether it was taken back. */
readonly deleted?: boolean;
};
/** Users whom it mentions. */
readonly mentions?: readonly (number | string)[];
/** The id that its sender made. */
readonly own_id?: string;
/** When it was changed last. Unix time in seconds. */
readonly edited_at?: number;
/** Whether it was taken back. */
readonly deleted?: boolean;
/** What users say to it by an emoji. */
readonly reactions?: readonly ({
/** The emoji. */
readonly emoji: string;
/** By how many users. */
readonly count: number;
/** The first of them. */
readonly user_ids: readonly (number | string)[];
})[];
/** How far the caller's own message came. */
readonly status?: "sent" | "delivered" | "read";
/** What a system message says. */
readonly system?: {
/** What happened, such as `added`. */
readonly event: string;
/** Whom it is about. */
readonly user_ids?: readonly (number | string)[];
/** The new name. */
readonly name?: string;
/** What a member may do. */
readonly role?: "owner" | "admin" | "member";
};
};

/** What is to change. */
export type MessageChange = {
/** As which user an application calls; a user's token says that itself. */
readonly user_id?: number | string;
/** The name that others see of the user as whom an application acts. */
readonly from?: string;
/** What it says. */
readonly text?: string;
/** Any JSON value for programs; `null` takes it away. */
readonly data?: unknown;
};

/** The file of a message. */
export type MessageFile = {
/** Its id, or where it is. */
readonly id: string;
/** Its name. */
readonly name?: string;
/** Its media type. */
readonly type?: string;
/** Its size. */
readonly bytes?: number;
/** In pixels, of an image. */
readonly width?: number;
/** In pixels, of an image. */
readonly height?: number;
/** A link by which whoever has it reads the file until its end. */
readonly url?: string;
};

/** A key. */
export type NewApiKey = {
/** What it is for. */
readonly name: string;
/** What its holder may do. */
readonly scopes: readonly ("publish" | "read" | "manage" | "chat:read" | "chat:write" | "files:read" | "files:write")[];
/** The caller's own site, which is meant where none is named. The operator may name any. */
readonly site?: string;
/** When it ends; a time in the future. */
readonly expires_at?: Time;
};

/** For how long; for good where nothing is said. */
export type NewBlock = {
/** So many seconds. */
readonly seconds?: number;
/** Until then, which is in the future. */
readonly until?: Time;
/** The caller's own site, which is meant where none is named. The operator may name any. */
readonly site?: string;
};

/** A message, and the rooms that it is said in. */
export type NewBroadcast = {
/** Which rooms, with `*` for any text. */
readonly rooms?: string;
/** A text for people; it may be absent where there is `data`. */
readonly message?: string;
/** Any JSON value for programs, of at most 16384 bytes and 100 values in each other. */
readonly data?: unknown;
/** The name that others see. */
readonly name?: string;
/** As which user it is shown; the caller may speak for any user of its site. */
readonly user_id?: number | string;
/** An id of the caller's own: the same one again is the same thing, which is sent once. */
readonly id?: string | number;
/** The caller's own site, which is meant where none is named. The operator may name any. */
readonly site?: string;
};

/** A conversation. */
export type NewConversation = {
/** What it is. */
readonly kind: "private" | "group";
/** As which user an application calls; a user's token says that itself. */
readonly user_id?: number | string;
/** The name that others see of the user as whom an application acts. */
readonly from?: string;
/** The others. A private conversation has one, or two where an application opens it as itself. */
readonly members?: readonly (number | string)[];
/** The name of a group. */
readonly name?: string;
/** The address of a picture: an http or https URL, or a path. */
readonly picture?: string;
/** Any JSON value for programs, of at most 16384 bytes and 100 values in each other. */
readonly data?: unknown;
/** What those see who come later. */
readonly history?: "joined" | "all";
/** An id of the caller's own: the same one again is the same thing, which is sent once. */
readonly id?: string;
};

/** A device. */
export type NewDevice = {
/** Who delivers the pushes; which there are, the server's settings say. */
readonly provider: "web_push" | "fcm" | "apns" | "ntfy" | "mail";
/** By what the provider knows the device: a browser's subscription, a registration token, the URL of a topic, an address. */
readonly token: string | {
/** Where it is pushed to. */
readonly endpoint: string;
/** By which it is encrypted. */
readonly keys: {
/** A key. */
readonly p256dh: string;
/** A secret. */
readonly auth: string;
};
};
/** Such as `android`. */
readonly platform?: string;
/** The application on it, where a site has several. */
readonly app?: string;
/** A language. */
readonly locale?: string;
/** A time zone. */
readonly time_zone?: string;
};

/** What is usual. */
export type NewKind = {
/** What people call it. */
readonly name?: string | null;
/** What it is. */
readonly description?: string | null;
/** Whether it comes into the inbox. */
readonly in_app?: boolean | null;
/** Whether it is pushed to devices. */
readonly push?: boolean | null;
/** Whether it is mailed. */
readonly mail?: boolean | null;
/** Why users cannot choose its ways; absent where they can. */
readonly locked?: string | null;
/** When several become one: so long after the first, or at times of the day. */
readonly digest?: ({
/** A duration up to seven days. */
readonly window?: string | number;
/** Times of the user's day. */
readonly at?: readonly (string)[];
}) | null;
/** The text of a digest. */
readonly template?: string | null;
/** How many come at once. */
readonly throttle?: ({
/** So many. */
readonly count: number;
/** A duration up to seven days. */
readonly per: string | number;
}) | null;
/** How often one asks for attention until it was seen. */
readonly repeat?: ({
/** A duration up to seven days. */
readonly every: string | number;
/** So often. */
readonly times: number;
/** Who gets it then, or by which way. */
readonly escalate?: ({
/** A user's id: a whole number or a text; 123 and "123" are the same user. */
readonly user_id: number | string;
}) | ({
/** The way. */
readonly way: "in_app" | "push" | "mail";
});
}) | null;
/** The version that the caller has read. */
readonly version?: number | string;
/** The caller's own site, which is meant where none is named. The operator may name any. */
readonly site?: string;
};

/** The levels; what was set before counts no more. */
export type NewLogLevels = {
/** Levels by categories. */
readonly levels: Readonly<Record<string, "trace" | "debug" | "info" | "warning" | "error" | "fatal">>;
};

/** Who comes in. */
export type NewMembers = {
/** Users. */
readonly members: readonly (number | string)[];
/** As which user an application calls; a user's token says that itself. */
readonly user_id?: number | string;
/** The name that others see of the user as whom an application acts. */
readonly from?: string;
};

/** A message. */
export type NewMessage = {
/** As which user an application calls; a user's token says that itself. */
readonly user_id?: number | string;
/** The name that others see of the user as whom an application acts. */
readonly from?: string;
/** What it is. */
readonly kind?: "text" | "image" | "file";
/** What it says. */
readonly text?: string;
/** Any JSON value for programs, of at most 16384 bytes and 100 values in each other. */
readonly data?: unknown;
/** The id of a file that its sender may read, or an address where it is. */
readonly file?: string;
/** The id of the message that it answers. */
readonly reply_to?: number;
/** Users whom it mentions. */
readonly mentions?: readonly (number | string)[];
/** An id of the caller's own: the same one again is the same thing, which is sent once. */
readonly id?: string;
};

/** A message, and to where. */
export type NewMessageTo = {
/** To the private conversation with this user, which is made where there is none. */
readonly to?: number | string;
/** To this conversation. */
readonly conversation?: number;
/** As which user an application calls; a user's token says that itself. */
readonly user_id?: number | string;
/** The name that others see of the user as whom an application acts. */
readonly from?: string;
/** What it is. */
readonly kind?: "text" | "image" | "file";
/** What it says. */
readonly text?: string;
/** Any JSON value for programs, of at most 16384 bytes and 100 values in each other. */
readonly data?: unknown;
/** The id of a file that its sender may read, or an address where it is. */
readonly file?: string;
/** The id of the message that it answers. */
readonly reply_to?: number;
/** Users whom it mentions. */
readonly mentions?: readonly (number | string)[];
/** An id of the caller's own: the same one again is the same thing, which is sent once. */
readonly id?: string;
};

/** A notification, and to whom it goes: one of the first four fields says it. */
export type NewNotification = {
/** A user's id: a whole number or a text; 123 and "123" are the same user. */
readonly user_id?: number | string;
/** Several users. */
readonly user_ids?: readonly (number | string)[];
/** All who follow this topic. */
readonly topic?: string;
/** Everyone who has ever been here. */
readonly everyone?: true;
/** A text for people; it may be absent where there is `data`. */
readonly message?: string;
/** Any JSON value for programs, of at most 16384 bytes and 100 values in each other. */
readonly data?: unknown;
/** The room that clients show it in; that of the user, or of all, where none is named. */
readonly room?: string;
/** Who it is from. */
readonly from?: string;
/** When it happened; the time of its delivery where none is said. */
readonly timestamp?: Time;
/** When nobody gets it any more. */
readonly expires_at?: Time;
/** When it is delivered; at once where that is past. At most 366 days ahead. */
readonly deliver_at?: When;
/** Files. */
readonly attachments?: readonly (string)[];
/** The id of a picture that was uploaded before. */
readonly image?: string;
/** A title. */
readonly title?: string;
/** A category, by which users choose what they want and how. */
readonly kind?: string;
/** From 1, what can wait, to 5, what cannot; 3 where none is said. Names are those of ntfy. */
readonly priority?: number | ("min" | "low" | "default" | "normal" | "high" | "urgent" | "max");
/** Where it leads. An address with http, https, mailto or tel, or a path. */
readonly url?: string;
/** A small picture. An address with http, https, mailto or tel, or a path. */
readonly icon?: string;
/** Words. */
readonly tags?: readonly (string)[];
/** What the user can do. */
readonly actions?: readonly (Action)[];
/** The newest of a group stands for the others. */
readonly group?: string;
/** Whether the message is Markdown. */
readonly markdown?: boolean;
/** Whether it passes preferences, quiet hours, digests and throttles. */
readonly critical?: boolean;
/** How far something is, in percent. */
readonly progress?: number;
/** An id of the caller's own: the same one again is the same thing, which is sent once. */
readonly id?: string | number;
};

/** What the user chooses. */
export type NewPreferences = {
/** By kinds, and parts of kinds up to a dot; `*` is every kind. */
readonly kinds?: Readonly<Record<string, Choice>>;
/** By topics. */
readonly topics?: Readonly<Record<string, Choice>>;
readonly quiet_hours?: QuietHours;
/** A time zone. */
readonly time_zone?: string;
/** Until when nothing asks for attention. */
readonly mute_until?: When;
/** The version that the caller has read. */
readonly version?: number | string;
};

/** What is revoked: one of the first four. */
export type NewRevocation = {
/** A token's `jti`. */
readonly token_id?: string;
/** A session's `sid`. */
readonly session_id?: string;
/** A user's id: a whole number or a text; 123 and "123" are the same user. */
readonly user_id?: number | string;
/** All tokens of the site. */
readonly everyone?: true;
/** When the tokens end anyway; a time in the future. */
readonly expires_at?: Time;
/** The caller's own site, which is meant where none is named. The operator may name any. */
readonly site?: string;
};

/** An event. */
export type NewRoomEvent = {
/** What happened. */
readonly event: string;
/** Any JSON value for programs, of at most 16384 bytes and 100 values in each other. */
readonly data?: unknown;
/** The name that others see. */
readonly name?: string;
/** Whom it is shown to be from. */
readonly user_id?: number | string;
/** The caller's own site, which is meant where none is named. The operator may name any. */
readonly site?: string;
};

/** A message. */
export type NewRoomMessage = {
/** A text for people; it may be absent where there is `data`. */
readonly message?: string;
/** Any JSON value for programs, of at most 16384 bytes and 100 values in each other. */
readonly data?: unknown;
/** The name that others see. */
readonly name?: string;
/** As which user it is shown; the caller may speak for any user of its site. */
readonly user_id?: number | string;
/** An id of the caller's own: the same one again is the same thing, which is sent once. */
readonly id?: string | number;
/** The caller's own site, which is meant where none is named. The operator may name any. */
readonly site?: string;
};

/** An event. */
export type NewTopicEvent = {
/** What happened, of at most 16384 bytes and 100 values in each other. */
readonly data: Readonly<Record<string, unknown>>;
/** An id of the caller's own: the same one again is the same thing, which is sent once. */
readonly id?: string | number;
/** The caller's own site, which is meant where none is named. The operator may name any. */
readonly site?: string;
};

/** A notification for the user of the path. */
export type NewUserNotification = {
/** A text for people; it may be absent where there is `data`. */
readonly message?: string;
/** Any JSON value for programs, of at most 16384 bytes and 100 values in each other. */
readonly data?: unknown;
/** The room that clients show it in; that of the user, or of all, where none is named. */
readonly room?: string;
/** Who it is from. */
readonly from?: string;
/** When it happened; the time of its delivery where none is said. */
readonly timestamp?: Time;
/** When nobody gets it any more. */
readonly expires_at?: Time;
/** When it is delivered; at once where that is past. At most 366 days ahead. */
readonly deliver_at?: When;
/** Files. */
readonly attachments?: readonly (string)[];
/** The id of a picture that was uploaded before. */
readonly image?: string;
/** A title. */
readonly title?: string;
/** A category, by which users choose what they want and how. */
readonly kind?: string;
/** From 1, what can wait, to 5, what cannot; 3 where none is said. Names are those of ntfy. */
readonly priority?: number | ("min" | "low" | "default" | "normal" | "high" | "urgent" | "max");
/** Where it leads. An address with http, https, mailto or tel, or a path. */
readonly url?: string;
/** A small picture. An address with http, https, mailto or tel, or a path. */
readonly icon?: string;
/** Words. */
readonly tags?: readonly (string)[];
/** What the user can do. */
readonly actions?: readonly (Action)[];
/** The newest of a group stands for the others. */
readonly group?: string;
/** Whether the message is Markdown. */
readonly markdown?: boolean;
/** Whether it passes preferences, quiet hours, digests and throttles. */
readonly critical?: boolean;
/** How far something is, in percent. */
readonly progress?: number;
/** An id of the caller's own: the same one again is the same thing, which is sent once. */
readonly id?: string | number;
};

/** What a node does. */
export type NodeShown = {
/** Another one after each start. */
readonly id: string;
/** `APP_NODE_NAME`, or else the machine's name and the port. */
readonly name: string;
/** Of the program. */
readonly version: string;
/** Since when it runs. Unix time in seconds. */
readonly started_at: number;
/** When it was heard of last. Unix time in seconds. */
readonly seen_at: number;
/** Whether it can do its work. */
readonly ready: boolean;
/** How many cores it uses. */
readonly cpu: number;
/** In bytes. */
readonly memory: {
/** All of the process. */
readonly rss: number;
/** Of the heap, in use. */
readonly heap_used: number;
/** Of the heap. */
readonly heap_total: number;
};
/** How late turns of the event loop came, in the last ten seconds. */
readonly loop_lag_ms: {
/** Half were no later. In milliseconds. */
readonly p50: number;
/** 99 of 100 were no later. In milliseconds. */
readonly p99: number;
/** None was later. In milliseconds. */
readonly max: number;
};
/** How many are open. */
readonly connections: number;
/** Of how many users. */
readonly users: number;
/** In how many rooms. */
readonly rooms: number;
/** Per second. */
readonly rates: {
/** That reached connections of this node. */
readonly publications: number;
/** Those times the connections that hear them. */
readonly deliveries: number;
/** Calls of the API. */
readonly requests: number;
/** What was dropped. */
readonly dropped: number;
};
/** From when a notification was accepted to when a client acknowledged it. */
readonly latency_ms: {
/** Half of them within. In milliseconds. */
readonly p50: number | null;
/** 99 of 100 within. In milliseconds. */
readonly p99: number | null;
};
/** A point for every ten seconds of the last hour, the oldest first. */
readonly history: readonly ({
/** When that was. Unix time in seconds. */
readonly at: number;
/** How many there were. */
readonly connections: number;
/** So many per second. */
readonly deliveries: number;
/** 99 of 100 turns of the event loop were no later. In milliseconds. */
readonly lag_p99: number;
/** Half of the notifications were acknowledged within. In milliseconds. */
readonly latency_p50: number | null;
/** 99 of 100 notifications were acknowledged within. In milliseconds. */
readonly latency_p99: number | null;
/** Cores in use. */
readonly cpu: number;
/** Bytes of memory. */
readonly rss: number;
})[];
/** Why it is not ready. */
readonly reason?: string;
};

/** What the user says; actions but `reply` take nothing. */
export type NotificationAnswer = {
/** The user's reply. */
readonly text?: string;
};

/** What is to change; `null` takes a field away, and what is absent stays. */
export type NotificationChange = {
/** Whose notification it is; all of one for many where nobody is named. */
readonly user_id?: number | string;
/** A text for people; it may be absent where there is `data`. */
readonly message?: string | null;
/** Any JSON value for programs, of at most 16384 bytes and 100 values in each other. */
readonly data?: unknown | null;
/** The room that clients show it in; that of the user, or of all, where none is named. */
readonly room?: string | null;
/** Who it is from. */
readonly from?: string | null;
/** When it happened; the time of its delivery where none is said. */
readonly timestamp?: Time | null;
/** When nobody gets it any more. */
readonly expires_at?: Time | null;
/** When it is delivered; at once where that is past. At most 366 days ahead. */
readonly deliver_at?: When | null;
/** Files. */
readonly attachments?: readonly (string)[] | null;
/** The id of a picture that was uploaded before. */
readonly image?: string | null;
/** A title. */
readonly title?: string | null;
/** A category, by which users choose what they want and how. */
readonly kind?: string | null;
/** From 1, what can wait, to 5, what cannot; 3 where none is said. Names are those of ntfy. */
readonly priority?: (number | ("min" | "low" | "default" | "normal" | "high" | "urgent" | "max")) | null;
/** Where it leads. An address with http, https, mailto or tel, or a path. */
readonly url?: string | null;
/** A small picture. An address with http, https, mailto or tel, or a path. */
readonly icon?: string | null;
/** Words. */
readonly tags?: readonly (string)[] | null;
/** What the user can do. */
readonly actions?: readonly (Action)[] | null;
/** The newest of a group stands for the others. */
readonly group?: string | null;
/** Whether the message is Markdown. */
readonly markdown?: boolean | null;
/** Whether it passes preferences, quiet hours, digests and throttles. */
readonly critical?: boolean | null;
/** How far something is, in percent. */
readonly progress?: number | null;
};

/** How far a notification came. */
export type NotificationReceipt = {
/** The notification's id. */
readonly id: string;
/** How far. */
readonly state: "queued" | "sent" | "delivered" | "read" | "archived" | "scheduled" | "snoozed" | "withheld" | "digested" | "withdrawn" | "expired" | "sending" | "editing" | "done" | "withdrawing";
/** The user's id. One that looks like a whole number is a number. */
readonly user_id?: number | string;
/** When it was stored. Unix time in seconds. */
readonly queued_at?: number;
/** When it was written to a connection first. Unix time in seconds. */
readonly sent_at?: number;
/** When a client has said that it has it. Unix time in seconds. */
readonly delivered_at?: number;
/** When the user has read it. Unix time in seconds. */
readonly read_at?: number;
/** When it is delivered. Unix time in seconds. */
readonly deliver_at?: number;
/** When it comes back. Unix time in seconds. */
readonly snoozed_until?: number;
/** What the user did. */
readonly actions?: readonly ({
/** The action. */
readonly id: string;
/** When it was done. Unix time in seconds. */
readonly done_at?: number;
/** The status of the answer of the address that was called. */
readonly status?: number;
/** What came back, or what the user replied. */
readonly text?: string;
})[];
/** What became of it at the user's devices. */
readonly pushes?: readonly ({
/** Such as `sent`, `shown`, `failed` or `skipped`. */
readonly state: string;
/** When that was. Unix time in seconds. */
readonly at: number;
/** The device. */
readonly device?: string;
/** By which it was pushed. */
readonly provider?: string;
/** Why it is so. */
readonly why?: string;
/** The user's id. One that looks like a whole number is a number. */
readonly user_id?: number | string;
})[];
/** Whose word that is: `preferences` of the user, the `kind`, or its `throttle`. */
readonly why?: string;
/** The digest in which it came. */
readonly digest?: string;
/** When that was decided. Unix time in seconds. */
readonly at?: number;
/** Of one for many: to how many it goes. */
readonly accepted?: number;
/** For how many it was stored. */
readonly stored?: number;
/** For how many it could not be stored. */
readonly failed?: number;
/** How many did not want it, or get it in a digest. */
readonly withheld?: number;
/** For how many it waits for its time. */
readonly scheduled?: number;
/** How many have it. */
readonly delivered?: number;
/** How many have read it. */
readonly read?: number;
/** How many have it no more. */
readonly gone?: number;
/** When the last change was accepted. Unix time in seconds. */
readonly edited_at?: number;
/** Whether a change is still on its way. */
readonly editing?: boolean;
/** How many have that change by now. */
readonly edited?: number;
};

/** What a user has chosen, and what comes of it. */
export type Preferences = {
/** By kinds, and parts of kinds up to a dot; `*` is every kind. */
readonly kinds: Readonly<Record<string, Choice>>;
/** By topics. */
readonly topics: Readonly<Record<string, Choice>>;
/** It rises with each change; with another one than is there nothing is changed. */
readonly version: number;
/** What comes of the user's choices and the application's kinds. */
readonly effective: {
/** A time zone. */
readonly time_zone: string;
/** Whether all is muted. */
readonly muted: boolean;
/** Whether it is quiet. */
readonly quiet: boolean;
/** By which ways each kind comes. */
readonly kinds: Readonly<Record<string, {
/** Whether it comes into the inbox. */
readonly in_app?: boolean;
/** Whether it is pushed to devices. */
readonly push?: boolean;
/** Whether it is mailed. */
readonly mail?: boolean;
/** What people call it. */
readonly name?: string;
/** What it is. */
readonly description?: string;
/** Why users cannot choose its ways. */
readonly locked?: string;
}>>;
/** Until when. Unix time in seconds. */
readonly quiet_until?: number;
};
/** Until when nothing asks for attention. Unix time in seconds. */
readonly mute_until?: number;
readonly quiet_hours?: QuietHours;
/** A time zone. */
readonly time_zone?: string;
/** Links by which the user ends the mails of a kind. */
readonly unsubscribe?: Readonly<Record<string, string>>;
readonly ignored?: Ignored;
};

/** What is to change; `null` takes away what it stands for (RFC 7396). */
export type PreferencesChange = {
/** By kinds. */
readonly kinds?: (Readonly<Record<string, Choice | null>>) | null;
/** By topics. */
readonly topics?: (Readonly<Record<string, Choice | null>>) | null;
readonly quiet_hours?: QuietHours | null;
/** A time zone. */
readonly time_zone?: string | null;
/** Until when nothing asks for attention. */
readonly mute_until?: When | null;
/** The version that the caller has read. */
readonly version?: number | string;
};

/** Whether a user is online, as far as the caller may see it. */
export type Presence = {
/** The user's id. One that looks like a whole number is a number. */
readonly user_id: number | string;
/** Who may not be seen looks like one who has never been there. */
readonly status: "online" | "away" | "offline";
/** By which the user is there. */
readonly devices: readonly ({
/** Its id. */
readonly id?: string;
/** Such as `web` or `ios`. */
readonly platform?: string;
/** Of the application on it. */
readonly app_version?: string;
/** Whether nobody is at it. */
readonly away?: boolean;
})[];
/** When the user was there last. Unix time in seconds. */
readonly last_seen?: number;
};

/** What others see of a user. */
export type Privacy = {
/** Whether they see how far the user has read, and the user sees that of them. */
readonly read_receipts: boolean;
/** Whether they see that the user is online. */
readonly show_online: boolean;
/** Whether they see when the user was there last. */
readonly show_last_seen: boolean;
};

/** What is to change. */
export type PrivacyChange = {
/** As which user an application calls; a user's token says that itself. */
readonly user_id?: number | string;
/** Whether others see how far the user has read. */
readonly read_receipts?: boolean;
/** Whether others see that the user is online. */
readonly show_online?: boolean;
/** Whether others see when the user was there last. */
readonly show_last_seen?: boolean;
};

/** What was published. */
export type PublishedEvent = {
/** The event's id. */
readonly id: string;
/** The name of a topic. */
readonly topic: string;
/** Its place in what is kept of the channel; absent where nothing is kept. */
readonly offset?: number;
/** Of which history the offset is. */
readonly epoch?: string;
};

/** What the user did. */
export type PushAnswer = {
/** What. */
readonly do: "read" | "archive" | "act";
/** For `act`: the action's id. */
readonly action?: string;
/** For a reply: what the user says. */
readonly text?: string;
};

/** To whom. */
export type PushTest = {
/** A user's id: a whole number or a text; 123 and "123" are the same user. */
readonly user_id: number | string;
/** The caller's own site, which is meant where none is named. The operator may name any. */
readonly site?: string;
};

/** A notification as a device shows it. */
export type PushedNotification = {
/** Its id. */
readonly id: string;
/** Whether the user has seen it. */
readonly read: boolean;
/** How many are unread. */
readonly unread: number;
/** A title. */
readonly title?: string;
/** The text. */
readonly message?: string;
/** What it carries for programs. */
readonly data?: unknown;
/** Who it is from. */
readonly name?: string;
/** When it happened. Unix time in seconds. */
readonly timestamp?: number;
/** From 1 to 5. */
readonly priority?: number;
readonly kind?: string;
readonly url?: string;
readonly icon?: string;
readonly group?: string;
/** A picture. */
readonly image?: Readonly<Record<string, unknown>>;
/** What the user can do. */
readonly actions?: readonly (Readonly<Record<string, unknown>>)[];
/** Words. */
readonly tags?: readonly (string)[];
/** Whether the message is Markdown. */
readonly markdown?: boolean;
};

/** When a user wants no attention asked for. */
export type QuietHours = {
/** Whether they count. */
readonly on?: boolean;
/** Whether what has the priority 5 asks for attention then, too. */
readonly urgent?: boolean;
/** Whose clock it is; the user's where none is named. */
readonly time_zone?: string;
/** Ranges by the day on which they begin. */
readonly days?: {
/** A beginning and an end, which is on the next day where it is earlier. */
readonly mon?: readonly (readonly (string)[])[];
/** A beginning and an end, which is on the next day where it is earlier. */
readonly tue?: readonly (readonly (string)[])[];
/** A beginning and an end, which is on the next day where it is earlier. */
readonly wed?: readonly (readonly (string)[])[];
/** A beginning and an end, which is on the next day where it is earlier. */
readonly thu?: readonly (readonly (string)[])[];
/** A beginning and an end, which is on the next day where it is earlier. */
readonly fri?: readonly (readonly (string)[])[];
/** A beginning and an end, which is on the next day where it is earlier. */
readonly sat?: readonly (readonly (string)[])[];
/** A beginning and an end, which is on the next day where it is earlier. */
readonly sun?: readonly (readonly (string)[])[];
};
};

/** Who reacts. */
export type Reacting = {
/** As which user an application calls; a user's token says that itself. */
readonly user_id?: number | string;
/** The name that others see of the user as whom an application acts. */
readonly from?: string;
};

/** Whether this node can do its work. */
export type Readiness = {
/** Whether it can. */
readonly ready: boolean;
/** Why it cannot. */
readonly reason?: string;
};

/** Both subscriptions. */
export type Renewal = {
/** What a browser's `PushSubscription` is in JSON. */
readonly old: {
/** Where it is pushed to. */
readonly endpoint: string;
/** By which it is encrypted. */
readonly keys: {
/** A key. */
readonly p256dh: string;
/** A secret. */
readonly auth: string;
};
};
/** What a browser's `PushSubscription` is in JSON. */
readonly token: {
/** Where it is pushed to. */
readonly endpoint: string;
/** By which it is encrypted. */
readonly keys: {
/** A key. */
readonly p256dh: string;
/** A secret. */
readonly auth: string;
};
};
};

/** What is revoked: one of these. */
export type Revocation = {
/** Since when; later tokens are good. Unix time in seconds. */
readonly revoked_at: number;
/** A token's `jti`. */
readonly token_id?: string;
/** A session's `sid`. */
readonly session_id?: string;
/** The user's id. One that looks like a whole number is a number. */
readonly user_id?: number | string;
/** All tokens of the site. */
readonly everyone?: true;
/** When nothing of it is left. Unix time in seconds. */
readonly expires_at?: number;
};

/** A room, with the rule that it was made with. */
export type Room = {
/** Its name, or the pattern of the rooms that the rule is for. */
readonly room: string;
/** Whether it was made; others are there while somebody is in them. */
readonly made: boolean;
/** How many users are in it; absent for a pattern. */
readonly users?: number;
/** Only who has a token may enter, and no guest */
readonly auth?: boolean;
/** One enters by a subscription token, by a grant, or as one of the members */
readonly private?: boolean;
/** Who may enter a private room without either */
readonly members?: readonly (string | number)[];
/** How many clients may be in it */
readonly maxClients?: number;
/** Who may say something: who may enter, who is in it, no client, or these users */
readonly publish?: ("anyone" | "members" | "server") | (readonly (string | number)[]);
/** Who may tell the others of an event such as `typing`, as for `publish` */
readonly events?: ("anyone" | "members" | "server") | (readonly (string | number)[]);
/** Clients in it may see who is there */
readonly presence?: boolean;
/** Up to so many users are named to them; of more they see how many */
readonly maxPresence?: number;
/** Messages kept, and seconds after the last one */
readonly history?: false | {
/** Messages kept */
readonly size: number;
/** How long after the last one */
readonly seconds: number;
};
/** History survives a restart of the server; it always does in Redis */
readonly persistent?: boolean;
/** When it was made. Unix time in seconds. */
readonly created_at?: number;
/** When it was changed last. Unix time in seconds. */
readonly updated_at?: number;
/** The pattern of the rooms' file that counts in its place. */
readonly overruled_by?: string;
/** Patterns of the file that count for some of its rooms. */
readonly partly_overruled_by?: readonly (string)[];
};

/** A user in a room. */
export type RoomConnection = {
/** The user's id. One that looks like a whole number is a number. */
readonly user_id: number | string;
/** Since when. Unix time in seconds. */
readonly connected_at: number;
/** The name that others see. */
readonly name?: string;
/** The room. */
readonly room?: string;
/** The user's connection. */
readonly client_id?: string;
};

/** What holds for a room. A field that is absent has its default. */
export type RoomRule = {
/** Only who has a token may enter, and no guest */
readonly auth?: boolean;
/** One enters by a subscription token, by a grant, or as one of the members */
readonly private?: boolean;
/** Who may enter a private room without either */
readonly members?: readonly (string | number)[];
/** How many clients may be in it */
readonly maxClients?: number;
/** Who may say something: who may enter, who is in it, no client, or these users */
readonly publish?: ("anyone" | "members" | "server") | (readonly (string | number)[]);
/** Who may tell the others of an event such as `typing`, as for `publish` */
readonly events?: ("anyone" | "members" | "server") | (readonly (string | number)[]);
/** Clients in it may see who is there */
readonly presence?: boolean;
/** Up to so many users are named to them; of more they see how many */
readonly maxPresence?: number;
/** Messages kept, and seconds after the last one */
readonly history?: false | {
/** Messages kept */
readonly size: number;
/** How long after the last one */
readonly seconds: number;
};
/** History survives a restart of the server; it always does in Redis */
readonly persistent?: boolean;
/** The caller's own site, which is meant where none is named. The operator may name any. */
readonly site?: string;
};

/** What is to change; `null` takes a field away. */
export type RoomRuleChange = {
/** Only who has a token may enter, and no guest */
readonly auth?: boolean | null;
/** One enters by a subscription token, by a grant, or as one of the members */
readonly private?: boolean | null;
/** Who may enter a private room without either */
readonly members?: (readonly (string | number)[]) | null;
/** How many clients may be in it */
readonly maxClients?: number | null;
/** Who may say something: who may enter, who is in it, no client, or these users */
readonly publish?: (("anyone" | "members" | "server") | (readonly (string | number)[])) | null;
/** Who may tell the others of an event such as `typing`, as for `publish` */
readonly events?: (("anyone" | "members" | "server") | (readonly (string | number)[])) | null;
/** Clients in it may see who is there */
readonly presence?: boolean | null;
/** Up to so many users are named to them; of more they see how many */
readonly maxPresence?: number | null;
/** Messages kept, and seconds after the last one */
readonly history?: (false | {
/** Messages kept */
readonly size: number;
/** How long after the last one */
readonly seconds: number;
}) | null;
/** History survives a restart of the server; it always does in Redis */
readonly persistent?: boolean | null;
/** The caller's own site, which is meant where none is named. The operator may name any. */
readonly site?: string;
};

/** What was said. */
export type SaidInRoom = {
/** The message's id. */
readonly id: string;
/** The room. */
readonly room: string;
/** Its place in what is kept of the channel; absent where nothing is kept. */
readonly offset?: number;
/** Of which history the offset is. */
readonly epoch?: string;
};

/** Up to where; up to the last event where nothing is said. */
export type SeenUpTo = {
/** As which user an application calls; a user's token says that itself. */
readonly user_id?: number | string;
/** Up to this offset. */
readonly offset?: number;
/** Up to this message. */
readonly message?: number;
/** What the user has done. */
readonly state?: "read" | "delivered";
};

/** A notification that was accepted. */
export type SentNotification = {
/** The notification's id. */
readonly id: string;
/** The user's id. One that looks like a whole number is a number. */
readonly user_id?: number | string;
/** The room that clients show it in. */
readonly room?: string;
/** Whether the user is connected right now; absent where it is delivered later. */
readonly online?: boolean;
/** When it is delivered. Unix time in seconds. */
readonly deliver_at?: number;
/** Why it did not come into the inbox. */
readonly state?: "withheld" | "digested" | "withdrawn";
/** Whose word that is: `preferences` of the user, the `kind`, or its `throttle`. */
readonly why?: string;
/** For one for many: to how many it goes, as far as they are known by now. */
readonly recipients?: number;
readonly ignored?: Ignored;
};

/** A setting in force. */
export type Setting = {
/** Its name. */
readonly name: string;
/** Its value as a text; `null` where it is hidden. */
readonly value: unknown;
/** Whether it is a secret. */
readonly hidden: boolean;
/** What it is where nothing is set. */
readonly default: unknown;
/** From where it is. */
readonly source: "environment" | "file" | "default";
/** What it does. */
readonly help: string;
/** Whether it can change while the server runs. */
readonly reloadable: boolean;
};

/** Unix time in seconds (or in a smaller unit), or a date with a time and a zone (ISO 8601). */
export type Time = number | string;

/** Whether the user types. */
export type Typing = {
/** As which user an application calls; a user's token says that itself. */
readonly user_id?: number | string;
/** Whether the user types. */
readonly typing?: boolean;
};

/** An upload. */
export type Upload = {
/** The id that its file will have. */
readonly id: string;
/** Bytes that are there. */
readonly offset: number;
/** Bytes of the whole. */
readonly length: number;
/** The file's name. */
readonly name?: string;
/** Bytes of the pieces that the store takes by links; absent where all comes to the server. */
readonly direct?: number;
};

/** The piece. */
export type UploadPiece = {
/** From which byte on. */
readonly offset: number;
/** Of the piece. */
readonly sha256: string;
/** As which user an application calls; a user's token says that itself. */
readonly user_id?: number | string;
};

/** A connection of a user. */
export type UserConnection = {
/** Its id. */
readonly id: string;
/** On which node. */
readonly node: string;
/** What it speaks: `v1`, `v2` or `chat`. */
readonly protocol: string;
/** By what: `websocket` or `sse`. */
readonly transport: string;
/** Since when. Unix time in seconds. */
readonly since: number;
/** In which rooms. */
readonly rooms: readonly (string)[];
/** Bytes that wait for the client. */
readonly queued_bytes: number;
/** From where. */
readonly address?: string;
/** How long its client took to answer the last ping. In milliseconds. */
readonly round_trip_ms?: number;
};

/** What is known of a user on all nodes. */
export type UserState = {
/** The user's id. One that looks like a whole number is a number. */
readonly user_id: number | string;
/** Whether the user has a connection. */
readonly online: boolean;
/** The user's connections. */
readonly connections: readonly (UserConnection)[];
/** What the user's frames were refused for, since the nodes started. */
readonly refusals: readonly ({
/** The code. */
readonly code: string;
/** How often. */
readonly count: number;
/** When last. Unix time in seconds. */
readonly last_at: number;
})[];
/** When the user was there last. Unix time in seconds. */
readonly last_seen_at?: number;
/** How many notifications there are. */
readonly inbox?: {
/** In the inbox. */
readonly total: number;
/** Not read. */
readonly unread: number;
/** Archived. */
readonly archived: number;
/** Put off. */
readonly snoozed: number;
/** Still to come. */
readonly scheduled: number;
};
/** The user's devices, as their own route shows them. */
readonly devices?: readonly (Readonly<Record<string, unknown>>)[];
/** The last pushes, as receipts show them. */
readonly pushes?: readonly (Readonly<Record<string, unknown>>)[];
/** Where the user is blocked. */
readonly blocked?: {
/** Until when. Unix time in seconds. */
readonly until?: number;
};
/** Nodes that did not answer in time. */
readonly missing?: readonly (string)[];
/** What could not be read. */
readonly unavailable?: readonly (string)[];
};

/** A time as `Time` has it, or as people say it: `30m`, `in 2 hours`, `tomorrow 9:00`, `monday 18:30`. What names no zone is on the user's clock. */
export type When = number | string;

export interface Calls {
/** Show what was managed, and by whom */
  readonly listAudit: Call<{
readonly query?: {
/** How many at the most. */
readonly limit?: number;
/** The `next` of the page before. */
readonly before?: string | number;
/** Records of this site alone. */
readonly site?: string | number;
};
}, {
/** One part. */
readonly records: readonly (AuditRecord)[];
/** What `cursor` takes to go on; absent where that was all. */
readonly next?: string;
}>;
/** Get a backup of what this server keeps on its disk; the operator's key alone may */
  readonly getBackup: Call<undefined, Response>;
/** List blocked users */
  readonly listBlocks: Call<{
readonly query?: {
/** How many at the most. */
readonly limit?: number;
/** The `next` of the page before. */
readonly cursor?: string | number;
/** The caller's own site, which is meant where none is named. The operator may name any. */
readonly site?: string | number;
};
}, {
/** One part. */
readonly blocks: readonly (Block)[];
/** What `cursor` takes to go on; absent where that was all. */
readonly next?: string;
}>;
/** Say something in many rooms at once */
  readonly broadcast: Call<{
readonly query?: {
/** Which rooms, with `*` for any text. */
readonly rooms?: string | number;
};
readonly body: NewBroadcast | string;
}, {
/** The message's id in each room. */
readonly id: string;
/** In how many rooms. */
readonly rooms: number;
}>;
/** Close one connection; its client may come back */
  readonly closeConnection: Call<{
readonly path: {
/** The connection's id. */
readonly id: string | number;
};
}, undefined>;
/** List a user's contacts */
  readonly listContacts: Call<{
readonly query?: {
/** How many at the most. */
readonly limit?: number;
/** The `next` of the page before. */
readonly cursor?: string | number;
/** As which user an application calls; a user's token says that itself. */
readonly user_id?: string | number;
/** Only those who are blocked, or only the others. */
readonly blocked?: "true" | "false";
};
}, {
/** One part. */
readonly contacts: readonly (Contact)[];
/** What `cursor` takes to go on; absent where that was all. */
readonly next?: string;
}>;
/** Show a contact */
  readonly getContact: Call<{
readonly path: {
/** The contact's id. */
readonly contact: string | number;
};
readonly query?: {
/** As which user an application calls; a user's token says that itself. */
readonly user_id?: string | number;
};
}, Contact>;
/** Make a user a contact */
  readonly putContact: Call<{
readonly path: {
/** The contact's id. */
readonly contact: string | number;
};
readonly query?: {
/** As which user an application calls; a user's token says that itself. */
readonly user_id?: string | number;
};
readonly body?: ContactFields;
}, Contact>;
/** Change a contact, or block a user */
  readonly editContact: Call<{
readonly path: {
/** The contact's id. */
readonly contact: string | number;
};
readonly query?: {
/** As which user an application calls; a user's token says that itself. */
readonly user_id?: string | number;
};
readonly body?: ContactChange;
}, Contact>;
/** Remove a contact */
  readonly deleteContact: Call<{
readonly path: {
/** The contact's id. */
readonly contact: string | number;
};
readonly query?: {
/** As which user an application calls; a user's token says that itself. */
readonly user_id?: string | number;
};
}, undefined>;
/** List a user's conversations */
  readonly listConversations: Call<{
readonly query?: {
/** How many at the most. */
readonly limit?: number;
/** The `next` of the page before. */
readonly cursor?: string | number;
/** As which user an application calls; a user's token says that itself. */
readonly user_id?: string | number;
/** Only the archived ones, or only the others. */
readonly archived?: "true" | "false";
/** The `synced` of an earlier list: only what has changed since is listed. */
readonly since?: string | number;
};
}, {
/** One part of them. */
readonly conversations: readonly (Conversation)[];
/** What is unread in all that are not archived. */
readonly unread: {
/** In how many. */
readonly conversations: number;
/** How many messages. */
readonly messages: number;
/** How many mentions. */
readonly mentions: number;
};
/** From where a later list goes on, by `since`. */
readonly synced: string;
/** What `cursor` takes to go on; absent where that was all. */
readonly next?: string;
/** With `since`: those that the user is not in any more. */
readonly removed?: readonly (number)[];
}>;
/** Find the private conversation with a user, or make a group */
  readonly openConversation: Call<{
readonly headers?: {
/** An id of the caller's own: the same one again is the same thing, which is sent once. */
readonly "Idempotency-Key"?: string | number;
};
readonly body: NewConversation;
}, Conversation>;
/** Show a conversation with its first members */
  readonly getConversation: Call<{
readonly path: {
/** The conversation's id. */
readonly conversation: string | number;
};
readonly query?: {
/** As which user an application calls; a user's token says that itself. */
readonly user_id?: string | number;
};
}, Conversation>;
/** Change a conversation, who is in it, or what it is to its user */
  readonly editConversation: Call<{
readonly path: {
/** The conversation's id. */
readonly conversation: string | number;
};
readonly query?: {
/** As which user an application calls; a user's token says that itself. */
readonly user_id?: string | number;
};
readonly body: ConversationChange;
}, Conversation>;
/** Leave a conversation, or end it for all */
  readonly leaveConversation: Call<{
readonly path: {
/** The conversation's id. */
readonly conversation: string | number;
};
readonly query?: {
/** As which user an application calls; a user's token says that itself. */
readonly user_id?: string | number;
/** Whether it ends for all, as it does where an application deletes it as itself. */
readonly end?: "true" | "false";
};
}, undefined>;
/** List the files of a conversation */
  readonly listConversationFiles: Call<{
readonly path: {
/** The conversation's id. */
readonly conversation: string | number;
};
readonly query?: {
/** How many at the most. */
readonly limit?: number;
/** The `next` of the page before. */
readonly cursor?: string | number;
/** As which user an application calls; a user's token says that itself. */
readonly user_id?: string | number;
/** Of which kind. */
readonly kind?: "image" | "file";
};
}, {
/** One part. */
readonly files: readonly ({
/** Its id. */
readonly id: string;
readonly message: Message;
/** Its name. */
readonly name?: string;
/** Its media type. */
readonly type?: string;
/** Its size. */
readonly bytes?: number;
/** In pixels. */
readonly width?: number;
/** In pixels. */
readonly height?: number;
/** A link to it. */
readonly url?: string;
})[];
/** What `cursor` takes to go on; absent where that was all. */
readonly next?: string;
/** On the first page: how many of each kind there are. */
readonly counts?: Readonly<Record<string, number>>;
}>;
/** List who is in a conversation */
  readonly listMembers: Call<{
readonly path: {
/** The conversation's id. */
readonly conversation: string | number;
};
readonly query?: {
/** How many at the most. */
readonly limit?: number;
/** The `next` of the page before. */
readonly cursor?: string | number;
/** As which user an application calls; a user's token says that itself. */
readonly user_id?: string | number;
};
}, {
/** One part. */
readonly members: readonly (Member)[];
/** What `cursor` takes to go on; absent where that was all. */
readonly next?: string;
}>;
/** Add members to a group */
  readonly addMembers: Call<{
readonly path: {
/** The conversation's id. */
readonly conversation: string | number;
};
readonly query?: {
/** As which user an application calls; a user's token says that itself. */
readonly user_id?: string | number;
};
readonly body: NewMembers;
}, Conversation>;
/** Change what a member may do */
  readonly setMemberRole: Call<{
readonly path: {
/** The conversation's id. */
readonly conversation: string | number;
/** The user's id. */
readonly user: string | number;
};
readonly query?: {
/** As which user an application calls; a user's token says that itself. */
readonly user_id?: string | number;
};
readonly body: MemberChange;
}, Conversation>;
/** Take a member out of a group, or leave it */
  readonly removeMember: Call<{
readonly path: {
/** The conversation's id. */
readonly conversation: string | number;
/** The user's id. */
readonly user: string | number;
};
readonly query?: {
/** As which user an application calls; a user's token says that itself. */
readonly user_id?: string | number;
};
}, undefined>;
/** Read messages: the newest, those before, after or around one, or those that were missed */
  readonly listMessages: Call<{
readonly path: {
/** The conversation's id. */
readonly conversation: string | number;
};
readonly query?: {
/** As which user an application calls; a user's token says that itself. */
readonly user_id?: string | number;
/** How many at the most. */
readonly limit?: number;
/** Messages before this offset. */
readonly before?: number;
/** Messages after this offset. */
readonly after?: number;
/** Messages around the one with this id. */
readonly around?: number;
/** What has changed after this offset, with `epoch`. */
readonly since?: number;
/** The epoch of that offset. */
readonly epoch?: string | number;
};
}, {
/** One part. */
readonly messages: readonly (Message)[];
/** Whether there are older ones. */
readonly has_before: boolean;
/** Whether there are later ones. */
readonly has_after: boolean;
/** The offset of the last event. */
readonly offset: number;
/** Of which history the offset is. */
readonly epoch: string;
/** With `since`: whether these are exactly those that were missed. */
readonly recovered?: boolean;
}>;
/** Send a message to a conversation */
  readonly sendMessage: Call<{
readonly path: {
/** The conversation's id. */
readonly conversation: string | number;
};
readonly query?: {
/** As which user an application calls; a user's token says that itself. */
readonly user_id?: string | number;
/** As the field `text`. */
readonly text?: string | number;
};
readonly headers?: {
/** An id of the caller's own: the same one again is the same thing, which is sent once. */
readonly "Idempotency-Key"?: string | number;
};
readonly body: NewMessage | string;
}, Message>;
/** Say how far a user has read, or has what was said */
  readonly markRead: Call<{
readonly path: {
/** The conversation's id. */
readonly conversation: string | number;
};
readonly query?: {
/** As which user an application calls; a user's token says that itself. */
readonly user_id?: string | number;
};
readonly body?: SeenUpTo;
}, {
/** The conversation. */
readonly conversation: number;
/** How many messages the user has not read. */
readonly unread: number;
/** In how many of these the user is mentioned. */
readonly mentions: number;
/** Up to which offset this user has read. */
readonly read: number;
/** Up to which offset this user's clients have what is in it. */
readonly delivered: number;
}>;
/** Tell the others that a user is typing */
  readonly setTyping: Call<{
readonly path: {
/** The conversation's id. */
readonly conversation: string | number;
};
readonly query?: {
/** As which user an application calls; a user's token says that itself. */
readonly user_id?: string | number;
};
readonly body?: Typing;
}, undefined>;
/** Show what was refused or given up, and no sender was told of */
  readonly listDeadLetters: Call<{
readonly query?: {
/** Where it came from, or was to go. */
readonly source?: "hooks" | "stream" | "amqp" | "schedule";
/** How many at the most. */
readonly limit?: number;
/** The `next` of the page before. */
readonly before?: string | number;
};
}, {
/** One part. */
readonly dead_letters: readonly ({
/** Its id. */
readonly id: string;
/** Where it came from, or was to go. */
readonly source: "hooks" | "stream" | "amqp" | "schedule";
/** When. In Unix seconds. */
readonly at: number;
/** Why. */
readonly reason: string;
/** What came, or was to be told. */
readonly payload: unknown;
})[];
/** What `cursor` takes to go on; absent where that was all. */
readonly next?: string;
}>;
/** Delete a dead letter */
  readonly deleteDeadLetter: Call<{
readonly path: {
/** `hooks`, `stream`, `amqp` or `schedule`. */
readonly source: "hooks" | "stream" | "amqp" | "schedule";
/** The dead letter's id. */
readonly id: string | number;
};
}, undefined>;
/** Take a dead letter once more, as if it had just come */
  readonly resendDeadLetter: Call<{
readonly path: {
/** `hooks`, `stream`, `amqp` or `schedule`. */
readonly source: "hooks" | "stream" | "amqp" | "schedule";
/** The dead letter's id. */
readonly id: string | number;
};
}, {
/** Its id. */
readonly id: string;
/** Its source. */
readonly source: "hooks" | "stream" | "amqp" | "schedule";
}>;
/** Upload a file in one request */
  readonly uploadFile: Call<{
readonly query?: {
/** As which user an application calls; a user's token says that itself. */
readonly user_id?: string | number;
/** The file's name. */
readonly name?: string | number;
};
readonly headers?: {
/** An id of the caller's own: the same one again is the same file. */
readonly "Idempotency-Key"?: string | number;
};
readonly body: BodyInit;
}, FileShown>;
/** List files: a user's own, or those of the site */
  readonly listFiles: Call<{
readonly query?: {
/** How many at the most. */
readonly limit?: number;
/** The `next` of the page before. */
readonly cursor?: string | number;
/** As which user an application calls; a user's token says that itself. */
readonly user_id?: string | number;
};
}, {
/** One part. */
readonly files: readonly (ListedFile)[];
/** What `cursor` takes to go on; absent where that was all. */
readonly next?: string;
}>;
/** Show what is known of a file */
  readonly getFile: Call<{
readonly path: {
/** The file's id. */
readonly file: string | number;
};
readonly query?: {
/** As which user an application calls; a user's token says that itself. */
readonly user_id?: string | number;
};
}, FileShown>;
/** Remove a file */
  readonly deleteFile: Call<{
readonly path: {
/** The file's id. */
readonly file: string | number;
};
readonly query?: {
/** As which user an application calls; a user's token says that itself. */
readonly user_id?: string | number;
};
}, undefined>;
/** Show the endpoints that are told what happens */
  readonly listHooks: Call<undefined, {
/** All of them. */
readonly hooks: readonly ({
/** Its name; `webhook` is told of receipts. */
readonly name: string;
/** The host; the rest may be secret. */
readonly url: string;
/** Patterns of what it is told. */
readonly events: readonly (string)[];
/** Whether a node tells it, and it takes that. */
readonly state: "telling" | "failing" | "idle";
/** How many events wait. */
readonly queued: number;
/** How old the oldest is that is being told. */
readonly lag_seconds: number;
/** Events that it took since the nodes started. */
readonly delivered: number;
/** Requests that failed. */
readonly failed: number;
/** Events that were given up, and are kept. */
readonly dead: number;
/** The last failure. */
readonly last_error?: {
/** When. */
readonly at: number;
/** Why. */
readonly reason: string;
};
})[];
/** Nodes that did not answer in time. */
readonly missing?: readonly (string)[];
}>;
/** Make a key to this API */
  readonly createKey: Call<{
readonly body: NewApiKey;
}, CreatedApiKey>;
/** List the keys of a site */
  readonly listKeys: Call<{
readonly query?: {
/** How many at the most. */
readonly limit?: number;
/** The `next` of the page before. */
readonly cursor?: string | number;
/** The caller's own site, which is meant where none is named. The operator may name any. */
readonly site?: string | number;
};
}, {
/** One part. */
readonly keys: readonly (ApiKey)[];
/** What `cursor` takes to go on; absent where that was all. */
readonly next?: string;
}>;
/** Revoke a key */
  readonly revokeKey: Call<{
readonly path: {
/** The key's id. */
readonly id: string | number;
};
readonly query?: {
/** The caller's own site, which is meant where none is named. The operator may name any. */
readonly site?: string | number;
};
}, undefined>;
/** List the kinds of notifications that are set */
  readonly listKinds: Call<{
readonly query?: {
/** How many at the most. */
readonly limit?: number;
/** The `next` of the page before. */
readonly cursor?: string | number;
/** The caller's own site, which is meant where none is named. The operator may name any. */
readonly site?: string | number;
};
}, {
/** One part. */
readonly kinds: readonly (Kind)[];
/** What `cursor` takes to go on; absent where that was all. */
readonly next?: string;
}>;
/** Show what is set for a kind */
  readonly getKind: Call<{
readonly path: {
/** The kind. */
readonly kind: string | number;
};
readonly query?: {
/** The caller's own site, which is meant where none is named. The operator may name any. */
readonly site?: string | number;
};
}, Kind>;
/** Set what is usual for a kind of notifications */
  readonly putKind: Call<{
readonly path: {
/** The kind. */
readonly kind: string | number;
};
readonly headers?: {
/** The version that the caller has read. */
readonly "If-Match"?: string | number;
};
readonly body?: NewKind;
}, Kind>;
/** Have nothing set for a kind any more */
  readonly deleteKind: Call<{
readonly path: {
/** The kind. */
readonly kind: string | number;
};
readonly query?: {
/** The caller's own site, which is meant where none is named. The operator may name any. */
readonly site?: string | number;
};
}, undefined>;
/** Count conversations */
  readonly countConversations: Call<undefined, {
/** By their kinds. */
readonly conversations: readonly ({
/** The kind. */
readonly kind: "private" | "group";
/** How many. */
readonly count: number;
})[];
}>;
/** List rooms that have connections */
  readonly listLiveRooms: Call<{
readonly query?: {
/** A part of the name. */
readonly q?: string | number;
/** By what they are listed. */
readonly order?: "connections" | "messages" | "name";
/** How many at the most. */
readonly limit?: number;
/** The `next` of the page before. */
readonly after?: string | number;
};
}, {
/** One part. */
readonly rooms: readonly ({
/** Its name. */
readonly room: string;
/** How many hear it. */
readonly connections: number;
/** How much was said in the last minute. */
readonly messages_a_minute: number;
/** When something was said last. Unix time in seconds. */
readonly last_at?: number;
})[];
/** How many there are. */
readonly total: number;
/** What `cursor` takes to go on; absent where that was all. */
readonly next?: string;
/** Nodes that did not answer in time. */
readonly missing?: readonly (string)[];
}>;
/** List topics that have subscribers */
  readonly listLiveTopics: Call<{
readonly query?: {
/** A part of the name. */
readonly q?: string | number;
/** By what they are listed. */
readonly order?: "connections" | "messages" | "name";
/** How many at the most. */
readonly limit?: number;
/** The `next` of the page before. */
readonly after?: string | number;
};
}, {
/** One part. */
readonly topics: readonly ({
/** Its name. */
readonly topic: string;
/** How many hear it. */
readonly connections: number;
/** How much was said in the last minute. */
readonly messages_a_minute: number;
/** When something was said last. Unix time in seconds. */
readonly last_at?: number;
})[];
/** How many there are. */
readonly total: number;
/** What `cursor` takes to go on; absent where that was all. */
readonly next?: string;
/** Nodes that did not answer in time. */
readonly missing?: readonly (string)[];
}>;
/** List users that have connections */
  readonly listLiveUsers: Call<{
readonly query?: {
/** A part of the name. */
readonly q?: string | number;
/** By what they are listed. */
readonly order?: "connections" | "name";
/** How many at the most. */
readonly limit?: number;
/** The `next` of the page before. */
readonly after?: string | number;
};
}, {
/** One part. */
readonly users: readonly ({
/** The user's id. One that looks like a whole number is a number. */
readonly user_id: number | string;
/** How many. */
readonly connections: number;
/** Since when. Unix time in seconds. */
readonly since: number;
})[];
/** How many there are. */
readonly total: number;
/** What `cursor` takes to go on; absent where that was all. */
readonly next?: string;
/** Nodes that did not answer in time. */
readonly missing?: readonly (string)[];
}>;
/** Show the last lines of the nodes' logs */
  readonly listLog: Call<{
readonly query?: {
/** How many at the most. */
readonly limit?: number;
/** This level and those above. */
readonly level?: "trace" | "debug" | "info" | "warning" | "error" | "fatal";
/** This category and those below it. */
readonly category?: string | number;
/** What is written for this request, by its `X-Request-Id`. */
readonly request?: string | number;
/** Of this node alone. */
readonly node?: string | number;
};
}, {
/** The last ones. */
readonly lines: readonly ({
/** When. Unix time in seconds. */
readonly at: number;
/** The level. */
readonly level: "trace" | "debug" | "info" | "warning" | "error" | "fatal";
/** The category, such as `notifyli.push`. */
readonly category: string;
/** What it says. */
readonly message: string;
/** Of which node. */
readonly node: string;
/** What is known beside. */
readonly properties: unknown;
})[];
/** Nodes that did not answer in time. */
readonly missing?: readonly (string)[];
}>;
/** Show from which level on categories are logged */
  readonly getLogLevels: Call<undefined, {
/** Levels by categories. */
readonly levels: Readonly<Record<string, "trace" | "debug" | "info" | "warning" | "error" | "fatal">>;
/** The level of all others. */
readonly usual: "trace" | "debug" | "info" | "warning" | "error" | "fatal";
/** Nodes that did not answer in time. */
readonly missing?: readonly (string)[];
}>;
/** Set from which level on categories are logged, on all nodes */
  readonly setLogLevels: Call<{
readonly body: NewLogLevels;
}, {
/** Levels by categories. */
readonly levels: Readonly<Record<string, "trace" | "debug" | "info" | "warning" | "error" | "fatal">>;
/** The level of all others. */
readonly usual: "trace" | "debug" | "info" | "warning" | "error" | "fatal";
/** Nodes that did not answer in time. */
readonly missing?: readonly (string)[];
}>;
/** Send a message to a user, or to a conversation */
  readonly sendMessageTo: Call<{
readonly headers?: {
/** An id of the caller's own: the same one again is the same thing, which is sent once. */
readonly "Idempotency-Key"?: string | number;
};
readonly body: NewMessageTo;
}, Message>;
/** Show a message */
  readonly getMessage: Call<{
readonly path: {
/** The message's id. */
readonly message: string | number;
};
readonly query?: {
/** As which user an application calls; a user's token says that itself. */
readonly user_id?: string | number;
};
}, Message>;
/** Change a message */
  readonly editMessage: Call<{
readonly path: {
/** The message's id. */
readonly message: string | number;
};
readonly query?: {
/** As which user an application calls; a user's token says that itself. */
readonly user_id?: string | number;
};
readonly body: MessageChange;
}, Message>;
/** Take a message back */
  readonly unsendMessage: Call<{
readonly path: {
/** The message's id. */
readonly message: string | number;
};
readonly query?: {
/** As which user an application calls; a user's token says that itself. */
readonly user_id?: string | number;
};
}, Message>;
/** React to a message */
  readonly addReaction: Call<{
readonly path: {
/** The message's id. */
readonly message: string | number;
/** One emoji. */
readonly emoji: string | number;
};
readonly query?: {
/** As which user an application calls; a user's token says that itself. */
readonly user_id?: string | number;
};
readonly body?: Reacting;
}, Message>;
/** Take a reaction back */
  readonly removeReaction: Call<{
readonly path: {
/** The message's id. */
readonly message: string | number;
/** One emoji. */
readonly emoji: string | number;
};
readonly query?: {
/** As which user an application calls; a user's token says that itself. */
readonly user_id?: string | number;
};
}, Message>;
/** Ask who has a message, and who has read it */
  readonly getReceipts: Call<{
readonly path: {
/** The message's id. */
readonly message: string | number;
};
readonly query?: {
/** As which user an application calls; a user's token says that itself. */
readonly user_id?: string | number;
};
}, {
/** Who has read it. */
readonly read: readonly ({
/** The user's id. One that looks like a whole number is a number. */
readonly user_id: number | string;
/** The name. */
readonly name?: string;
})[];
/** Who has it. */
readonly delivered: readonly ({
/** The user's id. One that looks like a whole number is a number. */
readonly user_id: number | string;
/** The name. */
readonly name?: string;
})[];
/** To whom it is on its way. */
readonly sent: readonly ({
/** The user's id. One that looks like a whole number is a number. */
readonly user_id: number | string;
/** The name. */
readonly name?: string;
})[];
}>;
/** Show what each node does */
  readonly listNodes: Call<undefined, {
/** All of them. */
readonly nodes: readonly (NodeShown)[];
/** The node that answers. */
readonly this: string;
}>;
/** Have a node give its clients to others, and end */
  readonly drainNode: Call<{
readonly path: {
/** The node's id. */
readonly node: string | number;
};
readonly body?: Drain;
}, {
/** The node. */
readonly node: string;
/** How long clients are told to go. */
readonly seconds: number;
}>;
/** Send a notification to a user, to several, to a topic's followers or to everyone */
  readonly sendNotification: Call<{
readonly query?: {
/** The field `room` beside the body. */
readonly room?: string | number;
/** The field `from` beside the body. */
readonly from?: string | number;
/** The field `timestamp` beside the body. */
readonly timestamp?: string | number;
/** The field `expires_at` beside the body. */
readonly expires_at?: string | number;
/** The field `attachments` beside the body. Also as `attach`, `a`. */
readonly attachments?: string | number;
/** The field `image` beside the body. */
readonly image?: string | number;
/** The field `deliver_at` beside the body. Also as `delay`, `at`, `in`. */
readonly deliver_at?: string | number;
/** The field `title` beside the body. Also as `t`, `ti`. */
readonly title?: string | number;
/** The field `kind` beside the body. */
readonly kind?: string | number;
/** The field `priority` beside the body. Also as `prio`, `p`. */
readonly priority?: string | number;
/** The field `url` beside the body. Also as `click`. */
readonly url?: string | number;
/** The field `icon` beside the body. */
readonly icon?: string | number;
/** The field `tags` beside the body. Also as `tag`, `ta`. */
readonly tags?: string | number;
/** The field `actions` beside the body. Also as `action`. */
readonly actions?: string | number;
/** The field `group` beside the body. */
readonly group?: string | number;
/** The field `markdown` beside the body. Also as `md`. */
readonly markdown?: string | number;
/** The field `critical` beside the body. */
readonly critical?: string | number;
/** The field `progress` beside the body. */
readonly progress?: string | number;
};
readonly headers?: {
/** An id of the caller's own: the same one again is the same thing, which is sent once. */
readonly "Idempotency-Key"?: string | number;
/** The field `room` beside the body. */
readonly "X-Room"?: string | number;
/** The field `from` beside the body. */
readonly "X-From"?: string | number;
/** The field `timestamp` beside the body. */
readonly "X-Timestamp"?: string | number;
/** The field `expires_at` beside the body. Also as `expires-at`. */
readonly "X-Expires-At"?: string | number;
/** The field `attachments` beside the body. Also as `attach`, `a`, `attachments`, `x-attach`. */
readonly "X-Attachments"?: string | number;
/** The field `image` beside the body. */
readonly "X-Image"?: string | number;
/** The field `deliver_at` beside the body. Also as `delay`, `at`, `in`, `deliver-at`, `x-delay`, `x-at`, `x-in`. */
readonly "X-Deliver-At"?: string | number;
/** The field `title` beside the body. Also as `t`, `ti`, `title`, `x-ti`. */
readonly "X-Title"?: string | number;
/** The field `kind` beside the body. */
readonly "X-Kind"?: string | number;
/** The field `priority` beside the body. Also as `prio`, `p`, `priority`, `x-prio`. */
readonly "X-Priority"?: string | number;
/** The field `url` beside the body. Also as `click`, `x-click`. */
readonly "X-Url"?: string | number;
/** The field `icon` beside the body. Also as `icon`. */
readonly "X-Icon"?: string | number;
/** The field `tags` beside the body. Also as `tag`, `ta`, `tags`, `x-tag`, `x-ta`. */
readonly "X-Tags"?: string | number;
/** The field `actions` beside the body. Also as `action`, `actions`, `x-action`. */
readonly "X-Actions"?: string | number;
/** The field `group` beside the body. */
readonly "X-Group"?: string | number;
/** The field `markdown` beside the body. Also as `md`, `markdown`, `x-md`. */
readonly "X-Markdown"?: string | number;
/** The field `critical` beside the body. Also as `critical`. */
readonly "X-Critical"?: string | number;
/** The field `progress` beside the body. Also as `progress`. */
readonly "X-Progress"?: string | number;
};
readonly body: NewNotification;
}, SentNotification>;
/** Send a notification to a user, to several, to a topic's followers or to everyone */
  readonly putNotification: Call<{
readonly query?: {
/** The field `room` beside the body. */
readonly room?: string | number;
/** The field `from` beside the body. */
readonly from?: string | number;
/** The field `timestamp` beside the body. */
readonly timestamp?: string | number;
/** The field `expires_at` beside the body. */
readonly expires_at?: string | number;
/** The field `attachments` beside the body. Also as `attach`, `a`. */
readonly attachments?: string | number;
/** The field `image` beside the body. */
readonly image?: string | number;
/** The field `deliver_at` beside the body. Also as `delay`, `at`, `in`. */
readonly deliver_at?: string | number;
/** The field `title` beside the body. Also as `t`, `ti`. */
readonly title?: string | number;
/** The field `kind` beside the body. */
readonly kind?: string | number;
/** The field `priority` beside the body. Also as `prio`, `p`. */
readonly priority?: string | number;
/** The field `url` beside the body. Also as `click`. */
readonly url?: string | number;
/** The field `icon` beside the body. */
readonly icon?: string | number;
/** The field `tags` beside the body. Also as `tag`, `ta`. */
readonly tags?: string | number;
/** The field `actions` beside the body. Also as `action`. */
readonly actions?: string | number;
/** The field `group` beside the body. */
readonly group?: string | number;
/** The field `markdown` beside the body. Also as `md`. */
readonly markdown?: string | number;
/** The field `critical` beside the body. */
readonly critical?: string | number;
/** The field `progress` beside the body. */
readonly progress?: string | number;
};
readonly headers?: {
/** An id of the caller's own: the same one again is the same thing, which is sent once. */
readonly "Idempotency-Key"?: string | number;
/** The field `room` beside the body. */
readonly "X-Room"?: string | number;
/** The field `from` beside the body. */
readonly "X-From"?: string | number;
/** The field `timestamp` beside the body. */
readonly "X-Timestamp"?: string | number;
/** The field `expires_at` beside the body. Also as `expires-at`. */
readonly "X-Expires-At"?: string | number;
/** The field `attachments` beside the body. Also as `attach`, `a`, `attachments`, `x-attach`. */
readonly "X-Attachments"?: string | number;
/** The field `image` beside the body. */
readonly "X-Image"?: string | number;
/** The field `deliver_at` beside the body. Also as `delay`, `at`, `in`, `deliver-at`, `x-delay`, `x-at`, `x-in`. */
readonly "X-Deliver-At"?: string | number;
/** The field `title` beside the body. Also as `t`, `ti`, `title`, `x-ti`. */
readonly "X-Title"?: string | number;
/** The field `kind` beside the body. */
readonly "X-Kind"?: string | number;
/** The field `priority` beside the body. Also as `prio`, `p`, `priority`, `x-prio`. */
readonly "X-Priority"?: string | number;
/** The field `url` beside the body. Also as `click`, `x-click`. */
readonly "X-Url"?: string | number;
/** The field `icon` beside the body. Also as `icon`. */
readonly "X-Icon"?: string | number;
/** The field `tags` beside the body. Also as `tag`, `ta`, `tags`, `x-tag`, `x-ta`. */
readonly "X-Tags"?: string | number;
/** The field `actions` beside the body. Also as `action`, `actions`, `x-action`. */
readonly "X-Actions"?: string | number;
/** The field `group` beside the body. */
readonly "X-Group"?: string | number;
/** The field `markdown` beside the body. Also as `md`, `markdown`, `x-md`. */
readonly "X-Markdown"?: string | number;
/** The field `critical` beside the body. Also as `critical`. */
readonly "X-Critical"?: string | number;
/** The field `progress` beside the body. Also as `progress`. */
readonly "X-Progress"?: string | number;
};
readonly body: NewNotification;
}, SentNotification>;
/** Ask what became of a notification */
  readonly getNotification: Call<{
readonly path: {
/** The notification's id. */
readonly id: string | number;
};
readonly query?: {
/** As which user an application calls; a user's token says that itself. */
readonly user_id?: string | number;
};
}, NotificationReceipt>;
/** Change a notification that was sent, or is still to come */
  readonly editNotification: Call<{
readonly path: {
/** The notification's id. */
readonly id: string | number;
};
readonly query?: {
/** As which user an application calls; a user's token says that itself. */
readonly user_id?: string | number;
/** The field `room` beside the body. */
readonly room?: string | number;
/** The field `from` beside the body. */
readonly from?: string | number;
/** The field `timestamp` beside the body. */
readonly timestamp?: string | number;
/** The field `expires_at` beside the body. */
readonly expires_at?: string | number;
/** The field `attachments` beside the body. Also as `attach`, `a`. */
readonly attachments?: string | number;
/** The field `image` beside the body. */
readonly image?: string | number;
/** The field `deliver_at` beside the body. Also as `delay`, `at`, `in`. */
readonly deliver_at?: string | number;
/** The field `title` beside the body. Also as `t`, `ti`. */
readonly title?: string | number;
/** The field `kind` beside the body. */
readonly kind?: string | number;
/** The field `priority` beside the body. Also as `prio`, `p`. */
readonly priority?: string | number;
/** The field `url` beside the body. Also as `click`. */
readonly url?: string | number;
/** The field `icon` beside the body. */
readonly icon?: string | number;
/** The field `tags` beside the body. Also as `tag`, `ta`. */
readonly tags?: string | number;
/** The field `actions` beside the body. Also as `action`. */
readonly actions?: string | number;
/** The field `group` beside the body. */
readonly group?: string | number;
/** The field `markdown` beside the body. Also as `md`. */
readonly markdown?: string | number;
/** The field `critical` beside the body. */
readonly critical?: string | number;
/** The field `progress` beside the body. */
readonly progress?: string | number;
};
readonly headers?: {
/** The field `room` beside the body. */
readonly "X-Room"?: string | number;
/** The field `from` beside the body. */
readonly "X-From"?: string | number;
/** The field `timestamp` beside the body. */
readonly "X-Timestamp"?: string | number;
/** The field `expires_at` beside the body. Also as `expires-at`. */
readonly "X-Expires-At"?: string | number;
/** The field `attachments` beside the body. Also as `attach`, `a`, `attachments`, `x-attach`. */
readonly "X-Attachments"?: string | number;
/** The field `image` beside the body. */
readonly "X-Image"?: string | number;
/** The field `deliver_at` beside the body. Also as `delay`, `at`, `in`, `deliver-at`, `x-delay`, `x-at`, `x-in`. */
readonly "X-Deliver-At"?: string | number;
/** The field `title` beside the body. Also as `t`, `ti`, `title`, `x-ti`. */
readonly "X-Title"?: string | number;
/** The field `kind` beside the body. */
readonly "X-Kind"?: string | number;
/** The field `priority` beside the body. Also as `prio`, `p`, `priority`, `x-prio`. */
readonly "X-Priority"?: string | number;
/** The field `url` beside the body. Also as `click`, `x-click`. */
readonly "X-Url"?: string | number;
/** The field `icon` beside the body. Also as `icon`. */
readonly "X-Icon"?: string | number;
/** The field `tags` beside the body. Also as `tag`, `ta`, `tags`, `x-tag`, `x-ta`. */
readonly "X-Tags"?: string | number;
/** The field `actions` beside the body. Also as `action`, `actions`, `x-action`. */
readonly "X-Actions"?: string | number;
/** The field `group` beside the body. */
readonly "X-Group"?: string | number;
/** The field `markdown` beside the body. Also as `md`, `markdown`, `x-md`. */
readonly "X-Markdown"?: string | number;
/** The field `critical` beside the body. Also as `critical`. */
readonly "X-Critical"?: string | number;
/** The field `progress` beside the body. Also as `progress`. */
readonly "X-Progress"?: string | number;
};
readonly body: NotificationChange | string;
}, EditedNotification>;
/** Take a notification back */
  readonly withdrawNotification: Call<{
readonly path: {
/** The notification's id. */
readonly id: string | number;
};
readonly query?: {
/** As which user an application calls; a user's token says that itself. */
readonly user_id?: string | number;
};
}, {
/** The notification's id. */
readonly id: string;
readonly state: "withdrawing";
} | undefined>;
/** Show every step of a notification, and why it did not go on */
  readonly getTimeline: Call<{
readonly path: {
/** The notification's id. */
readonly id: string | number;
};
readonly query?: {
/** The user's id. One that looks like a whole number is a number. */
readonly user_id?: number | string;
};
}, {
/** The notification's id. */
readonly id: string;
/** The user's id. One that looks like a whole number is a number. */
readonly user_id: number | string;
/** In their order. */
readonly steps: readonly ({
/** What happened. */
readonly step: "accepted" | "edited" | "stored" | "scheduled" | "held_back" | "published" | "sent" | "acknowledged" | "pushed" | "push_failed" | "read" | "acted" | "snoozed" | "deleted" | "withdrawn" | "expired";
/** When, in Unix seconds. */
readonly at: number;
/** At which node. */
readonly node?: string;
/** At which connection. */
readonly connection?: string;
/** At which device. */
readonly device?: string;
/** How, or which action. */
readonly way?: string;
/** Why it did not go on. */
readonly why_not?: string;
})[];
/** Since when it is known at which connections it was. */
readonly known_since: number;
/** Nodes that did not answer in time. */
readonly missing?: readonly (string)[];
}>;
/** Show what others see of a user */
  readonly getPrivacy: Call<{
readonly query?: {
/** As which user an application calls; a user's token says that itself. */
readonly user_id?: string | number;
};
}, Privacy>;
/** Change what others see of a user */
  readonly editPrivacy: Call<{
readonly query?: {
/** As which user an application calls; a user's token says that itself. */
readonly user_id?: string | number;
};
readonly body: PrivacyChange;
}, Privacy>;
/** Show the key with which browsers subscribe */
  readonly getPushKey: Call<undefined, {
/** In Base64url (VAPID). */
readonly public_key: string;
}>;
/** Push a test to all devices of a user, and say what became of it */
  readonly testPush: Call<{
readonly body: PushTest;
}, {
/** The user's id. One that looks like a whole number is a number. */
readonly user_id: number | string;
/** At each device. */
readonly pushes: readonly ({
/** Its id. */
readonly device: string;
/** Who delivers the pushes; which there are, the server's settings say. */
readonly provider: "web_push" | "fcm" | "apns" | "ntfy" | "mail";
/** What it came to: `taken`, `gone`, `later` or `refused`. */
readonly result: string;
/** Such as `android`. */
readonly platform?: string;
/** Why. */
readonly why?: string;
})[];
}>;
/** Revoke tokens: one, those of a session, of a user, or all */
  readonly revoke: Call<{
readonly query?: {
/** The caller's own site, which is meant where none is named. The operator may name any. */
readonly site?: string | number;
};
readonly body: NewRevocation;
}, Revocation>;
/** List what is revoked */
  readonly listRevocations: Call<{
readonly query?: {
/** How many at the most. */
readonly limit?: number;
/** The `next` of the page before. */
readonly cursor?: string | number;
/** The caller's own site, which is meant where none is named. The operator may name any. */
readonly site?: string | number;
};
}, {
/** One part. */
readonly revocations: readonly (Revocation)[];
/** What `cursor` takes to go on; absent where that was all. */
readonly next?: string;
}>;
/** List rooms: those that were made, and those with somebody in them */
  readonly listRooms: Call<{
readonly query?: {
/** How many at the most. */
readonly limit?: number;
/** The `next` of the page before. */
readonly cursor?: string | number;
/** The caller's own site, which is meant where none is named. The operator may name any. */
readonly site?: string | number;
/** Which rooms, with `*` for any text. */
readonly pattern?: string | number;
/** Only those that were made, or only the others. */
readonly made?: "true" | "false";
};
}, {
/** One part. */
readonly rooms: readonly (Room)[];
/** What `cursor` takes to go on; absent where that was all. */
readonly next?: string;
}>;
/** Show a room that was made, or has somebody in it */
  readonly getRoom: Call<{
readonly path: {
/** The name of the room. */
readonly room: string | number;
};
readonly query?: {
/** The caller's own site, which is meant where none is named. The operator may name any. */
readonly site?: string | number;
};
}, Room>;
/** Make a room, or set the whole of its rule */
  readonly putRoom: Call<{
readonly path: {
/** The name of the room. */
readonly room: string | number;
};
readonly body?: RoomRule;
}, Room>;
/** Change fields of a made room's rule */
  readonly editRoom: Call<{
readonly path: {
/** The name of the room. */
readonly room: string | number;
};
readonly body: RoomRuleChange;
}, Room>;
/** Delete a made room with all that it keeps */
  readonly deleteRoom: Call<{
readonly path: {
/** The name of the room. */
readonly room: string | number;
};
readonly query?: {
/** The caller's own site, which is meant where none is named. The operator may name any. */
readonly site?: string | number;
};
}, undefined>;
/** List who is in a room */
  readonly listRoomConnections: Call<{
readonly path: {
/** The name of the room. */
readonly room: string | number;
};
readonly query?: {
/** How many at the most. */
readonly limit?: number;
/** The `next` of the page before. */
readonly cursor?: string | number;
};
}, {
/** The name of a room. */
readonly room: string;
/** One part of them. */
readonly connections: readonly (RoomConnection)[];
/** How many there are, where these are not all. */
readonly count?: number;
/** What `cursor` takes to go on; absent where that was all. */
readonly next?: string;
}>;
/** Ask whether a user is in a room */
  readonly getRoomConnection: Call<{
readonly path: {
/** The name of the room. */
readonly room: string | number;
/** The user's id. */
readonly user: string | number;
};
}, RoomConnection>;
/** Put a user out of a room */
  readonly putOutOfRoom: Call<{
readonly path: {
/** The name of the room. */
readonly room: string | number;
/** The user's id. */
readonly user: string | number;
};
readonly query?: {
/** The caller's own site, which is meant where none is named. The operator may name any. */
readonly site?: string | number;
};
}, undefined>;
/** Tell those in a room of an event, which is not kept */
  readonly tellRoom: Call<{
readonly path: {
/** The name of the room. */
readonly room: string | number;
};
readonly body: NewRoomEvent;
}, {
/** The name of a room. */
readonly room: string;
/** What happened. */
readonly event: string;
}>;
/** Say something in a room */
  readonly sayInRoom: Call<{
readonly path: {
/** The name of the room. */
readonly room: string | number;
};
readonly query?: {
/** The name that others see. */
readonly name?: string | number;
/** As the field `user_id`. */
readonly user_id?: string | number;
/** As the field `message`. */
readonly message?: string | number;
};
readonly headers?: {
/** An id of the caller's own: the same one again is the same thing, which is sent once. */
readonly "Idempotency-Key"?: string | number;
/** As the field `name`. */
readonly "X-Name"?: string | number;
/** As the field `user_id`. */
readonly "X-User-Id"?: string | number;
};
readonly body: NewRoomMessage | string;
}, SaidInRoom>;
/** Say something in a room */
  readonly putInRoom: Call<{
readonly path: {
/** The name of the room. */
readonly room: string | number;
};
readonly query?: {
/** The name that others see. */
readonly name?: string | number;
/** As the field `user_id`. */
readonly user_id?: string | number;
/** As the field `message`. */
readonly message?: string | number;
};
readonly headers?: {
/** An id of the caller's own: the same one again is the same thing, which is sent once. */
readonly "Idempotency-Key"?: string | number;
/** As the field `name`. */
readonly "X-Name"?: string | number;
/** As the field `user_id`. */
readonly "X-User-Id"?: string | number;
};
readonly body: NewRoomMessage | string;
}, SaidInRoom>;
/** List notifications that wait for their time */
  readonly listScheduled: Call<{
readonly query?: {
/** The user's id. One that looks like a whole number is a number. */
readonly user_id?: number | string;
/** How many at the most. */
readonly limit?: number;
/** The `next` of the page before. */
readonly after?: string | number;
};
}, {
/** One part. */
readonly scheduled: readonly ({
/** Its id. */
readonly id: string;
/** The user's id. One that looks like a whole number is a number. */
readonly user_id: number | string;
/** When it comes. Unix time in seconds. */
readonly deliver_at: number;
/** Its title. */
readonly title?: string;
/** Whether its user has put it off. */
readonly snoozed?: boolean;
})[];
/** What `cursor` takes to go on; absent where that was all. */
readonly next?: string;
}>;
/** Find messages by their words */
  readonly searchMessages: Call<{
readonly query: {
/** Words. */
readonly q: string | number;
/** How many at the most. */
readonly limit?: number;
/** The `next` of the page before. */
readonly cursor?: string | number;
/** As which user an application calls; a user's token says that itself. */
readonly user_id?: string | number;
/** In this conversation alone. */
readonly conversation?: number;
};
}, {
/** One part. */
readonly messages: readonly (Message)[];
/** What `cursor` takes to go on; absent where that was all. */
readonly next?: string;
}>;
/** Show the settings in force on the node that answers */
  readonly listSettings: Call<undefined, {
/** All of them. */
readonly settings: readonly (Setting)[];
/** The node that answers. */
readonly node: string;
}>;
/** Show what this node counts and measures */
  readonly getStats: Call<undefined, Readonly<Record<string, number>>>;
/** Publish an event in a topic */
  readonly publishTopic: Call<{
readonly path: {
/** The name of the topic. */
readonly topic: string | number;
};
readonly headers?: {
/** An id of the caller's own: the same one again is the same thing, which is sent once. */
readonly "Idempotency-Key"?: string | number;
};
readonly body: NewTopicEvent;
}, PublishedEvent>;
/** Begin an upload that can go on where it broke off (tus 1.0) */
  readonly beginUpload: Call<{
readonly query?: {
/** As which user an application calls; a user's token says that itself. */
readonly user_id?: string | number;
};
readonly headers: {
/** The version of tus. */
readonly "Tus-Resumable": "1.0.0";
/** Bytes of the whole. */
readonly "Upload-Length": string | number;
/** Keys with values in Base64: `filename` and `filetype`. */
readonly "Upload-Metadata"?: string | number;
/** An id of the caller's own: the same one again is the same file. */
readonly "Idempotency-Key"?: string | number;
};
}, Upload>;
/** Ask how far an upload came; HEAD answers the same without a body */
  readonly getUpload: Call<{
readonly path: {
/** The upload's id. */
readonly upload: string | number;
};
readonly query?: {
/** As which user an application calls; a user's token says that itself. */
readonly user_id?: string | number;
};
readonly headers: {
/** The version of tus. */
readonly "Tus-Resumable": "1.0.0";
};
}, Upload>;
/** Go on with an upload; it is a file as soon as its last byte is there */
  readonly appendUpload: Call<{
readonly path: {
/** The upload's id. */
readonly upload: string | number;
};
readonly query?: {
/** As which user an application calls; a user's token says that itself. */
readonly user_id?: string | number;
};
readonly headers: {
/** The version of tus. */
readonly "Tus-Resumable": "1.0.0";
/** From which byte on. */
readonly "Upload-Offset": string | number;
};
readonly body: BodyInit;
}, undefined>;
/** End an upload, and forget what is there */
  readonly cancelUpload: Call<{
readonly path: {
/** The upload's id. */
readonly upload: string | number;
};
readonly query?: {
/** As which user an application calls; a user's token says that itself. */
readonly user_id?: string | number;
};
readonly headers: {
/** The version of tus. */
readonly "Tus-Resumable": "1.0.0";
};
}, undefined>;
/** PATCH or DELETE, from where nothing but GET and POST comes through */
  readonly overrideUpload: Call<{
readonly path: {
/** The upload's id. */
readonly upload: string | number;
};
readonly query?: {
/** As which user an application calls; a user's token says that itself. */
readonly user_id?: string | number;
};
readonly headers: {
/** The version of tus. */
readonly "Tus-Resumable": "1.0.0";
/** What is meant. */
readonly "X-HTTP-Method-Override": "PATCH" | "DELETE";
readonly "Upload-Offset"?: string | number;
};
readonly body?: BodyInit;
}, undefined>;
/** Get a link by which the store itself takes the next piece */
  readonly linkUpload: Call<{
readonly path: {
/** The upload's id. */
readonly upload: string | number;
};
readonly query?: {
/** As which user an application calls; a user's token says that itself. */
readonly user_id?: string | number;
};
readonly body: UploadPiece;
}, {
/** From which byte on. */
readonly offset: number;
/** Bytes of the piece. */
readonly bytes: number;
/** When the link ends. Unix time in seconds. */
readonly expires_at: number;
/** Where. */
readonly url?: string;
/** By which method. */
readonly method?: string;
/** With which headers. */
readonly headers?: unknown;
}>;
/** Show what is known of a user: connections, inbox, devices, refusals */
  readonly getUser: Call<{
readonly path: {
/** The user's id. */
readonly user: string | number;
};
}, UserState>;
/** Block a user, for good or for a time */
  readonly blockUser: Call<{
readonly path: {
/** The user's id. */
readonly user: string | number;
};
readonly query?: {
/** The caller's own site, which is meant where none is named. The operator may name any. */
readonly site?: string | number;
};
readonly body?: NewBlock;
}, Block>;
/** Export all that is kept of a user */
  readonly exportUser: Call<{
readonly path: {
/** The user's id. */
readonly user: string | number;
};
readonly query?: {
/** The caller's own site, which is meant where none is named. The operator may name any. */
readonly site?: string | number;
};
}, Response>;
/** Erase all that is kept of a user */
  readonly eraseUser: Call<{
readonly path: {
/** The user's id. */
readonly user: string | number;
};
readonly query?: {
/** The caller's own site, which is meant where none is named. The operator may name any. */
readonly site?: string | number;
};
}, Erased>;
/** Register a device of a user, or say that it is still there */
  readonly registerDevice: Call<{
readonly path: {
/** The user's id. */
readonly user: string | number;
};
readonly body: NewDevice;
}, Device>;
/** List a user's devices */
  readonly listDevices: Call<{
readonly path: {
/** The user's id. */
readonly user: string | number;
};
}, {
/** All of them. */
readonly devices: readonly (Device)[];
}>;
/** Remove a device: nothing is pushed to it any more */
  readonly removeDevice: Call<{
readonly path: {
/** The user's id. */
readonly user: string | number;
/** The device's id. */
readonly device: string | number;
};
}, undefined>;
/** Close all connections of a user, who may come back */
  readonly disconnectUser: Call<{
readonly path: {
/** The user's id. */
readonly user: string | number;
};
readonly query?: {
/** The caller's own site, which is meant where none is named. The operator may name any. */
readonly site?: string | number;
};
readonly body?: {
/** The caller's own site, which is meant where none is named. The operator may name any. */
readonly site?: string;
};
}, undefined>;
/** Send a notification to the user of the path */
  readonly sendUserNotification: Call<{
readonly path: {
/** The user's id. */
readonly user: string | number;
};
readonly query?: {
/** The field `room` beside the body. */
readonly room?: string | number;
/** The field `from` beside the body. */
readonly from?: string | number;
/** The field `timestamp` beside the body. */
readonly timestamp?: string | number;
/** The field `expires_at` beside the body. */
readonly expires_at?: string | number;
/** The field `attachments` beside the body. Also as `attach`, `a`. */
readonly attachments?: string | number;
/** The field `image` beside the body. */
readonly image?: string | number;
/** The field `deliver_at` beside the body. Also as `delay`, `at`, `in`. */
readonly deliver_at?: string | number;
/** The field `title` beside the body. Also as `t`, `ti`. */
readonly title?: string | number;
/** The field `kind` beside the body. */
readonly kind?: string | number;
/** The field `priority` beside the body. Also as `prio`, `p`. */
readonly priority?: string | number;
/** The field `url` beside the body. Also as `click`. */
readonly url?: string | number;
/** The field `icon` beside the body. */
readonly icon?: string | number;
/** The field `tags` beside the body. Also as `tag`, `ta`. */
readonly tags?: string | number;
/** The field `actions` beside the body. Also as `action`. */
readonly actions?: string | number;
/** The field `group` beside the body. */
readonly group?: string | number;
/** The field `markdown` beside the body. Also as `md`. */
readonly markdown?: string | number;
/** The field `critical` beside the body. */
readonly critical?: string | number;
/** The field `progress` beside the body. */
readonly progress?: string | number;
};
readonly headers?: {
/** An id of the caller's own: the same one again is the same thing, which is sent once. */
readonly "Idempotency-Key"?: string | number;
/** The field `room` beside the body. */
readonly "X-Room"?: string | number;
/** The field `from` beside the body. */
readonly "X-From"?: string | number;
/** The field `timestamp` beside the body. */
readonly "X-Timestamp"?: string | number;
/** The field `expires_at` beside the body. Also as `expires-at`. */
readonly "X-Expires-At"?: string | number;
/** The field `attachments` beside the body. Also as `attach`, `a`, `attachments`, `x-attach`. */
readonly "X-Attachments"?: string | number;
/** The field `image` beside the body. */
readonly "X-Image"?: string | number;
/** The field `deliver_at` beside the body. Also as `delay`, `at`, `in`, `deliver-at`, `x-delay`, `x-at`, `x-in`. */
readonly "X-Deliver-At"?: string | number;
/** The field `title` beside the body. Also as `t`, `ti`, `title`, `x-ti`. */
readonly "X-Title"?: string | number;
/** The field `kind` beside the body. */
readonly "X-Kind"?: string | number;
/** The field `priority` beside the body. Also as `prio`, `p`, `priority`, `x-prio`. */
readonly "X-Priority"?: string | number;
/** The field `url` beside the body. Also as `click`, `x-click`. */
readonly "X-Url"?: string | number;
/** The field `icon` beside the body. Also as `icon`. */
readonly "X-Icon"?: string | number;
/** The field `tags` beside the body. Also as `tag`, `ta`, `tags`, `x-tag`, `x-ta`. */
readonly "X-Tags"?: string | number;
/** The field `actions` beside the body. Also as `action`, `actions`, `x-action`. */
readonly "X-Actions"?: string | number;
/** The field `group` beside the body. */
readonly "X-Group"?: string | number;
/** The field `markdown` beside the body. Also as `md`, `markdown`, `x-md`. */
readonly "X-Markdown"?: string | number;
/** The field `critical` beside the body. Also as `critical`. */
readonly "X-Critical"?: string | number;
/** The field `progress` beside the body. Also as `progress`. */
readonly "X-Progress"?: string | number;
};
readonly body: NewUserNotification | string;
}, SentNotification>;
/** Send a notification to the user of the path */
  readonly putUserNotification: Call<{
readonly path: {
/** The user's id. */
readonly user: string | number;
};
readonly query?: {
/** The field `room` beside the body. */
readonly room?: string | number;
/** The field `from` beside the body. */
readonly from?: string | number;
/** The field `timestamp` beside the body. */
readonly timestamp?: string | number;
/** The field `expires_at` beside the body. */
readonly expires_at?: string | number;
/** The field `attachments` beside the body. Also as `attach`, `a`. */
readonly attachments?: string | number;
/** The field `image` beside the body. */
readonly image?: string | number;
/** The field `deliver_at` beside the body. Also as `delay`, `at`, `in`. */
readonly deliver_at?: string | number;
/** The field `title` beside the body. Also as `t`, `ti`. */
readonly title?: string | number;
/** The field `kind` beside the body. */
readonly kind?: string | number;
/** The field `priority` beside the body. Also as `prio`, `p`. */
readonly priority?: string | number;
/** The field `url` beside the body. Also as `click`. */
readonly url?: string | number;
/** The field `icon` beside the body. */
readonly icon?: string | number;
/** The field `tags` beside the body. Also as `tag`, `ta`. */
readonly tags?: string | number;
/** The field `actions` beside the body. Also as `action`. */
readonly actions?: string | number;
/** The field `group` beside the body. */
readonly group?: string | number;
/** The field `markdown` beside the body. Also as `md`. */
readonly markdown?: string | number;
/** The field `critical` beside the body. */
readonly critical?: string | number;
/** The field `progress` beside the body. */
readonly progress?: string | number;
};
readonly headers?: {
/** An id of the caller's own: the same one again is the same thing, which is sent once. */
readonly "Idempotency-Key"?: string | number;
/** The field `room` beside the body. */
readonly "X-Room"?: string | number;
/** The field `from` beside the body. */
readonly "X-From"?: string | number;
/** The field `timestamp` beside the body. */
readonly "X-Timestamp"?: string | number;
/** The field `expires_at` beside the body. Also as `expires-at`. */
readonly "X-Expires-At"?: string | number;
/** The field `attachments` beside the body. Also as `attach`, `a`, `attachments`, `x-attach`. */
readonly "X-Attachments"?: string | number;
/** The field `image` beside the body. */
readonly "X-Image"?: string | number;
/** The field `deliver_at` beside the body. Also as `delay`, `at`, `in`, `deliver-at`, `x-delay`, `x-at`, `x-in`. */
readonly "X-Deliver-At"?: string | number;
/** The field `title` beside the body. Also as `t`, `ti`, `title`, `x-ti`. */
readonly "X-Title"?: string | number;
/** The field `kind` beside the body. */
readonly "X-Kind"?: string | number;
/** The field `priority` beside the body. Also as `prio`, `p`, `priority`, `x-prio`. */
readonly "X-Priority"?: string | number;
/** The field `url` beside the body. Also as `click`, `x-click`. */
readonly "X-Url"?: string | number;
/** The field `icon` beside the body. Also as `icon`. */
readonly "X-Icon"?: string | number;
/** The field `tags` beside the body. Also as `tag`, `ta`, `tags`, `x-tag`, `x-ta`. */
readonly "X-Tags"?: string | number;
/** The field `actions` beside the body. Also as `action`, `actions`, `x-action`. */
readonly "X-Actions"?: string | number;
/** The field `group` beside the body. */
readonly "X-Group"?: string | number;
/** The field `markdown` beside the body. Also as `md`, `markdown`, `x-md`. */
readonly "X-Markdown"?: string | number;
/** The field `critical` beside the body. Also as `critical`. */
readonly "X-Critical"?: string | number;
/** The field `progress` beside the body. Also as `progress`. */
readonly "X-Progress"?: string | number;
};
readonly body: NewUserNotification | string;
}, SentNotification>;
/** List what a user has put off */
  readonly listSnoozed: Call<{
readonly path: {
/** The user's id. */
readonly user: string | number;
};
readonly query?: {
/** How many at the most. */
readonly limit?: number;
/** The `next` of the page before. */
readonly cursor?: string | number;
};
}, {
/** One part of them. */
readonly notifications: readonly ({
/** The notification's id. */
readonly id: string;
/** The room that clients show it in. */
readonly room: string;
readonly state: "snoozed";
/** When it comes back. Unix time in seconds. */
readonly snoozed_until: number;
/** Who it is from. */
readonly name?: string;
/** The text. */
readonly message?: string;
/** What it carries for programs. */
readonly data?: unknown;
/** Words. */
readonly tags?: readonly (string)[];
/** Files. */
readonly attachments?: readonly ({
/** Its id. */
readonly id: string;
/** Its name. */
readonly name?: string;
/** Its media type. */
readonly type?: string;
/** Its size. */
readonly bytes?: number;
/** Of its bytes. */
readonly sha256?: string;
/** In pixels. */
readonly width?: number;
/** In pixels. */
readonly height?: number;
/** A link to it. */
readonly url?: string;
})[];
/** A file. */
readonly image?: {
/** Its id. */
readonly id: string;
/** Its name. */
readonly name?: string;
/** Its media type. */
readonly type?: string;
/** Its size. */
readonly bytes?: number;
/** Of its bytes. */
readonly sha256?: string;
/** In pixels. */
readonly width?: number;
/** In pixels. */
readonly height?: number;
/** A link to it. */
readonly url?: string;
};
readonly title?: string;
readonly kind?: string;
readonly url?: string;
readonly icon?: string;
readonly group?: string;
/** From 1 to 5. */
readonly priority?: number;
/** What the user can do. */
readonly actions?: readonly (Readonly<Record<string, unknown>>)[];
/** Whether the message is Markdown. */
readonly markdown?: boolean;
/** Whether it passes preferences. */
readonly critical?: boolean;
/** In percent. */
readonly progress?: number;
/** When it was changed last. Unix time in seconds. */
readonly edited_at?: number;
/** Where it was in the inbox at first. */
readonly first_offset?: number;
})[];
/** What `cursor` takes to go on; absent where that was all. */
readonly next?: string;
}>;
/** Do one of a notification's actions for its user */
  readonly actOnNotification: Call<{
readonly path: {
/** The user's id. */
readonly user: string | number;
/** The notification's id. */
readonly id: string | number;
/** The action's id. */
readonly action: string | number;
};
readonly query?: {
/** As the field `text`. */
readonly text?: string | number;
};
readonly body?: NotificationAnswer | string;
}, DoneAction>;
/** Archive a notification for its user */
  readonly archiveNotification: Call<{
readonly path: {
/** The user's id. */
readonly user: string | number;
/** The notification's id. */
readonly id: string | number;
};
}, undefined>;
/** Bring a notification back that was archived */
  readonly unarchiveNotification: Call<{
readonly path: {
/** The user's id. */
readonly user: string | number;
/** The notification's id. */
readonly id: string | number;
};
}, undefined>;
/** Put a notification off for its user */
  readonly snoozeNotification: Call<{
readonly path: {
/** The user's id. */
readonly user: string | number;
/** The notification's id. */
readonly id: string | number;
};
readonly query?: {
/** As the field `until`. */
readonly until?: string | number;
};
readonly body?: {
/** When it comes back: in the future, at most 366 days ahead. */
readonly until: When;
};
}, NotificationReceipt>;
/** Bring a notification back that was put off */
  readonly unsnoozeNotification: Call<{
readonly path: {
/** The user's id. */
readonly user: string | number;
/** The notification's id. */
readonly id: string | number;
};
}, undefined>;
/** Show what a user has chosen */
  readonly getPreferences: Call<{
readonly path: {
/** The user's id. */
readonly user: string | number;
};
}, Preferences>;
/** Set the whole of a user's preferences */
  readonly putPreferences: Call<{
readonly path: {
/** The user's id. */
readonly user: string | number;
};
readonly headers?: {
/** The version that the caller has read. */
readonly "If-Match"?: string | number;
};
readonly body?: NewPreferences;
}, Preferences>;
/** Change a user's preferences */
  readonly editPreferences: Call<{
readonly path: {
/** The user's id. */
readonly user: string | number;
};
readonly headers?: {
/** The version that the caller has read. */
readonly "If-Match"?: string | number;
};
readonly body?: PreferencesChange;
}, Preferences>;
/** Ask whether a user is online */
  readonly getPresence: Call<{
readonly path: {
/** The user's id. */
readonly user: string | number;
};
readonly query?: {
/** As which user an application calls; a user's token says that itself. */
readonly user_id?: string | number;
};
}, Presence>;
/** List the topics that a user follows */
  readonly listFollowed: Call<{
readonly path: {
/** The user's id. */
readonly user: string | number;
};
readonly query?: {
/** How many at the most. */
readonly limit?: number;
/** The `next` of the page before. */
readonly cursor?: string | number;
};
}, {
/** One part. */
readonly topics: readonly ({
/** The name of a topic. */
readonly topic: string;
/** Since when. Unix time in seconds. */
readonly since: number;
})[];
/** What `cursor` takes to go on; absent where that was all. */
readonly next?: string;
}>;
/** Have a user follow a topic, so that notifications to it come to the user */
  readonly followTopic: Call<{
readonly path: {
/** The user's id. */
readonly user: string | number;
/** The name of the topic. */
readonly topic: string | number;
};
}, FollowedTopic>;
/** Have a user follow a topic no more */
  readonly unfollowTopic: Call<{
readonly path: {
/** The user's id. */
readonly user: string | number;
/** The name of the topic. */
readonly topic: string | number;
};
}, undefined>;
/** Let a blocked user in again */
  readonly unblockUser: Call<{
readonly path: {
/** The user's id. */
readonly user: string | number;
};
readonly query?: {
/** The caller's own site, which is meant where none is named. The operator may name any. */
readonly site?: string | number;
};
readonly body?: {
/** The caller's own site, which is meant where none is named. The operator may name any. */
readonly site?: string;
};
}, undefined>;
/** Read a file: with a link's signature, a key or a user's token */
  readonly downloadFile: Call<{
readonly path: {
/** The file's id. */
readonly file: string | number;
};
readonly query?: {
/** That of a link, in which no key is needed. */
readonly signature?: string | number;
/** A width in pixels: an image comes smaller. */
readonly thumbnail?: string | number;
/** Whether a browser saves it in place of showing it. */
readonly download?: boolean;
/** As which user an application reads it. */
readonly user_id?: string | number;
};
readonly headers?: {
/** Which bytes. */
readonly Range?: string | number;
/** The ETag that the caller has. */
readonly "If-None-Match"?: string | number;
};
}, Response>;
/** Remove a file by the address that it is read at */
  readonly removeFile: Call<{
readonly path: {
/** The file's id. */
readonly file: string | number;
};
}, undefined>;
/** Ask whether this node can do its work, as balancers do */
  readonly getReadiness: Call<undefined, Readiness>;
}

/** The method and the path of each call, and whether its answer is no JSON. */
export const CALLS: { readonly [Name in keyof Calls]: readonly [method: string, path: string, answer?: "response"] } = {
  listAudit: ["GET", "/api/audit"],
  getBackup: ["GET", "/api/backup", "response"],
  listBlocks: ["GET", "/api/blocks"],
  broadcast: ["POST", "/api/broadcast"],
  closeConnection: ["DELETE", "/api/connections/{id}"],
  listContacts: ["GET", "/api/contacts"],
  getContact: ["GET", "/api/contacts/{contact}"],
  putContact: ["PUT", "/api/contacts/{contact}"],
  editContact: ["PATCH", "/api/contacts/{contact}"],
  deleteContact: ["DELETE", "/api/contacts/{contact}"],
  listConversations: ["GET", "/api/conversations"],
  openConversation: ["POST", "/api/conversations"],
  getConversation: ["GET", "/api/conversations/{conversation}"],
  editConversation: ["PATCH", "/api/conversations/{conversation}"],
  leaveConversation: ["DELETE", "/api/conversations/{conversation}"],
  listConversationFiles: ["GET", "/api/conversations/{conversation}/files"],
  listMembers: ["GET", "/api/conversations/{conversation}/members"],
  addMembers: ["POST", "/api/conversations/{conversation}/members"],
  setMemberRole: ["PATCH", "/api/conversations/{conversation}/members/{user}"],
  removeMember: ["DELETE", "/api/conversations/{conversation}/members/{user}"],
  listMessages: ["GET", "/api/conversations/{conversation}/messages"],
  sendMessage: ["POST", "/api/conversations/{conversation}/messages"],
  markRead: ["POST", "/api/conversations/{conversation}/read"],
  setTyping: ["POST", "/api/conversations/{conversation}/typing"],
  listDeadLetters: ["GET", "/api/dead-letters"],
  deleteDeadLetter: ["DELETE", "/api/dead-letters/{source}/{id}"],
  resendDeadLetter: ["POST", "/api/dead-letters/{source}/{id}/resend"],
  uploadFile: ["POST", "/api/files"],
  listFiles: ["GET", "/api/files"],
  getFile: ["GET", "/api/files/{file}"],
  deleteFile: ["DELETE", "/api/files/{file}"],
  listHooks: ["GET", "/api/hooks"],
  createKey: ["POST", "/api/keys"],
  listKeys: ["GET", "/api/keys"],
  revokeKey: ["DELETE", "/api/keys/{id}"],
  listKinds: ["GET", "/api/kinds"],
  getKind: ["GET", "/api/kinds/{kind}"],
  putKind: ["PUT", "/api/kinds/{kind}"],
  deleteKind: ["DELETE", "/api/kinds/{kind}"],
  countConversations: ["GET", "/api/live/conversations"],
  listLiveRooms: ["GET", "/api/live/rooms"],
  listLiveTopics: ["GET", "/api/live/topics"],
  listLiveUsers: ["GET", "/api/live/users"],
  listLog: ["GET", "/api/log"],
  getLogLevels: ["GET", "/api/log/levels"],
  setLogLevels: ["PUT", "/api/log/levels"],
  sendMessageTo: ["POST", "/api/messages"],
  getMessage: ["GET", "/api/messages/{message}"],
  editMessage: ["PATCH", "/api/messages/{message}"],
  unsendMessage: ["DELETE", "/api/messages/{message}"],
  addReaction: ["PUT", "/api/messages/{message}/reactions/{emoji}"],
  removeReaction: ["DELETE", "/api/messages/{message}/reactions/{emoji}"],
  getReceipts: ["GET", "/api/messages/{message}/receipts"],
  listNodes: ["GET", "/api/nodes"],
  drainNode: ["POST", "/api/nodes/{node}/drain"],
  sendNotification: ["POST", "/api/notifications"],
  putNotification: ["PUT", "/api/notifications"],
  getNotification: ["GET", "/api/notifications/{id}"],
  editNotification: ["PATCH", "/api/notifications/{id}"],
  withdrawNotification: ["DELETE", "/api/notifications/{id}"],
  getTimeline: ["GET", "/api/notifications/{id}/timeline"],
  getPrivacy: ["GET", "/api/privacy"],
  editPrivacy: ["PATCH", "/api/privacy"],
  getPushKey: ["GET", "/api/push/key"],
  testPush: ["POST", "/api/push/test"],
  revoke: ["POST", "/api/revocations"],
  listRevocations: ["GET", "/api/revocations"],
  listRooms: ["GET", "/api/rooms"],
  getRoom: ["GET", "/api/rooms/{room}"],
  putRoom: ["PUT", "/api/rooms/{room}"],
  editRoom: ["PATCH", "/api/rooms/{room}"],
  deleteRoom: ["DELETE", "/api/rooms/{room}"],
  listRoomConnections: ["GET", "/api/rooms/{room}/connections"],
  getRoomConnection: ["GET", "/api/rooms/{room}/connections/{user}"],
  putOutOfRoom: ["DELETE", "/api/rooms/{room}/connections/{user}"],
  tellRoom: ["POST", "/api/rooms/{room}/events"],
  sayInRoom: ["POST", "/api/rooms/{room}/messages"],
  putInRoom: ["PUT", "/api/rooms/{room}/messages"],
  listScheduled: ["GET", "/api/scheduled"],
  searchMessages: ["GET", "/api/search"],
  listSettings: ["GET", "/api/settings"],
  getStats: ["GET", "/api/stats"],
  publishTopic: ["POST", "/api/topics/{topic}"],
  beginUpload: ["POST", "/api/uploads"],
  getUpload: ["GET", "/api/uploads/{upload}"],
  appendUpload: ["PATCH", "/api/uploads/{upload}"],
  cancelUpload: ["DELETE", "/api/uploads/{upload}"],
  overrideUpload: ["POST", "/api/uploads/{upload}"],
  linkUpload: ["POST", "/api/uploads/{upload}/link"],
  getUser: ["GET", "/api/users/{user}"],
  blockUser: ["POST", "/api/users/{user}/block"],
  exportUser: ["GET", "/api/users/{user}/data", "response"],
  eraseUser: ["DELETE", "/api/users/{user}/data"],
  registerDevice: ["POST", "/api/users/{user}/devices"],
  listDevices: ["GET", "/api/users/{user}/devices"],
  removeDevice: ["DELETE", "/api/users/{user}/devices/{device}"],
  disconnectUser: ["POST", "/api/users/{user}/disconnect"],
  sendUserNotification: ["POST", "/api/users/{user}/notifications"],
  putUserNotification: ["PUT", "/api/users/{user}/notifications"],
  listSnoozed: ["GET", "/api/users/{user}/notifications/snoozed"],
  actOnNotification: ["POST", "/api/users/{user}/notifications/{id}/actions/{action}"],
  archiveNotification: ["PUT", "/api/users/{user}/notifications/{id}/archive"],
  unarchiveNotification: ["DELETE", "/api/users/{user}/notifications/{id}/archive"],
  snoozeNotification: ["PUT", "/api/users/{user}/notifications/{id}/snooze"],
  unsnoozeNotification: ["DELETE", "/api/users/{user}/notifications/{id}/snooze"],
  getPreferences: ["GET", "/api/users/{user}/preferences"],
  putPreferences: ["PUT", "/api/users/{user}/preferences"],
  editPreferences: ["PATCH", "/api/users/{user}/preferences"],
  getPresence: ["GET", "/api/users/{user}/presence"],
  listFollowed: ["GET", "/api/users/{user}/topics"],
  followTopic: ["PUT", "/api/users/{user}/topics/{topic}"],
  unfollowTopic: ["DELETE", "/api/users/{user}/topics/{topic}"],
  unblockUser: ["POST", "/api/users/{user}/unblock"],
  downloadFile: ["GET", "/files/{file}", "response"],
  removeFile: ["DELETE", "/files/{file}"],
  getReadiness: ["GET", "/readyz"],
};
