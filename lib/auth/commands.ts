/** What clients of version 2 can say of who they are. */
import { optionalToken, requiredText, type UserId, userIdOnWire } from "../base/fields.ts";
import { DEFAULT_SITE } from "../base/site.ts";
import { unixSeconds } from "../base/times.ts";
import { type Command, command } from "../core/command.ts";
import type { Identity } from "../core/identity.ts";
import { fingerprintOf } from "./identity.ts";

/** @param noteRefused a token was not taken, and the connection goes on */
export function authCommands(noteRefused: (error: unknown) => void): Command[] {
  return [
    command(
      "auth",
      (fields) => requiredText(fields, "token", Infinity),
      async ({ proof }, token) => {
        const { user, expiresAt } = await proof.authenticate(token);
        return { data: { user_id: userIdOnWire(user), expires_at: inSeconds(expiresAt) } };
      },
    ),
    // Asked before tabs of a browser share a connection: whose it is, or a token.
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

/** @param identity absent: the server is open, and believes who says that it is this user */
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

function inSeconds(milliseconds: number | undefined): number | undefined {
  return milliseconds === undefined ? undefined : Math.floor(milliseconds / 1000);
}
