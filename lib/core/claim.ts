/** Turns: what all nodes are brought by a way that they share is stored and published by one of them at a time. */

/** The ways in that all nodes share. The first two are heard together, by one node's turn at both. */
export type SharedWay = "bridge" | "publications" | "stream" | "publications-stream";

/** What a node says that brings something by a shared way. */
export interface Claim {
  readonly way: SharedWay;
  readonly holder: string;
  /** How far the way was read: two numbers with a colon between, which are stored in one step with what came. */
  readonly progress: string;
}
