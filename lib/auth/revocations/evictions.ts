/** Says which connections a change in `revocations.ts` ends, and with which code. `guard.ts` asks for each connection. */
import type { Revocation, RevocationChange } from "./store.ts";
import { type Disconnect, DISCONNECTS } from "../../base/errors.ts";
import type { UserId } from "../../base/fields.ts";
import type { Identity, TokenFacts } from "../../core/identity.ts";
import { isIssuedBefore, type Revocations } from "./revocations.ts";

/** What has to be known of a connection to say whether it may stay. */
export interface Admitted {
  readonly site: string;
  /** The user that the connection has said it is. */
  readonly user: UserId | undefined;
  readonly identity: Identity | undefined;
  /** The tokens by which the connection has entered rooms. */
  tokens(): readonly TokenFacts[];
  /** The tokens by which other tabs rely on the connection. */
  readonly companions: readonly TokenFacts[];
}

/** Why a change ends the connection; `undefined` where it does not. */
export function evictedBy(change: RevocationChange, admitted: Admitted): Disconnect | undefined {
  switch (change.type) {
    case "lifted":
      return undefined;
    case "disconnect":
      return isOf(admitted, change) ? DISCONNECTS.disconnected : undefined;
    case "revoked": {
      const { revocation } = change;
      const { site, kind, name } = revocation;
      if (kind === "block") {
        return isOf(admitted, { site, user: name }) ? DISCONNECTS.blocked : undefined;
      }
      return revokedBy(admitted, (token) => fallsUnder(revocation, token));
    }
  }
}

/** Why the connection may not stay, by all that is known now: changes may have been missed. */
export function evictedNow(revocations: Revocations, admitted: Admitted): Disconnect | undefined {
  const { site } = admitted;
  const user = userOf(admitted);
  if (user !== undefined && revocations.blockOf(site, user)) return DISCONNECTS.blocked;
  return revokedBy(admitted, (token) => revocations.refusal(token) !== undefined);
}

/** Where only a companion is revoked, all tabs have to come back, and each shows its own token. */
function revokedBy(
  admitted: Admitted,
  isRevoked: (token: TokenFacts) => boolean,
): Disconnect | undefined {
  if (tokensOf(admitted).some(isRevoked)) return DISCONNECTS.token_revoked;
  return admitted.companions.some(isRevoked) ? DISCONNECTS.session_ended : undefined;
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

/** The tokens by which the connection has proved itself; on an open server there are none. */
function tokensOf({ identity, tokens }: Admitted): readonly TokenFacts[] {
  return identity === undefined ? tokens() : [identity, ...tokens()];
}

function isOf(admitted: Admitted, { site, user }: { site: string; user: UserId }): boolean {
  return admitted.site === site && userOf(admitted) === user;
}

function userOf({ identity, user }: Admitted): UserId | undefined {
  return identity?.user ?? user;
}
