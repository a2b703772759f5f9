/**
 * The error codes and disconnect codes that clients can rely on; tests hold the tables in `docs/protocol.md` to this
 * file. Errors become frames in `protocols/frames.ts` and HTTP answers in `http/error_answers.ts`.
 */
import {
  FRAME_TOO_BIG,
  SESSION_ENDED,
  TOKEN_EXPIRED,
  TOKEN_REFUSED,
  TOKEN_REVOKED,
  USER_BLOCKED,
} from "./close_codes.ts";

interface ErrorKind {
  readonly meaning: string;
  /** HTTP status of the same error. */
  readonly status:
    | (400 | 401 | 403 | 404 | 405 | 408 | 409 | 412 | 413 | 415 | 416 | 426 | 429)
    | (500 | 503 | 507);
  /** Whether the same request may succeed later. */
  readonly temporary: boolean;
}

export const ERRORS = {
  invalid_json: { meaning: "The text is not JSON", status: 400, temporary: false },
  invalid_frame: {
    meaning: "The frame is not a JSON object in a text message",
    status: 400,
    temporary: false,
  },
  missing_field: { meaning: "A required field is missing or empty", status: 400, temporary: false },
  invalid_field: {
    meaning: "A field has the wrong type or a value that is not allowed",
    status: 400,
    temporary: false,
  },
  too_long: {
    meaning: "A field or a body is longer than its limit",
    status: 413,
    temporary: false,
  },
  too_slow: {
    meaning: "The body took too long to come",
    status: 408,
    temporary: true,
  },
  unsupported_type: {
    meaning: "The body is of a type or charset that cannot be read here, or compressed",
    status: 415,
    temporary: false,
  },
  unknown_type: {
    meaning: "The frame's `type` is not one of this page",
    status: 400,
    temporary: false,
  },
  forbidden_type: {
    meaning: "A client sent a frame that only the server sends",
    status: 403,
    temporary: false,
  },
  user_mismatch: {
    meaning: "The frame names another user than this connection's",
    status: 403,
    temporary: false,
  },
  unauthorized: {
    meaning: "The caller must show a good token or API key first",
    status: 401,
    temporary: false,
  },
  invalid_token: { meaning: "The token is not valid here", status: 401, temporary: false },
  expired_token: {
    meaning: "The token or the session it is for has expired: get another",
    status: 401,
    temporary: false,
  },
  revoked_token: {
    meaning: "The token was revoked, or the session it is of: get another",
    status: 401,
    temporary: false,
  },
  blocked: { meaning: "Nobody gets in as this user", status: 403, temporary: false },
  not_connected: {
    meaning: "The connection has not said who it is",
    status: 403,
    temporary: false,
  },
  not_in_room: {
    meaning: "The client is not in the room it asks about",
    status: 409,
    temporary: false,
  },
  put_out: {
    meaning: "Another system put the user out of the room; the user may come back",
    status: 403,
    temporary: false,
  },
  too_many_rooms: {
    meaning: "The client is in as many rooms as one may be in, or the site has as many made ones",
    status: 429,
    temporary: false,
  },
  room_full: {
    meaning: "The room has as many clients as it may have",
    status: 429,
    temporary: true,
  },
  too_many_subscriptions: {
    meaning: "The client has as many subscriptions to topics, or watches as many users, as one may",
    status: 429,
    temporary: false,
  },
  too_many_filters: {
    meaning: "Subscribers of the topic filter by as many different sets of keys as they may",
    status: 429,
    temporary: true,
  },
  too_many_scheduled: {
    meaning: "As many bytes are scheduled for the user as an inbox may have",
    status: 429,
    temporary: true,
  },
  too_many_kinds: {
    meaning: "The site has set as many kinds, or the user has chosen for as many, as one may",
    status: 429,
    temporary: false,
  },
  too_many_contacts: {
    meaning: "The user has as many contacts, or has blocked as many users, as one may",
    status: 429,
    temporary: false,
  },
  too_many_followed: {
    meaning: "The user follows as many topics as one may follow",
    status: 429,
    temporary: false,
  },
  too_many_devices: {
    meaning: "The user has as many devices as one may have",
    status: 429,
    temporary: false,
  },
  id_taken: {
    meaning: "Another notification for many, or another file, has this id",
    status: 409,
    temporary: false,
  },
  too_many_recipients: {
    meaning: "The notification is for more users than one may be for",
    status: 413,
    temporary: false,
  },
  too_many_members: {
    meaning: "The conversation would have more members than one may have",
    status: 429,
    temporary: false,
  },
  too_many_conversations: {
    meaning: "The user is in as many conversations as one may be in",
    status: 429,
    temporary: false,
  },
  too_large: {
    meaning: "The file has more bytes, or the image more pixels, than one may have",
    status: 413,
    temporary: false,
  },
  type_denied: {
    meaning: "Files of this type are not taken here",
    status: 415,
    temporary: false,
  },
  too_many_files: {
    meaning: "The user has, or the site, as many files as one may have",
    status: 429,
    temporary: false,
  },
  too_many_uploads: {
    meaning: "As many uploads come at once as the server has memory for",
    status: 503,
    temporary: true,
  },
  storage_full: {
    meaning: "The user's files, or the site's, have as many bytes as they may, or the disk is full",
    status: 507,
    temporary: false,
  },
  conflict: {
    meaning: "It was changed by somebody else meanwhile: read it again",
    status: 409,
    temporary: false,
  },
  offset_mismatch: {
    meaning: "The upload goes on from another offset, or somebody else goes on with it right now",
    status: 409,
    temporary: true,
  },
  file_refused: {
    meaning: "The application that is asked does not take this file",
    status: 403,
    temporary: false,
  },
  unsatisfiable_range: {
    meaning: "The file has no such range of bytes",
    status: 416,
    temporary: false,
  },
  unsupported_version: {
    meaning: "The protocol of uploads is not of the version that is spoken here",
    status: 412,
    temporary: false,
  },
  too_late: {
    meaning: "The message is too old to be changed or taken back, or was taken back",
    status: 403,
    temporary: false,
  },
  too_many_attempts: {
    meaning: "This address tried too many wrong API keys or credentials; try again in a minute",
    status: 429,
    temporary: true,
  },
  too_many_watchers: {
    meaning: "As many watch this node already as may",
    status: 429,
    temporary: true,
  },
  rate_limited: {
    meaning: "Too many in a short time; `retry_after_ms` says how long to wait",
    status: 429,
    temporary: true,
  },
  too_many_connections: {
    meaning: "There are as many connections as there may be, of this user, address or server",
    status: 429,
    temporary: true,
  },
  address_denied: {
    meaning: "The caller's address may not use this server",
    status: 403,
    temporary: false,
  },
  host_denied: {
    meaning: "The server may not be called by this host name",
    status: 403,
    temporary: false,
  },
  forbidden: { meaning: "The caller may not do this", status: 403, temporary: false },
  not_found: { meaning: "There is nothing at this address", status: 404, temporary: false },
  method_not_allowed: {
    meaning: "This address does not take that method",
    status: 405,
    temporary: false,
  },
  upgrade_required: {
    meaning: "This address speaks WebSocket only",
    status: 426,
    temporary: false,
  },
  unavailable: {
    meaning: "The store, or the application that is asked, cannot be reached; nothing was accepted",
    status: 503,
    temporary: true,
  },
  unconfirmed: {
    meaning: "It is not known whether this was accepted: send it again with the same id",
    status: 503,
    temporary: true,
  },
  missed: {
    meaning: "The server was cut off from its store: what was said meanwhile may not have come",
    status: 503,
    temporary: true,
  },
  internal: {
    meaning: "The server failed; its log says more",
    status: 500,
    temporary: true,
  },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERRORS;

/**
 * An error with one of the codes above, for the caller to see: its message names the thing and its value. It has the
 * name of the client library's errors, since programs that use the `Publisher` see it too.
 */
export class CodedError extends Error {
  override readonly name = "NotifyliError";

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly options: {
      readonly field?: string;
      /** How long the caller should wait before it tries again. */
      readonly retryAfterMs?: number;
      readonly cause?: unknown;
      /** The store is out of reach. It has logged that itself, once, so nobody else needs to. */
      readonly isAway?: boolean;
      /** This node has no such store, and will not have one. */
      readonly isAbsent?: boolean;
      /** Another node has taken over this work. */
      readonly isOthers?: boolean;
      /** The store refuses this one thing, such as a user's inbox that is broken, and takes all others. */
      readonly isAlone?: boolean;
      /** The id under which the same request can be sent again. */
      readonly id?: string;
      /** The connection is closed after the answer. */
      readonly disconnect?: Disconnect;
    } = {},
  ) {
    super(message, { cause: options.cause });
  }
}

