/** Takes a user who is erased out of what is still to be sent to many. */
import type { DataRecord, DataSubject, ErasedPart, UserData } from "../../core/user_data.ts";
import type { Database } from "../../engines/database/database.ts";
import { forgetRecipient } from "./store.ts";

export class BroadcastData implements UserData {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** What was sent is in the inbox, and what is not sent yet is none of the user's. */
  async *export(): AsyncGenerator<DataRecord> {}

  async erase({ site, user }: DataSubject): Promise<ErasedPart> {
    const count = await this.#database.transaction(() => forgetRecipient(site, user));
    return { erased: { broadcasts: count } };
  }
}
