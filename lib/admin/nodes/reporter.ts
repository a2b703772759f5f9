/** Reports every two seconds what this node does, and every ten seconds a point of its history, to where all nodes see it. */
import { VERSION } from "../../base/version.ts";
import type { Metric, Metrics } from "../../core/metrics.ts";
import type { Node } from "../../core/node.ts";
import { every, type Task } from "../../core/task.ts";
import type { ProcessMeter } from "../../observe/process.ts";
import type { HistoryPoint, Latency, NodeReport, Rates, ReportStore } from "./report.ts";

const REPORT_MS = 2000;

/** How many reports a point of the history stands for. */
const REPORTS_A_POINT = 5;

interface ReporterParts {
  readonly node: Node;
  readonly metrics: Metrics;
  readonly process: ProcessMeter;
  readonly store: ReportStore;
  readonly id: string;
  readonly name: string;
  latency(): Latency;
}

/** What counters said at a moment. */
interface Reading {
  readonly at: number;
  readonly cpuSeconds: number;
  readonly counts: Rates;
}

export class Reporter {
  readonly #parts: ReporterParts;
  readonly #startedAt = Date.now() / 1000;
  #before: Reading;
  /** How often it has reported. */
  #reports = 0;

  constructor(parts: ReporterParts) {
    this.#parts = parts;
    this.#before = this.#look();
  }

  get task(): Task {
    return every("report of the node", REPORT_MS, () => this.report());
  }

  async report(): Promise<void> {
    const report = await this.#make();
    const isPoint = this.#reports++ % REPORTS_A_POINT === 0;
    await this.#parts.store.write(report, isPoint ? pointOf(report) : undefined);
  }

  async #make(): Promise<NodeReport> {
    const { node, id, name } = this.#parts;
    const reason = await node.unready();
    const before = this.#before;
    const now = this.#look();
    this.#before = now;
    const seconds = Math.max(0.001, (now.at - before.at) / 1000);
    const { rss, heapUsed, heapTotal } = this.#parts.process.read();
    const perSecond = (name: keyof Rates) =>
      round((now.counts[name] - before.counts[name]) / seconds);
    return {
      ...{ id, name, version: VERSION, started_at: this.#startedAt },
      ready: reason === undefined,
      ...(reason !== undefined && { reason }),
      cpu: round((now.cpuSeconds - before.cpuSeconds) / seconds),
      memory: { rss, heap_used: heapUsed, heap_total: heapTotal },
      loop_lag_ms: this.#parts.process.lag.read(),
      connections: node.size,
      users: node.hub.count("user"),
      rooms: node.hub.count("room"),
      rates: {
        publications: perSecond("publications"),
        deliveries: perSecond("deliveries"),
        requests: perSecond("requests"),
        dropped: perSecond("dropped"),
      },
      latency_ms: this.#parts.latency(),
    };
  }

  #look(): Reading {
    const metrics = [...this.#parts.metrics];
    return {
      at: performance.now(),
      cpuSeconds: this.#parts.process.read().cpuSeconds,
      counts: {
        publications: sumOf(metrics, (name) => name === "arrived"),
        deliveries: sumOf(metrics, (name) => name === "deliveries"),
        requests: sumOf(metrics, (name) => name === "api_requests"),
        dropped: sumOf(metrics, (name) => name.startsWith("dropped_")),
      },
    };
  }
}

function sumOf(metrics: readonly Metric[], isMeant: (name: string) => boolean): number {
  return metrics.reduce(
    (sum, metric) => metric.type === "counter" && isMeant(metric.name) ? sum + metric.read() : sum,
    0,
  );
}

function pointOf(report: NodeReport): HistoryPoint {
  const { connections, rates, loop_lag_ms: lag, latency_ms: latency, cpu, memory } = report;
  return {
    at: Math.round(Date.now() / 1000),
    connections,
    deliveries: rates.deliveries,
    lag_p99: lag.p99,
    latency_p50: latency.p50,
    latency_p99: latency.p99,
    cpu,
    rss: memory.rss,
  };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
