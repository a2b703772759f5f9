/** The id that an uploader makes for a file, so that what is sent again is the same one. */
import { CodedError } from "../base/errors.ts";
import type { Call } from "../http/call.ts";

/** The call's `Idempotency-Key`, if it has one. Throws where it is none that is kept. */
export function ownIdOf({ callersId: id }: Call): string | undefined {
  if (id === undefined || /^[\x21-\x7e]{1,128}$/.test(id)) return id;
  throw new CodedError(
    "invalid_field",
    "Cannot take header 'Idempotency-Key': allowed is 1 to 128 printable ASCII characters",
  );
}
