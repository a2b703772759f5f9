/** What one node shows to whoever watches: its log, its part of the audit log, and the frames that are traced. */
import type { AuditLog } from "../audit/audit_log.ts";
import { recordOnWire } from "../audit/routes.ts";
import { PROGRAM_LOG } from "../../log/logging.ts";
import { isMeant, type LogLine } from "../../log/tail.ts";
import type { Tracing } from "../trace/tracing.ts";
import type { Shown, WatchSpec } from "./spec.ts";

interface SourceParts {
  readonly id: string;
  readonly audit: AuditLog;
  readonly tracing: Tracing;
}

export class Sources {
  readonly #parts: SourceParts;

  constructor(parts: SourceParts) {
    this.#parts = parts;
  }

  /** Shows what the watch is about until disposal. */
  open(spec: WatchSpec, show: (shown: Shown) => void): Disposable {
    const { id: node, audit, tracing } = this.#parts;
    const parts = new DisposableStack();
    if (spec.streams.includes("log")) {
      parts.use(PROGRAM_LOG.tail.listen((line) => {
        if (isMeant(line, spec.log) && !isOwn(line)) show(["log", { ...line, node }]);
      }));
    }
    if (spec.streams.includes("audit")) {
      parts.use(audit.listen((record) => {
        if (spec.isWhole || record.site === spec.site) show(["audit", recordOnWire(record)]);
      }));
    }
    const { user, room } = spec.trace;
    if (spec.streams.includes("trace") && (user !== undefined || room !== undefined)) {
      const subject = { ...spec.trace, site: spec.site };
      parts.use(tracing.follow(subject, (line) => show(["trace", line])));
    }
    return parts;
  }
}

/** What is said of showing things would be shown again, and so on for ever. */
function isOwn({ category, level }: LogLine): boolean {
  return category === "notifyli.admin" && level === "debug";
}
