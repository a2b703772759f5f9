/**
 * Gives spans to the runtime's OpenTelemetry, which sends them to a collector: Deno does so where `OTEL_DENO` is `true`, and takes all
 * other settings (`OTEL_EXPORTER_OTLP_ENDPOINT` and so on) from the environment. It makes spans of requests and of calls to others, too.
 */
import {
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import { CodedError } from "../base/errors.ts";
import { type SpanOptions, type Tracer, traceWith } from "../base/tracing.ts";
import { VERSION } from "../base/version.ts";

const KINDS = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
} as const;

class OpenTelemetry implements Tracer {
  readonly #tracer = trace.getTracer("notifyli", VERSION);

  run<T>(
    name: string,
    { kind, attributes, parent, isRoot = false }: SpanOptions,
    work: () => T,
  ): T {
    const within = parent === undefined
      ? isRoot ? ROOT_CONTEXT : context.active()
      : propagation.extract(ROOT_CONTEXT, { traceparent: parent });
    const options = { kind: KINDS[kind], attributes };
    return this.#tracer.startActiveSpan(name, options, within, (span) => {
      try {
        const result = work();
        if (!(result instanceof Promise)) {
          span.end();
          return result;
        }
        return result.then(
          (value) => {
            span.end();
            return value;
          },
          (error) => {
            endFailed(span, error);
            throw error;
          },
        ) as T;
      } catch (error) {
        endFailed(span, error);
        throw error;
      }
    });
  }

  traceparent(): string | undefined {
    const carrier: { traceparent?: string } = {};
    propagation.inject(context.active(), carrier);
    return carrier.traceparent;
  }

  note(attributes: Readonly<Record<string, string | number>>): void {
    trace.getActiveSpan()?.setAttributes(attributes);
  }
}

/** Has everything traced from now on. */
export function traceByOpenTelemetry(): void {
  traceWith(new OpenTelemetry());
}

/** A message of an error may have in it what somebody has written, so the span has the code alone; the log has the rest. */
function endFailed(span: Span, error: unknown): void {
  const what = error instanceof CodedError ? error.code : error instanceof Error ? error.name : "";
  span.setAttribute("error.type", what);
  span.setStatus({ code: SpanStatusCode.ERROR, message: what });
  span.end();
}
