/**
 * Whether anybody has ever asked for the presence of users. Until then no node follows it, and it costs nothing. From then
 * on all nodes do, also those that start later.
 */
export interface Asked {
  /** Whether it was asked for before this node started, or meanwhile at another one. */
  wasAsked(): Promise<boolean>;
  /** Notes that it is asked for, and tells all nodes. */
  ask(): Promise<void>;
  /** This node has written all of its users. */
  follows(): Promise<void>;
  /** Whether all living nodes have written theirs. */
  allFollow(): Promise<boolean>;
}
