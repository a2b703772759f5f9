/**
 * Holds a node's connections to what was revoked: as they come, as they say who they are, with every change, and once
 * more when the node may have missed some.
 */
import type { UserId } from "../../base/fields.ts";
import type { Disconnect } from "../../base/errors.ts";
import type { Connection } from "../../core/connection.ts";
import type { ConnectionHooks } from "../../core/hooks.ts";
import type { TokenFacts } from "../../core/identity.ts";
import type { Metric } from "../../core/metrics.ts";
import type { Node } from "../../core/node.ts";
import type { RestoreStep } from "../../core/restoring.ts";
import { type Admitted, evictedBy, evictedNow } from "./evictions.ts";
import { EvictionCounters } from "./metrics.ts";
import type { Revocations } from "./revocations.ts";
import type { RevocationChange } from "./store.ts";

/** Other tokens that a connection is held to. */
export type TokenSource = (connection: Connection) => readonly TokenFacts[];

export class RevocationGuard implements ConnectionHooks, RestoreStep {
  readonly #node: Node;
  readonly #revocations: Revocations;
  readonly #hasTokens: boolean;
  readonly #sources: TokenSource[] = [];
  readonly #evictions = new EvictionCounters();

  /** @param hasTokens whether the server asks for tokens: then it takes none before it knows which were revoked */
  constructor(node: Node, revocations: Revocations, hasTokens: boolean) {
    this.#node = node;
    this.#revocations = revocations;
    this.#hasTokens = hasTokens;
  }

  get metrics(): readonly Metric[] {
    return this.#evictions.metrics;
  }

  /** Reads what was revoked. Where the store is away that is done once it is there; until then no token is taken. */
  async start(): Promise<void> {
    await this.#revocations.load().catch((error) => this.#node.logFailure("revocations", error));
  }

  /** A capability lets connections in by tokens of its own. */
  addTokens(source: TokenSource): void {
    this.#sources.push(source);
  }

  /** Every node was told of a change. */
  take(change: RevocationChange): void {
    this.#revocations.take(change);
    this.#evict((admitted) => evictedBy(change, admitted));
  }

  opened(connection: Connection): void {
    connection.proof.requireUnrevoked(); // it may have been revoked since the handshake was looked at
  }

  identifying({ site }: Connection, user: UserId): void {
    const block = this.#revocations.blockOf(site, user);
    if (block !== undefined) throw block;
  }

  lost(): void {
    this.#revocations.noteMissed();
  }

  async restore(): Promise<void> {
    await this.#revocations.load(); // this node may have missed some
    this.#evict((admitted) => evictedNow(this.#revocations, admitted));
  }

  /** Why this node cannot say of every token whether it counts; `undefined` where it can. */
  whyNotReady(): string | undefined {
    const { isLoaded, isComplete } = this.#revocations;
    if (isComplete) return undefined;
    return isLoaded || !this.#hasTokens
      ? "What was revoked meanwhile is not read yet"
      : "The revocations cannot be read, so no token is taken";
  }

  /** Closes the connections of this node that may not stay, in one pass over all. */
  #evict(why: (admitted: Admitted) => Disconnect | undefined): void {
    for (const connection of this.#node.connections) {
      const disconnect = why(this.#admitted(connection));
      if (disconnect === undefined) continue;
      this.#evictions.note(disconnect);
      this.#node.drops.evicted(connection, disconnect);
    }
  }

  #admitted(connection: Connection): Admitted {
    const { site, user, proof: { identity, companions } } = connection;
    const tokens = () => this.#sources.flatMap((tokensOf) => tokensOf(connection));
    return { site, user, identity, companions, tokens };
  }
}
