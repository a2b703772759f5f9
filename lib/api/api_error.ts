/** Why a call of the API did not succeed. */
import type { ErrorCode } from "./calls.ts";

/** What an error has beside its message. */
interface ApiErrorOptions {
  /** The status of the answer; 0 where there was none. */
  readonly status: number;
  readonly field?: string;
  readonly id?: string;
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/**
 * A refusal of the server, by its code; or `unreachable` where no answer came, and `unexpected` where the answer is none of
 * notifyli's, as that of a proxy may be.
 */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly code: ErrorCode | "unreachable" | "unexpected";
  /** The status of the answer; 0 where there was none. */
  readonly status: number;
  /** Which field is meant, where one is. */
  readonly field: string | undefined;
  /** The id under which the same can be sent again, where it is not known whether it was accepted. */
  readonly id: string | undefined;
  /** How long to wait before the same may succeed, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: ApiError["code"],
    message: string,
    { status, field, id, retryAfterMs, cause }: ApiErrorOptions,
  ) {
    super(message, { cause });
    this.code = code;
    this.status = status;
    this.field = field;
    this.id = id;
    this.retryAfterMs = retryAfterMs;
  }
}
