/**
 * What a route is to its callers: what it takes, what it answers, by which codes it refuses. The description of the API
 * (`document.ts`) is made of that, and the client for TypeScript of the description.
 */
import type { ErrorCode } from "../../base/errors.ts";
import type { JsonSchema } from "../../base/shape.ts";
import type { Scope } from "../../base/scope.ts";

/** The nouns by which routes are grouped, with what each is. */
export const TAGS = {
  notifications: "Notifications for users, what became of them, and what users did with them.",
  rooms: "What is said in rooms, who is there, and rooms that are made while the server runs.",
  topics: "Events that are published in topics, and who follows them.",
  conversations: "Private conversations and groups, and who is in them.",
  messages: "What is said in conversations.",
  contacts: "Users' contacts and privacy.",
  presence: "Who is online.",
  preferences: "What users want to be told, how and when, and what applications set for each kind.",
  devices: "Users' devices, to which notifications are pushed.",
  files: "Files, in one request or by uploads that go on where they broke off.",
  keys: "Keys to this API.",
  revocations: "Blocked users and revoked tokens.",
  users: "What is kept of one user.",
  streams: "Events that come by HTTP, and commands that go up beside them.",
  operations: "Whether the server is well, and what it counts.",
} as const;

export type Tag = keyof typeof TAGS;

/** Something that stands in the path, the query or a header. */
export interface Parameter {
  readonly schema: JsonSchema;
  readonly description: string;
  readonly isRequired?: true;
  readonly example?: unknown;
}

export type Parameters = Readonly<Record<string, Parameter>>;

/** What a body is. */
export interface BodyAbout {
  readonly description?: string;
  /** The fields, in JSON; absent where the body is none. */
  readonly fields?: JsonSchema;
  /** Whether a form may have the same fields. @default true */
  readonly isForm?: boolean;
  /** The field that a body of text is, where it may be one. */
  readonly text?: string;
  /** Bodies of other types, by their types. */
  readonly others?: Readonly<Record<string, JsonSchema>>;
  readonly isRequired?: true;
  /** Bodies that are taken, by what they show. */
  readonly examples?: Readonly<Record<string, unknown>>;
}

/** What is answered with one status. */
export interface AnswerAbout {
  readonly description: string;
  /** The JSON; absent where nothing is said. */
  readonly json?: JsonSchema;
  /** Answers of other types, by their types. */
  readonly others?: Readonly<Record<string, JsonSchema>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly example?: unknown;
}

export interface About {
  /** By which programs call it, such as `sendNotification`. No two routes have the same. */
  readonly id: string;
  readonly tag: Tag;
  /** One line that says what it does. */
  readonly summary: string;
  readonly description?: string;
  /** What the parts of the path are, by their names. */
  readonly path?: Parameters;
  readonly query?: Parameters;
  readonly headers?: Parameters;
  readonly body?: BodyAbout;
  readonly answers: Readonly<Partial<Record<AnswerStatus, AnswerAbout>>>;
  /** The codes by which it refuses beside those by which any route may. */
  readonly errors?: readonly ErrorCode[];
}

export type AnswerStatus = 200 | 201 | 202 | 204 | 206 | 302 | 304 | 426 | 503;

/** Routes that say what they are, by method and path, such as `POST /rooms/:room/messages`. */
export type Abouts = Readonly<Record<string, About>>;

/** What a path that is answered in a way of its own is to its callers. */
export interface MountAbout {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** The whole path, such as `/files/:file`. */
  readonly path: `/${string}`;
  readonly about: About;
  /** Who may call: anybody, who shows a key or a token, or who has either or a signed address. */
  readonly access: "anybody" | "caller" | "link";
  /** The scope that a key needs. */
  readonly scope?: Scope;
}

/** A parameter that may be absent. */
export function may(schema: JsonSchema, example?: unknown): Parameter {
  const { description, ...rest } = schema;
  return {
    schema: rest,
    description: String(description ?? ""),
    ...(example !== undefined && { example }),
  };
}

/** A parameter that has to be there, as all of a path have. */
export function must(schema: JsonSchema, example?: unknown): Parameter {
  return { ...may(schema, example), isRequired: true };
}
