/**
 * Holds a node's connections to what was revoked: when they come, when they say who they are, at every change, and once
 * more where the node may have missed changes.
 */
import type { UserId } from "../../base/fields.ts";
import { inSlices } from "../../base/slices.ts";
import type { Disconnect } from "../../base/errors.ts";
import type { Connection } from "../../core/connection.ts";
import type { ConnectionHooks } from "../../core/connection_hooks.ts";
import type { TokenFacts } from "../../core/identity.ts";
import type { Metric } from "../../core/metrics.ts";
import type { Node } from "../../core/node.ts";
import type { RestoreStep } from "../../core/restoring.ts";
import { type Admitted, evictedBy, evictedNow } from "./evictions.ts";
import { EvictionCounters } from "./metrics.ts";
import type { Revocations } from "./revocations.ts";
import type { RevocationChange } from "./store.ts";

/** Finds other tokens that a connection is held to. */
export type TokenSource = (connection: Connection) => readonly TokenFacts[];

export class RevocationGuard implements ConnectionHooks, RestoreStep {
  readonly #node: Node;
  readonly #revocations: Revocations;
  readonly #hasTokens: boolean;
  readonly #sources: TokenSource[] = [];
  readonly #evictions = new EvictionCounters();

  /** @param hasTokens whether clients have to prove who they are: then nobody comes in before it is known who may not */
  constructor(node: Node, revocations: Revocations, hasTokens: boolean) {
    this.#node = node;
    this.#revocations = revocations;
    this.#hasTokens = hasTokens;
  }

  get metrics(): readonly Metric[] {
    return this.#evictions.metrics;
  }

  /** Reads what was revoked. Where the store is away, `restore` reads it later; until then no token is taken. */
  async start(): Promise<void> {
    await this.#revocations.load().catch((error) => this.#node.logFailure("revocations", error));
  }

  /** Adds tokens by which a capability lets connections in: if one is revoked, its connection is closed. */
  addTokens(source: TokenSource): void {
    this.#sources.push(source);
  }

  /** Takes a change that every node was told of: nobody whom it keeps out comes in from now on. */
  take(change: RevocationChange): void {
    this.#revocations.take(change);
    this.#node.background.run("closing", this.#evict((admitted) => evictedBy(change, admitted)));
  }

  opened(connection: Connection): void {
    connection.proof.requireUnrevoked(); // the token may have been revoked since the handshake was checked
  }

  identifying({ site }: Connection, user: UserId): void {
    const block = this.#revocations.blockOf(site, user);
    if (block !== undefined) throw block;
  }

  lost(): void {
    this.#revocations.noteMissed();
  }

  async restore(): Promise<void> {
    await this.#revocations.load(); // this node may have missed changes
    await this.#evict((admitted) => evictedNow(this.#revocations, admitted));
  }

  /** Why this node does not know of every token whether it counts; `undefined` where it does. */
  whyNotReady(): string | undefined {
    const { isLoaded, isComplete } = this.#revocations;
    if (isComplete) return undefined;
    return isLoaded || !this.#hasTokens
      ? "What was revoked meanwhile is not read yet"
      : "The revocations cannot be read, so no token is taken";
  }

  /**
   * Closes the connections that may not stay, in one pass over all of this node. The first are closed when this returns,
   * which are all unless there are very many.
   */
  #evict(why: (admitted: Admitted) => Disconnect | undefined): Promise<void> {
    const connections = [...this.#node.connections]; // whoever comes in the meantime has been let in
    return inSlices(connections, (connection) => {
      const disconnect = connection.closed ? undefined : why(this.#admitted(connection));
      if (disconnect === undefined) return; // or another pass has closed it
      this.#evictions.note(disconnect);
      this.#node.drops.evicted(connection, disconnect);
    });
  }

  #admitted(connection: Connection): Admitted {
    const { site, user, proof: { identity, companions } } = connection;
    const tokens = () => this.#sources.flatMap((tokensOf) => tokensOf(connection));
    return { site, user, identity, companions, tokens };
  }
}
