/** What clients of version 2 can say of who they are. */
import {
  type Fields,
  invalid,
  optionalToken,
  requiredText,
  type UserId,
  userIdOnWire,
} from "../base/fields.ts";
import { CodedError } from "../base/errors.ts";
import { jsonField } from "../base/said_fields.ts";
import { DEFAULT_SITE } from "../base/site.ts";
import { inSeconds, unixSeconds } from "../base/times.ts";
import { type Command, command } from "../core/command.ts";
import type { Identity, Shown } from "../core/identity.ts";
import { fingerprintOf } from "./identity.ts";
import type { Passes } from "./passes.ts";

/** Most bytes of the JSON of credentials, as of a token. */
const MAX_CREDENTIALS = 8192;

/** Reads by what a client says who it is: `token`, or `credentials`. */
export function shownFields(fields: Fields): Shown {
  return shownIfAny(fields) ?? { token: requiredText(fields, "token", Infinity) };
}

function shownIfAny(fields: Fields): Shown | undefined {
  const token = optionalToken(fields);
  const credentials = jsonField(fields, "credentials", MAX_CREDENTIALS);
  if (credentials === undefined) return token === undefined ? undefined : { token };
  if (token !== undefined) throw invalid("credentials", "…", "none beside 'token'");
  if (typeof credentials === "object" && credentials !== null && !Array.isArray(credentials)) {
    return { credentials: credentials as Fields };
  }
  throw invalid("credentials", "…", "a JSON object"); // a message shows none of them
}

/** @param noteRefused is told where a token or credentials are refused and the connection goes on */
export function authCommands(
  passes: Pick<Passes, "give">,
  noteRefused: (error: unknown) => void,
): Command[] {
  return [
    command(
      "auth",
      shownFields,
      async ({ proof }, shown) => {
        const { user, expiresAt } = await proof.authenticate(shown);
        return {
          data: { user_id: userIdOnWire(user), expires_at: expiresAt && inSeconds(expiresAt) },
        };
      },
    ),
    // Tabs of a browser ask this before they share a connection: whose the connection is, or whose a token or credentials.
    command("identity", shownIfAny, async ({ proof, identity, user }, shown) => {
      if (shown === undefined) return { data: identityData(identity, identity?.user ?? user) };
      const examined = await proof.examine(shown).catch((error) => {
        noteRefused(error);
        throw error;
      });
      return { data: identityData(examined, examined.user) };
    }),
    command("pass", () => undefined, async ({ identity, user }) => {
      const { text, end } = await passes.give(memberOf(identity, user));
      return { data: { pass: text, expires_at: inSeconds(end) } };
    }),
  ];
}

/** Who a pass is for. Throws `unauthorized` where that is nobody in particular. */
function memberOf(identity: Identity | undefined, user: UserId | undefined): Identity {
  if (identity?.isGuest) {
    throw new CodedError("unauthorized", "Cannot give a pass: a guest has none");
  }
  if (identity !== undefined) return identity;
  if (user !== undefined) return { site: DEFAULT_SITE, user, rooms: [] };
  throw new CodedError("unauthorized", "Cannot give a pass before 'connect' has said who this is");
}

/** @param identity absent on an open server, which believes what its clients say of themselves */
export function identityData(identity: Identity | undefined, user: UserId | undefined) {
  return {
    user_id: user === undefined ? undefined : userIdOnWire(user),
    site_id: identity?.site ?? DEFAULT_SITE,
    fingerprint: identity && fingerprintOf(identity),
    guest: identity?.isGuest,
    ...(identity?.expiresAt === undefined
      ? {}
      : { expires_at: inSeconds(identity.expiresAt), timestamp: unixSeconds() }),
  };
}
