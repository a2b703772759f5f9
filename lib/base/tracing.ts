/**
 * Spans of what happens on the way of a message, for whoever traces it. Nothing is traced, at the cost of a comparison, until a tracer is
 * set (`log/opentelemetry.ts`).
 */

/** What a span does for others, in OpenTelemetry's words. */
export type SpanKind = "internal" | "server" | "client" | "producer" | "consumer";

export interface SpanOptions {
  readonly kind: SpanKind;
  /** What it is about; never a text that somebody has written, and no secret. */
  readonly attributes?: Readonly<Record<string, string | number>>;
  /** Of which span it is a part, where that is not the one that runs: a `traceparent` (W3C Trace Context, section 3.2). */
  readonly parent?: string | undefined;
  /** Whether it begins a trace of its own, whatever runs: a connection's commands are no parts of the request that opened it. */
  readonly isRoot?: boolean;
}

export interface Tracer {
  /** Runs the work in a span that ends with it, as an error where it throws or rejects. */
  run<T>(name: string, options: SpanOptions, work: () => T): T;
  /** The span that runs, as a `traceparent`; `undefined` where there is none. */
  traceparent(): string | undefined;
  /** Says more of the span that runs. */
  note(attributes: Readonly<Record<string, string | number>>): void;
}

/** `undefined` while nobody traces. */
export let tracer: Tracer | undefined;

/** Has everything traced from now on, or nothing. */
export function traceWith(given: Tracer | undefined): void {
  tracer = given;
}
