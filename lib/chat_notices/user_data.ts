/** What is kept of a user's notices, for its erasure. What they say is a part of the inbox, and exported with it. */
import type { DataRecord, DataSubject, ErasedPart, UserData } from "../core/user_data.ts";
import type { Database } from "../engines/database/database.ts";
import { forgetUser } from "./store.ts";

export class NoticeData implements UserData {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async *export(): AsyncGenerator<DataRecord> {}

  async erase({ site, user }: DataSubject): Promise<ErasedPart> {
    const notices = await this.#database.transaction(() => forgetUser(site, user));
    return { erased: { chat_notices: notices } };
  }
}
