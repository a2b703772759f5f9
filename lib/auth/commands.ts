/** What clients of version 2 can say of who they are. */
import { optionalToken, requiredText, type UserId, userIdOnWire } from "../base/fields.ts";
import { DEFAULT_SITE } from "../base/site.ts";
import { inSeconds, unixSeconds } from "../base/times.ts";
import { type Command, command } from "../core/command.ts";
import type { Identity } from "../core/identity.ts";
import { fingerprintOf } from "./identity.ts";

/** @param noteRefused is told where a token is refused and the connection goes on */
export function authCommands(noteRefused: (error: unknown) => void): Command[] {
  return [
    command(
      "auth",
      (fields) => requiredText(fields, "token", Infinity),
      async ({ proof }, token) => {
        const { user, expiresAt } = await proof.authenticate(token);
        return {
          data: { user_id: userIdOnWire(user), expires_at: expiresAt && inSeconds(expiresAt) },
        };
      },
    ),
    // Tabs of a browser ask this before they share a connection: whose the connection is, or whose a token.
    command("identity", optionalToken, async ({ proof, identity, user }, token) => {
      if (token === undefined) return { data: identityData(identity, identity?.user ?? user) };
      const examined = await proof.examine(token).catch((error) => {
        noteRefused(error);
        throw error;
      });
      return { data: identityData(examined, examined.user) };
    }),
  ];
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
