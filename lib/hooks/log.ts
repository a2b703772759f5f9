/** What waits to be told to one endpoint, as `sender.ts` takes it from a store. */

/** Something that an endpoint is told of. */
export interface Happening {
  /** Unix time in milliseconds. */
  readonly at: number;
}

/** What is told in one request. A batch that is told again is the same, under the same id. */
export interface HookBatch<Event> {
  readonly id: string;
  /** At least one, oldest first. */
  readonly events: readonly Event[];
}

export interface HookLog<Event> {
  /** Takes the right to tell, or keeps it, for some seconds. Says whether this node has it. */
  hold(): Promise<boolean>;
  /** Lets another node tell. */
  release(): Promise<void>;
  /** The oldest events: the same batch until it is removed. Without the right to tell there is none. */
  batch(limit: number): Promise<HookBatch<Event> | undefined>;
  /** Removes a batch that was taken, or given up. */
  remove(batch: HookBatch<Event>): Promise<void>;
  /** Removes a batch that was given up, where the log notes what an endpoint is not told of. */
  drop?(batch: HookBatch<Event>): Promise<void>;
  /** Drops the oldest where more than `size` wait, and says how many it dropped. */
  trim(size: number): Promise<number>;
}
