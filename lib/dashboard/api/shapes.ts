/** What the server answers, as far as the dashboard shows it. Times are Unix times in seconds. */

export interface Session {
  readonly who: string;
  readonly name: string;
  readonly site: string;
  readonly scopes: readonly string[];
  readonly expires_at?: number;
}

export interface HistoryPoint {
  readonly at: number;
  readonly connections: number;
  readonly deliveries: number;
  readonly lag_p99: number;
  readonly latency_p50: number | null;
  readonly latency_p99: number | null;
  readonly cpu: number;
  readonly rss: number;
}

export interface Node {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly started_at: number;
  readonly seen_at: number;
  readonly ready: boolean;
  readonly reason?: string;
  readonly cpu: number;
  readonly memory: {
    readonly rss: number;
    readonly heap_used: number;
    readonly heap_total: number;
  };
  readonly loop_lag_ms: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly connections: number;
  readonly users: number;
  readonly rooms: number;
  readonly rates: {
    readonly publications: number;
    readonly deliveries: number;
    readonly requests: number;
    readonly dropped: number;
  };
  readonly latency_ms: { readonly p50: number | null; readonly p99: number | null };
  readonly history?: readonly HistoryPoint[];
}

export interface LiveChannel {
  readonly room?: string;
  readonly topic?: string;
  readonly connections: number;
  readonly messages_a_minute: number;
  readonly last_at?: number;
}

export interface LiveUser {
  readonly user_id: string | number;
  readonly connections: number;
  readonly since: number;
}

export interface UserConnection {
  readonly id: string;
  readonly node: string;
  readonly protocol: string;
  readonly transport: string;
  readonly address?: string;
  readonly since: number;
  readonly rooms: readonly string[] | number;
  readonly queued_bytes: number;
  readonly round_trip_ms?: number;
}

export interface UserDevice {
  readonly id: string;
  readonly provider: string;
  readonly platform?: string;
  readonly app?: string;
  readonly created_at: number;
  readonly seen_at: number;
  /** What became of the last push. */
  readonly last?: {
    readonly at: number;
    readonly state?: string;
    readonly result?: string;
    readonly why?: string;
  };
}

export interface UserPush {
  /** Of the notification. */
  readonly id: string;
  readonly device?: string;
  readonly provider?: string;
  readonly state: string;
  readonly at: number;
  readonly why?: string;
}

type InboxState = "total" | "unread" | "snoozed" | "archived" | "scheduled";

/** What a store has that cannot be reached is absent. */
export interface UserPage {
  readonly user_id: string | number;
  readonly online: boolean;
  readonly last_seen_at?: number;
  readonly connections: readonly UserConnection[];
  readonly inbox?: Readonly<Record<InboxState, number>>;
  readonly devices?: readonly UserDevice[];
  readonly pushes?: readonly UserPush[];
  readonly blocked?: { readonly until?: number };
  readonly refusals: readonly {
    readonly code: string;
    readonly count: number;
    readonly last_at: number;
  }[];
}

export interface Step {
  readonly step: string;
  readonly at?: number;
  readonly node?: string;
  readonly connection?: string;
  readonly device?: string;
  readonly way?: string;
  readonly why_not?: string;
}

export interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly site: string;
  readonly scopes: readonly string[];
  readonly created_at: number;
  readonly expires_at?: number;
  readonly last_used_at?: number;
  readonly revoked_at?: number;
}

export interface MadeRoom {
  readonly room: string;
  readonly made: boolean;
  readonly users?: number;
  readonly created_at?: number;
  readonly updated_at?: number;
  readonly overruled_by?: string;
  readonly partly_overruled_by?: readonly string[];
  readonly [field: string]: unknown;
}

export interface Kind {
  readonly kind: string;
  readonly [field: string]: unknown;
}

export interface Block {
  readonly user_id: string | number;
  readonly blocked_at: number;
  readonly until?: number;
}

export interface Revocation {
  readonly token_id?: string;
  readonly session_id?: string;
  readonly user_id?: string | number;
  readonly everyone?: true;
  readonly revoked_at: number;
  readonly expires_at?: number;
}

export interface Hook {
  readonly name: string;
  /** Its host alone: the rest may be secret. */
  readonly url: string;
  readonly events: readonly string[];
  readonly state: "telling" | "failing" | "idle";
  readonly queued: number;
  readonly lag_seconds: number;
  readonly delivered: number;
  readonly failed: number;
  readonly dead: number;
  readonly last_error?: { readonly at: number; readonly reason: string };
}

export interface DeadLetter {
  readonly id: string;
  readonly source: string;
  readonly at: number;
  readonly reason: string;
  readonly payload: unknown;
}

export interface Scheduled {
  readonly id: string;
  readonly user_id: string | number;
  readonly deliver_at: number;
  readonly title?: string;
  /** Its user has put it off. */
  readonly snoozed?: true;
}

export interface Setting {
  readonly name: string;
  readonly value: unknown;
  readonly hidden: boolean;
  readonly default: unknown;
  readonly source: string;
  readonly help: string;
  readonly reloadable: boolean;
}

export interface AuditRecord {
  readonly id: string | number;
  readonly at: number;
  readonly who: string;
  readonly action: string;
  readonly target?: string;
  readonly site?: string;
  readonly address?: string;
}

export interface LogLine {
  readonly at: number;
  readonly level: string;
  readonly category: string;
  readonly message: string;
  readonly node?: string;
  readonly properties?: Readonly<Record<string, unknown>>;
}

export interface TraceLine {
  readonly at: number;
  readonly node?: string;
  readonly connection?: string;
  readonly user_id?: string | number;
  readonly room?: string;
  readonly direction: "in" | "out";
  readonly type: string;
  readonly bytes: number;
  readonly text?: string;
}

/** One page of a list of `Nouns`. */
export type Page<Noun extends string, Entry> = { readonly [N in Noun]: readonly Entry[] } & {
  readonly next?: string;
  readonly total?: number;
  /** The ids of nodes that have not answered. */
  readonly missing?: readonly string[];
};
