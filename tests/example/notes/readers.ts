/** The connections that are told of notes: a gauge of how many there are, and a line in the log from time to time. */
import { getLogger } from "@logtape/logtape";
import type { Connection } from "../../../lib/core/connection.ts";
import type { ConnectionHooks } from "../../../lib/core/connection_hooks.ts";
import type { Metric } from "../../../lib/core/metrics.ts";
import { every, type Task } from "../../../lib/core/task.ts";
import type { NoteCounters } from "./metrics.ts";

const log = getLogger(["notifyli", "notes"]);

export class NoteReaders implements ConnectionHooks {
  readonly #readers = new Set<Connection>();

  identified(connection: Connection): void {
    // The base protocol is closed: it has frames for some kinds, and none for notes.
    if (connection.protocol.kinds === undefined) this.#readers.add(connection);
  }

  closed(connection: Connection): void {
    this.#readers.delete(connection);
  }

  get gauge(): Metric {
    return {
      name: "notes_readers",
      help: "Connections that are told of notes.",
      type: "gauge",
      read: () => this.#readers.size,
    };
  }

  report(seconds: number, { kept }: NoteCounters): Task {
    return every("report of notes", seconds * 1000, () => {
      log.info("{kept} notes were kept, and {readers} connections are told of new ones", {
        kept: kept.value,
        readers: this.#readers.size,
      });
    });
  }
}
