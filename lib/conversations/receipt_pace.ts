/** Tells a sender of receipts at once, and of those that come shortly after together: a thousand members read one message. */
import type { UserId } from "../base/fields.ts";
import type { ReceiptEvent } from "./events.ts";
import type { Told } from "./store/outcome.ts";

/** What comes within this time after another receipt is told together. */
const WINDOW_MS = 250;

type Receipt = ReceiptEvent["receipts"][number];

/** The receipts of one sender in one conversation that wait. */
interface Waiting {
  readonly site: string;
  readonly sender: UserId;
  readonly conversation: number;
  /** By the users that they are of: the last one of each. Bounded by the members of a conversation. */
  readonly receipts: Map<UserId, Receipt>;
  timer: ReturnType<typeof setTimeout>;
}

export class ReceiptPace {
  readonly #tell: (site: string, told: Told) => void;
  readonly #waiting = new Map<string, Waiting>();

  constructor(tell: (site: string, told: Told) => void) {
    this.#tell = tell;
  }

  take(site: string, senders: readonly UserId[], { conversation, receipts }: ReceiptEvent): void {
    for (const sender of senders) {
      const key = `${site}\n${sender}\n${conversation}`;
      const waiting = this.#waiting.get(key);
      if (waiting === undefined) {
        this.#tell(site, { users: [sender], event: { type: "receipt", conversation, receipts } });
        const timer = setTimeout(() => this.#next(key), WINDOW_MS);
        this.#waiting.set(key, { site, sender, conversation, receipts: new Map(), timer });
      } else {
        for (const each of receipts) {
          waiting.receipts.set(each.user, { ...waiting.receipts.get(each.user), ...each });
        }
      }
    }
  }

  /** Tells what waits, now. */
  flush(): void {
    for (const [key, { timer }] of [...this.#waiting]) {
      clearTimeout(timer);
      this.#next(key);
    }
    for (const { timer } of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
  }

  #next(key: string): void {
    const waiting = this.#waiting.get(key);
    if (waiting === undefined) return;
    const { site, sender, conversation } = waiting;
    const receipts = [...waiting.receipts.values()];
    if (receipts.length === 0) return void this.#waiting.delete(key);
    waiting.receipts.clear();
    waiting.timer = setTimeout(() => this.#next(key), WINDOW_MS);
    this.#tell(site, { users: [sender], event: { type: "receipt", conversation, receipts } });
  }
}