/** Whether the store could not do something, or did not say that it did: the same may succeed later. */
export function isStoreFailure(error: unknown): error is CodedError {
  return error instanceof CodedError &&
    (error.code === "unavailable" || error.code === "unconfirmed");
}

/** Whether the store refuses one thing, and would take all others. */
export function isRefusedAlone(error: unknown): boolean {
  return error instanceof CodedError && error.options.isAlone === true;
}

interface DisconnectKind {
  /** After 3000 to 3499 a client comes back; after 3500 to 3999 it must change something first. */
  readonly code: number;
  readonly reason: string;
}

/**
 * Why the server closes a connection. The runtime's `WebSocket.close()` takes 1000 and codes from 3000 on, so the
 * standard 1012 ("service restart") cannot be used.
 */
export const DISCONNECTS = {
  shutdown: { code: 3001, reason: "server is shutting down" },
  slow: { code: 3008, reason: "client reads too slowly" },
  stalled: { code: 3009, reason: "client does not answer" },
  too_many_frames: { code: 3010, reason: "client sends faster than it can be served" },
  missed: { code: 3011, reason: "the server may have missed something" },
  too_many_connections: { code: 3012, reason: "too many connections" },
  unidentified: { code: 3013, reason: "client did not say who it is in time" },
  session_ended: { code: SESSION_ENDED, reason: "the session ended" },
  disconnected: { code: 3015, reason: "disconnected by the server's operator" },
  token_refused: { code: TOKEN_REFUSED, reason: "the token was refused" },
  token_expired: { code: TOKEN_EXPIRED, reason: "the token has expired" },
  not_authenticated: { code: 3502, reason: "no token came in time" },
  token_revoked: { code: TOKEN_REVOKED, reason: "the token was revoked" },
  blocked: { code: USER_BLOCKED, reason: "the user is blocked" },
  frame_too_big: { code: FRAME_TOO_BIG, reason: "frame is too big" },
} as const satisfies Record<string, DisconnectKind>;

export type Disconnect = (typeof DISCONNECTS)[keyof typeof DISCONNECTS];
