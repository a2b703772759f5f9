/** The bounds that checks of fields, connections and stores share. */

/** Upper bounds; one that is `off` is `Infinity`. Lengths are in UTF-16 units. */
export interface Limits {
  /** Bytes of one incoming frame. */
  readonly frame: number;
  readonly message: number;
  /** Bytes of the JSON of what a publication carries for programs. */
  readonly data: number;
  readonly name: number;
  readonly room: number;
  readonly userId: number;
  /** Rooms that one client may be in. */
  readonly rooms: number;
  /** Bytes that may wait for one client for a second. At no time may more than 8 times as many wait. */
  readonly queue: number;
  /** WebSockets and streams of events that may be open on this node. */
  readonly connections: number;
  /** Connections of one user on this node. */
  readonly connectionsPerUser: number;
  /** Connections of one address, or of one /64 of IPv6, on this node. */
  readonly connectionsPerAddress: number;
}
