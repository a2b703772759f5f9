/** What waits of a user's notifications for a digest. */
import { inSeconds } from "../../base/times.ts";
import type { DataRecord, DataSubject, ErasedPart, UserData } from "../../core/user_data.ts";
import type { Database } from "../../engines/database/database.ts";
import { CHANGE } from "../store/kept.ts";
import { eraseTiming, waitingFor } from "./store.ts";
import { timingKey } from "./user.ts";

export class TimingData implements UserData {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async *export({ site, user }: DataSubject): AsyncGenerator<DataRecord> {
    const items = await this.#database.transaction(() => waitingFor({ site, user }));
    for (const { id, room, from, message, data, tags, details = {}, at } of items) {
      const { [CHANGE]: _change, ...shown } = details;
      yield {
        ...{ type: "notification", id, room, name: from?.name, message, data, tags, ...shown },
        ...{ state: "digested", ...(at !== undefined && { timestamp: inSeconds(at * 1000) }) },
      };
    }
  }

  async erase({ site, user }: DataSubject): Promise<ErasedPart> {
    const count = await this.#database.transaction(
      () => eraseTiming({ site, user }),
      timingKey({ site, user }),
    );
    return { erased: { digested_notifications: count } };
  }
}
