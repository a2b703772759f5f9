/** The nodes of a server, as each of them sees them. */
import { CodedError } from "../../base/errors.ts";
import type { Fields } from "../../base/fields.ts";
import type { Answers, Peers } from "../peers/peers.ts";
import { nodeOnWire, type ReportStore, SILENT_MS } from "./report.ts";

export class Nodes {
  readonly #store: ReportStore;
  readonly #peers: Peers;

  constructor(store: ReportStore, peers: Peers) {
    this.#store = store;
    this.#peers = peers;
  }

  /** This node's id. */
  get own(): string {
    return this.#peers.id;
  }

  /** All nodes as callers are shown them, the oldest first. @param hasHistory whether with their histories */
  async list(hasHistory = true): Promise<object[]> {
    const seen = await this.#store.read();
    seen.sort((one, other) => one.report.started_at - other.report.started_at);
    const ids = seen.map(({ report }) => report.id);
    if (!hasHistory) return seen.map((each) => nodeOnWire(each));
    const histories = await this.#store.histories(ids);
    return seen.map((each) => nodeOnWire(each, histories.get(each.report.id) ?? []));
  }

  /** The ids of the nodes that can be asked, this one first. Rejects where the store of reports is away. */
  async living(): Promise<string[]> {
    const seen = await this.#store.read();
    const ids = seen.filter(({ silentMs }) => silentMs <= SILENT_MS).map(({ report }) => report.id);
    return [this.own, ...ids.filter((id) => id !== this.own)];
  }

  /** Asks all living nodes. */
  async ask<Answer>(what: string, fields: Fields): Promise<Answers<Answer>> {
    return await this.#peers.ask<Answer>(what, fields, await this.living());
  }

  /** The id of the node that a caller names, or throws `not_found`. */
  async named(id: string): Promise<string> {
    const seen = await this.#store.read();
    if (id === this.own || seen.some(({ report }) => report.id === id)) return id;
    throw new CodedError("not_found", `There is no node ${JSON.stringify(id)}`);
  }
}
