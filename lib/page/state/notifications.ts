/** The notifications behind the bell, as far as they were read from the server; none of it is changed in place. */
import type { Notification } from "../../sdk/mod.ts";

export interface Notifications {
  /** The notifications, newest first, with no hole in between. */
  readonly list: readonly Notification[];
  /** How many are unread on the server's count, which counts those that are not in `list`, too. */
  readonly unread: number;
  /** The server has told what there is. */
  readonly isLoaded: boolean;
  /** What the user has put off, the next one to come back first. */
  readonly snoozed: readonly Notification[];
  /** There are older ones than those in `list`. */
  readonly hasOlder: boolean;
  /** Of each group, how many there are among these. */
  readonly below: ReadonlyMap<string, number>;
  /** What the user has archived, newest first, as far as it was read. */
  readonly archived: readonly Notification[];
  /** The server has told what is archived. */
  readonly isArchiveLoaded: boolean;
  readonly hasOlderArchived: boolean;
}

export const NO_NOTIFICATIONS: Notifications = {
  list: [],
  snoozed: [],
  unread: 0,
  isLoaded: false,
  hasOlder: false,
  below: new Map(),
  archived: [],
  isArchiveLoaded: false,
  hasOlderArchived: false,
};
