/**
 * What was revoked, as this node knows it. The node reads it from the store when it starts or was cut off, and is then told
 * of every change. Each token is checked in the same moment in which it is accepted, so that no token slips through that
 * was revoked while it was verified. `evictions.ts` says which connections a change ends.
 */
import type { Revocation, RevocationChange, RevocationKey, RevocationStore } from "./store.ts";

import { CodedError, DISCONNECTS } from "../../base/errors.ts";
import type { UserId } from "../../base/fields.ts";
import { STEADY_CLOCK } from "../../base/steady_clock.ts";
import type { TokenFacts } from "../../core/identity.ts";

export class Revocations {
  readonly #store: RevocationStore;
  /** All revocations in the store: to forget one would be to let in whom it keeps out. */
  #known = new Map<string, Revocation>();
  /** For each reading of the store that is under way, the changes since it began. */
  readonly #readings = new Set<RevocationChange[]>();
  readonly #listeners: ((change: RevocationChange) => void)[] = [];
  #isLoaded = false;
  /** How often this node was cut off from the store; its start counts as the first time. */
  #gaps = 1;
  /** How many of these gaps are closed, because the store was read since. */
  #gapsRead = 0;

  constructor(store: RevocationStore) {
    this.#store = store;
  }

  /** Whether the store was ever read. */
  get isLoaded(): boolean {
    return this.#isLoaded;
  }

  /** Whether this node knows all that was revoked. */
  get isComplete(): boolean {
    return this.#gapsRead === this.#gaps;
  }

  /** This node was cut off from the store, and may have missed changes. */
  noteMissed(): void {
    this.#gaps++;
  }

  /** The revocations of one site as the store has them, in any order. */
  async list(site: string): Promise<Revocation[]> {
    return (await this.#store.list()).filter((each) => each.site === site);
  }

  /** Resolves when the revocation counts on this node and was sent to all others. */
  add(revocation: Revocation): Promise<void> {
    return this.#store.add(revocation);
  }

  unblock(site: string, user: UserId): Promise<boolean> {
    return this.#store.remove({ site, kind: "block", name: user });
  }

  /** Closes the user's connections on all nodes; they may come back. */
  disconnect(site: string, user: UserId): Promise<void> {
    return this.#store.disconnect(site, user);
  }

  /**
   * Reads all revocations anew, and writes back what this node knows and the store has lost. Rejects with `unavailable`;
   * then what was known goes on to count.
   */
  async load(): Promise<void> {
    const changes: RevocationChange[] = [];
    const gaps = this.#gaps;
    this.#readings.add(changes);
    try {
      this.#known = await this.#readAndMend(changes);
      changes.forEach((change) => this.#apply(change)); // changes may be newer than what was read
      this.#isLoaded = true;
      this.#gapsRead = Math.max(this.#gapsRead, gaps);
    } finally {
      this.#readings.delete(changes);
    }
  }

  /**
   * What the store has, once it has what this node knows. What was lifted meanwhile, the store leaves out.
   *
   * @param changes those since the reading began: the store has these
   */
  async #readAndMend(changes: readonly RevocationChange[]): Promise<Map<string, Revocation>> {
    const stored = byKey(await this.#store.list());
    const isNew = new Set(
      changes.flatMap((each) => each.type === "revoked" ? keyOf(each.revocation) : []),
    );
    const lost = [...this.#known].flatMap(([key, revocation]) =>
      stored.has(key) || isNew.has(key) || hasEnded(revocation) ? [] : [revocation]
    );
    if (lost.length === 0) return stored;
    await this.#store.restore(lost);
    return byKey(await this.#store.list());
  }

  /** Has somebody told of each change that this node hears of, maybe twice. */
  onChange(listener: (change: RevocationChange) => void): void {
    this.#listeners.push(listener);
  }

  /** All that this node knows of every site. */
  all(): readonly Revocation[] {
    return [...this.#known.values()];
  }

  /** Takes a change that every node was told of. */
  take(change: RevocationChange): void {
    for (const changes of this.#readings) changes.push(change);
    this.#apply(change);
    for (const listener of this.#listeners) listener(change);
  }

  /** Checks that a token counts. Throws `revoked_token`, `blocked`, or `unavailable` where that is not known yet. */
  require(token: TokenFacts): void {
    const refusal = this.refusal(token);
    if (refusal !== undefined) throw refusal;
  }

  /** Why a token does not count; `undefined` where it does. */
  refusal(token: TokenFacts): CodedError | undefined {
    if (!this.#isLoaded) return unknownYet();
    const { site, user, session, tokenId } = token;
    const isRevoked = this.#has({ site, kind: "token", name: tokenId }) ||
      this.#has({ site, kind: "session", name: session }) ||
      this.#isOlder(token, { site, kind: "user", name: user }) ||
      this.#isOlder(token, { site, kind: "site", name: "" });
    if (isRevoked) return new CodedError("revoked_token", "The token was revoked");
    return user === undefined ? undefined : this.blockOf(site, user);
  }

  /** The refusal of a user who is blocked; `undefined` for others. */
  blockOf(site: string, user: UserId): CodedError | undefined {
    if (!this.#has({ site, kind: "block", name: user })) return undefined;
    return new CodedError("blocked", "This user is blocked", {
      disconnect: DISCONNECTS.blocked,
    });
  }

  /** The block of a user, if there is one. */
  block(site: string, user: UserId): Revocation | undefined {
    return this.#find({ site, kind: "block", name: user });
  }

  /** Forgets revocations that have ended, which count no more anyway. */
  forgetEnded(): void {
    for (const [key, revocation] of this.#known) if (hasEnded(revocation)) this.#known.delete(key);
  }

  #apply(change: RevocationChange): void {
    if (change.type === "disconnect") return;
    const key = keyOf(change.revocation);
    if (change.type === "revoked") this.#known.set(key, change.revocation);
    else this.#known.delete(key);
  }

  #has(key: Partial<RevocationKey>): boolean {
    return this.#find(key) !== undefined;
  }

  #isOlder(token: TokenFacts, key: Partial<RevocationKey>): boolean {
    const revocation = this.#find(key);
    return revocation !== undefined && isIssuedBefore(token, revocation);
  }

  #find({ site, kind, name }: Partial<RevocationKey>): Revocation | undefined {
    if (site === undefined || kind === undefined || name === undefined) return undefined;
    const revocation = this.#known.get(keyOf({ site, kind, name }));
    return revocation === undefined || hasEnded(revocation) ? undefined : revocation;
  }
}

/**
 * Whether a token falls under a revocation of all tokens of its user or site. `iat` has whole seconds, so a token of the
 * same second does; so does a token that does not say when it was issued.
 */
export function isIssuedBefore({ issuedAt = 0 }: TokenFacts, { at }: Revocation): boolean {
  return issuedAt <= at;
}

/** Says it by a clock that believes no jump: what was forgotten for a moment would count no more after it. */
function hasEnded({ expiresAt = Infinity }: Revocation): boolean {
  return expiresAt <= STEADY_CLOCK.now();
}

function byKey(revocations: readonly Revocation[]): Map<string, Revocation> {
  return new Map(revocations.map((revocation) => [keyOf(revocation), revocation]));
}

function keyOf({ site, kind, name }: RevocationKey): string {
  return `${kind}:${site}:${name}`;
}

function unknownYet(): CodedError {
  return new CodedError(
    "unavailable",
    "The token cannot be checked right now: the revocations cannot be read",
    { isAway: true },
  );
}
