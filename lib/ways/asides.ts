/** What each way has put aside, by the names that operators ask by. */
import type { Aside } from "./aside.ts";

/** What came by Redis. */
export class StreamDeadLetters {
  constructor(readonly aside: Aside) {}
}

/** What came from RabbitMQ; nothing where none is configured. */
export class RabbitDeadLetters {
  constructor(readonly aside: Aside | undefined) {}
}
