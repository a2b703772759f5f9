/** Which connections a change in `revocations.ts` ends, and with which code. `node.ts` asks for each that it has. */
import type { AccessChange, Revocation } from "./store.ts";
import { type Disconnect, DISCONNECTS } from "../../base/errors.ts";
import type { UserId } from "../../base/fields.ts";
import type { Identity, TokenFacts } from "../identity.ts";
import { isIssuedBefore, type Revocations } from "./revocations.ts";

/** What has to be known of a connection. */
export interface Admitted {
  readonly site: string;
  /** Who it has said that it is. */
  readonly user: UserId | undefined;
  readonly auth: {
    readonly identity: Identity | undefined;
    readonly companions: readonly TokenFacts[];
  };
  /** A token that opened the room is in its membership. */
  readonly memberships: ReadonlyMap<string, { readonly token?: TokenFacts }>;
}

/** Why a change ends the connection; `undefined` where it does not. */
export function evictedBy(change: AccessChange, client: Admitted): Disconnect | undefined {
  switch (change.type) {
    case "lifted":
      return undefined;
    case "disconnect":
      return isOf(client, change) ? DISCONNECTS.disconnected : undefined;
    case "revoked": {
      const { revocation } = change;
      const { site, kind, name } = revocation;
      if (kind === "block") {
        return isOf(client, { site, user: name }) ? DISCONNECTS.blocked : undefined;
      }
      return revokedBy(client, (token) => fallsUnder(revocation, token));
    }
  }
}

/** The same by all that is known: changes may have been missed. */
export function evictedNow(revocations: Revocations, client: Admitted): Disconnect | undefined {
  const { site } = client;
  const user = userOf(client);
  if (user !== undefined && revocations.blockOf(site, user)) return DISCONNECTS.blocked;
  return revokedBy(client, (token) => revocations.refusal(token) !== undefined);
}

/** Where only a companion is revoked, all come back, and each shows its own token. */
function revokedBy(
  client: Admitted,
  isRevoked: (token: TokenFacts) => boolean,
): Disconnect | undefined {
  if (tokensOf(client).some(isRevoked)) return DISCONNECTS.token_revoked;
  return client.auth.companions.some(isRevoked) ? DISCONNECTS.session_ended : undefined;
}

function fallsUnder(revocation: Revocation, token: TokenFacts): boolean {
  const { site, kind, name } = revocation;
  if (token.site !== site) return false;
  switch (kind) {
    case "token":
      return token.tokenId === name;
    case "session":
      return token.session === name;
    case "user":
    case "block":
      return token.user === name && isIssuedBefore(token, revocation);
    case "site":
      return isIssuedBefore(token, revocation);
  }
}

/** What the connection has proved itself by; nothing on an open server. */
function tokensOf({ auth: { identity }, memberships }: Admitted): TokenFacts[] {
  const tokens: TokenFacts[] = identity === undefined ? [] : [identity];
  for (const { token } of memberships.values()) if (token !== undefined) tokens.push(token);
  return tokens;
}

function isOf(client: Admitted, { site, user }: { site: string; user: UserId }): boolean {
  return client.site === site && userOf(client) === user;
}

function userOf({ auth, user }: Admitted): UserId | undefined {
  return auth.identity?.user ?? user;
}
