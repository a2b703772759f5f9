/** Whom the server asks before something happens: an application over HTTP, or functions in the same process. */
import type { Fields } from "../base/fields.ts";
import type { HandshakeNames } from "./handshake_fields.ts";

/** The kinds of questions, as settings and questions name them. */
export type Kind = "connect" | "enter" | "say" | "event" | "file";

/** Who is this? */
export interface ConnectQuestion {
  readonly type: "connect";
  /** What the client has shown: any JSON object. */
  readonly credentials?: Fields;
  /** Headers of the handshake that settings name, by their names in small letters. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Cookies of the handshake that settings name. */
  readonly cookies?: Readonly<Record<string, string>>;
  /** The client's address. */
  readonly address?: string;
}

/** Who asks for something. */
interface Asking {
  readonly site: string;
  readonly user_id: number | string;
  /** The name that others see. */
  readonly name?: string;
  /** Whether nobody has proved who this is. */
  readonly guest?: true;
}

/** May they enter this room, or subscribe to this topic? */
export interface EnterQuestion extends Asking {
  readonly type: "enter";
  readonly room?: string;
  readonly topic?: string;
  /** The fields by which a subscriber chooses from a topic. */
  readonly filter?: Fields;
}

/** May they say this in the room, in the conversation, or to the other user? */
export interface SayQuestion extends Asking {
  readonly type: "say";
  /** Absent where it is said in a conversation. */
  readonly room?: string;
  /** The conversation's id; absent where the sender names the other user alone. */
  readonly conversation?: number;
  /** The other user of a private conversation, which may not be made yet. */
  readonly to?: number | string;
  readonly message?: string;
  readonly data?: unknown;
}

/** May they tell this to the others in the room? */
export interface EventQuestion extends Asking {
  readonly type: "event";
  readonly room: string;
  readonly event: string;
  readonly data?: unknown;
}

/** Is this file taken? Nobody else sees it before. */
export interface FileQuestion {
  readonly type: "file";
  readonly site: string;
  /** Who has uploaded it; absent where an application has, as itself. */
  readonly user_id?: number | string;
  readonly file: {
    readonly id: string;
    readonly name: string;
    /** The media type that the bytes have. */
    readonly type: string;
    readonly bytes: number;
    readonly sha256: string;
  };
  /** The path at which the server gives the file out to whoever has this. */
  readonly url: string;
}

export type Question =
  | ConnectQuestion
  | EnterQuestion
  | SayQuestion
  | EventQuestion
  | FileQuestion;

/** What any answer may hold beside its own fields. */
interface AnswerFields {
  /** `false` is no. */
  readonly allow?: boolean;
  /** Why not; the client is told. */
  readonly reason?: string;
  /** For how long the answer counts for the same question. @default 0 */
  readonly cache_seconds?: number;
}

/** Who somebody is. `true` is for functions alone: the credentials' `user_id` or `username` is right. */
export type ConnectAnswer =
  | boolean
  | (AnswerFields & {
    readonly user_id?: number | string;
    readonly name?: string;
    readonly site?: string;
    /** Patterns of private rooms that the user may enter. */
    readonly rooms?: readonly string[];
    /** Patterns of topics that the user may subscribe to. */
    readonly topics?: readonly string[];
    /** When the session ends, Unix time in seconds; absent: not by itself. */
    readonly expires_at?: number | string;
  });

export type EnterAnswer = boolean | AnswerFields;

/** It is asked about each file alone, so that `cache_seconds` means nothing. */
export type FileAnswer = boolean | AnswerFields;

/** Where it has `message` or `data`, these are said in place of what the client said. */
export type SayAnswer =
  | boolean
  | (AnswerFields & {
    readonly message?: string | null;
    readonly data?: unknown;
  });

type Awaitable<Value> = Value | Promise<Value>;

/**
 * Answers questions. It is asked what it has a function for. Where a function throws, takes too long, or answers what
 * cannot be read, that is no answer.
 */
export interface Asker {
  /** Patterns of the rooms that it is asked about. @default all */
  readonly rooms?: readonly string[];
  /** Patterns of the topics that it is asked about. @default all */
  readonly topics?: readonly string[];
  /** What `authenticate` is shown of handshakes. @default nothing: clients send `credentials` */
  readonly handshake?: HandshakeNames;
  /** @param signal aborts when nobody waits for the answer any more */
  authenticate?(question: ConnectQuestion, signal: AbortSignal): Awaitable<ConnectAnswer>;
  enter?(question: EnterQuestion, signal: AbortSignal): Awaitable<EnterAnswer>;
  say?(question: SayQuestion, signal: AbortSignal): Awaitable<SayAnswer>;
  event?(question: EventQuestion, signal: AbortSignal): Awaitable<SayAnswer>;
  file?(question: FileQuestion, signal: AbortSignal): Awaitable<FileAnswer>;
}
