/** What somebody watches, as nodes tell it each other. */
import type { UserId } from "../../base/fields.ts";
import type { LogFilter } from "../../log/tail.ts";

export const STREAMS = ["nodes", "log", "audit", "trace"] as const;

export type Stream = (typeof STREAMS)[number];

export interface WatchSpec {
  readonly id: string;
  /** The site of whoever watches. */
  readonly site: string;
  /** Whether records of all sites are shown. */
  readonly isWhole: boolean;
  readonly streams: readonly Stream[];
  readonly log: LogFilter;
  readonly trace: {
    readonly user?: UserId | undefined;
    readonly room?: string | undefined;
    readonly texts: boolean;
  };
}

/** One thing that is shown. */
export type Shown = readonly [stream: Stream, data: object];
