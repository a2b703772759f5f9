/** Who a connection is: what a token says that it is (`tokens.ts` verifies the token), or a guest. */
import { createHash } from "node:crypto";
import { randomBase64Url } from "../base/ids.ts";
import { DEFAULT_SITE } from "../base/site.ts";
import type { Identity } from "../core/identity.ts";

/** In characters of base64url: 132 bits, so that no two fingerprints are ever equal by chance. */
const FINGERPRINT_LENGTH = 22;

/** Makes someone without a token, under an id of 128 random bits that nobody else has had. */
export function newGuest(): Identity {
  return { site: DEFAULT_SITE, user: `guest-${randomBase64Url(16)}`, rooms: [], isGuest: true };
}

/** Whether two identities are the same user with the same rights: then the token of one renews the session of the other. */
export function isSameMember(one: Identity, other: Identity): boolean {
  return rightsOf(one) === rightsOf(other);
}

/**
 * A text that is equal for two tokens which make the same of a connection: site, user, session, grants and name.
 * The text is the same on every node, and tells none of these.
 */
export function fingerprintOf(identity: Identity): string {
  const text = JSON.stringify(["notifyli:identity", rightsOf(identity), identity.name]);
  return createHash("sha256").update(text).digest("base64url").slice(0, FINGERPRINT_LENGTH);
}

/** Grants are sorted, since their order means nothing. Without any of topics, the text is that of nodes that know no topics. */
function rightsOf({ site, user, session, rooms, topics = [] }: Identity): string {
  const ofTopics = topics.length === 0 ? [] : [sorted(topics)];
  return JSON.stringify([site, user, session, sorted(rooms), ...ofTopics]);
}

function sorted(grants: readonly string[]): string[] {
  return [...new Set(grants)].sort();
}
