/** Keeps the nodes' reports in Redis: a hash of the last ones, and a stream of each node's history. */
import type { Redis } from "ioredis";
import { throwUnavailable } from "../../engines/redis/errors.ts";
import type { Calls } from "../../engines/redis/functions.ts";
import type { RedisStorage } from "../../engines/storage.ts";
import { ADMIN_FUNCTIONS } from "../functions.ts";
import {
  FORGET_MS,
  type HistoryPoint,
  MOST_POINTS,
  type NodeReport,
  type ReportStore,
  type SeenReport,
} from "./report.ts";

/** How long the history of a node is kept that adds nothing to it. */
const HISTORY_SECONDS = 3600;

export class RedisReports implements ReportStore {
  readonly #redis: Redis;
  readonly #functions: Calls<typeof ADMIN_FUNCTIONS>;
  readonly #prefix: string;

  constructor({ redis, functions, keys: { prefix } }: RedisStorage) {
    this.#redis = redis;
    this.#functions = functions.calls(ADMIN_FUNCTIONS);
    this.#prefix = prefix;
  }

  async write(report: NodeReport, point?: HistoryPoint): Promise<void> {
    await this.#functions.nodeReport(
      [this.#reports, this.#history(report.id)],
      [
        report.id,
        JSON.stringify(report),
        point === undefined ? "" : JSON.stringify(point),
        MOST_POINTS,
        HISTORY_SECONDS,
        FORGET_MS,
      ],
    );
  }

  async read(): Promise<SeenReport[]> {
    const [now, texts] = await this.#functions.nodeReports([this.#reports], []) as [
      number,
      string[],
    ];
    return texts.flatMap((text, index) => index % 2 === 0 ? [] : seenReport(text, now) ?? [])
      .filter(({ silentMs }) => silentMs <= FORGET_MS);
  }

  async histories(nodes: readonly string[]): Promise<ReadonlyMap<string, readonly HistoryPoint[]>> {
    const entries = await Promise.all(
      nodes.map((node) => this.#redis.xrange(this.#history(node), "-", "+")),
    ).catch(throwUnavailable);
    return new Map(nodes.map((node, index) => [
      node,
      (entries[index] ?? []).map(([, [, point = "{}"]]) => JSON.parse(point) as HistoryPoint),
    ]));
  }

  async remove(node: string): Promise<void> {
    await this.#redis.multi().hdel(this.#reports, node).del(this.#history(node)).exec();
  }

  get #reports(): string {
    return `${this.#prefix}node-reports`;
  }

  #history(node: string): string {
    return `${this.#prefix}node-history:${node}`;
  }
}

/** @param text `time report`; `undefined` for what a later version has written and this one cannot read */
function seenReport(text: string, now: number): SeenReport | undefined {
  const [, at = "", json = ""] = /^(\d+) (.*)$/s.exec(text) ?? [];
  try {
    const seenAt = Number(at);
    return { report: JSON.parse(json), seenAt, silentMs: Math.max(0, now - seenAt) };
  } catch {
    return undefined;
  }
}
