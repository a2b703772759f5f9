/** On whose behalf a call of the API is made, for what users and applications do by the same routes. */
import { CodedError } from "../base/errors.ts";
import {
  claimedUser,
  type Fields,
  invalid,
  isBlank,
  namesUser,
  type UserId,
  userIdField,
  userIdOnWire,
} from "../base/fields.ts";
import type { Limits } from "../base/sizes.ts";
import type { Identity } from "../core/identity.ts";

/** Who does something: a user, by whatever way, or an application as itself. */
export interface Acting {
  readonly site: string;
  /** Absent where an application does it as itself. */
  readonly user?: UserId;
  /** The name that others see, where it is known. */
  readonly name?: string;
  /** Whether an application does it; one that names no user may do all within its site. */
  readonly isApplication?: true;
}

/** What a call tells of who makes it. */
export interface CallOf {
  readonly site: string;
  /** The user who calls; absent where an application does. */
  readonly identity: Identity | undefined;
  query(name: string): string | undefined;
}

/**
 * Who does what a call asks for. A user is who the token says; an application acts as the user whom `user_id` names, in the
 * fields or in the query, and else as itself. Throws where a user names another one.
 */
export function actingIn(call: CallOf, fields: Fields, limits: Limits): Acting {
  const { site, identity } = call;
  const named = { user_id: givenUser(call, fields) };
  if (identity === undefined) {
    for (const given of [fields["user_id"], call.query("user_id")]) requireNotBlank(given);
    return namesUser(named)
      ? { site, user: userIdField(named, limits), isApplication: true }
      : { site, isApplication: true };
  }
  const { user, name } = identity;
  const claimed = claimedUser(named, limits, user);
  if (claimed === user) return { site, user, ...(name !== undefined && { name }) };
  const [wrong, own] = [claimed, user].map((id) => JSON.stringify(userIdOnWire(id)));
  throw new CodedError(
    "user_mismatch",
    `Cannot take field 'user_id': current value is ${wrong}, the token is of user ${own}`,
    { field: "user_id" },
  );
}

/** Who meant to act as a user, and has left out which, must not act with all rights in its place. */
function requireNotBlank(given: unknown): void {
  if (typeof given !== "string" || !isBlank(given)) return;
  throw invalid("user_id", given, "a user's id, or no such field to act as the application itself");
}

/** The query and the body may both name the user, as long as they name the same. */
function givenUser(call: CallOf, fields: Fields): unknown {
  const asked = call.query("user_id");
  if (!namesUser(fields)) return asked;
  const { user_id: given } = fields;
  if (asked === undefined || String(given) === asked) return given;
  throw invalid("user_id", asked, "one user, in the query or in the body");
}
