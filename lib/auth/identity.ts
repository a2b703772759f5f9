/** Who a connection is: what a token makes of it, of which `tokens.ts` verifies one, or a guest. */
import { createHash } from "node:crypto";
import { DEFAULT_SITE } from "../base/site.ts";
import type { Identity } from "../core/identity.ts";

/** 132 bits: no two of them meet. */
const FINGERPRINT_LENGTH = 22;

/** Someone without a token, under an id of 128 random bits that nobody else has had. */
export function newGuest(): Identity {
  const id = crypto.getRandomValues(new Uint8Array(16)).toBase64({
    alphabet: "base64url",
    omitPadding: true,
  });
  return { site: DEFAULT_SITE, user: `guest-${id}`, rooms: [], isGuest: true };
}

/** Whether a token renews a session: the same user with the same rights. */
export function isSameMember(one: Identity, other: Identity): boolean {
  return rightsOf(one) === rightsOf(other);
}

/**
 * A text that is equal for two tokens where they make the same of a connection: site, user, session, grants of rooms and
 * name. It is the same on every node, and says none of these.
 */
export function fingerprintOf(identity: Identity): string {
  const text = JSON.stringify(["notifyli:identity", rightsOf(identity), identity.name]);
  return createHash("sha256").update(text).digest("base64url").slice(0, FINGERPRINT_LENGTH);
}

/** The order of the grants means nothing. */
function rightsOf({ site, user, session, rooms }: Identity): string {
  return JSON.stringify([site, user, session, [...new Set(rooms)].sort()]);
}
