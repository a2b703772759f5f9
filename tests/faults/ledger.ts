/** The books of a scenario: what was accepted for each user, what their handler saw, and what the inbox still has. */
import type { Report } from "./scenario.ts";

/** How many wrong ids an error shows of each kind. */
const SHOWN = 5;

interface Account {
  /** Sent, and not known to be accepted: it may be stored or not. */
  readonly unknown: Set<string>;
  readonly accepted: Set<string>;
  /** By publisher, in the order of acceptance. */
  readonly orders: Map<string, string[]>;
  readonly seen: Set<string>;
  /** In the handler's order, doubles too. */
  readonly seenOrder: string[];
  /** What the inbox has at the end, in its order. */
  left: readonly string[];
}

export class Ledger {
  readonly #accounts = new Map<string, Account>();

  /** It is on its way: until {@linkcode Ledger.accepted}, nobody knows whether it is stored. */
  sent(user: string, id: string): void {
    const { accepted, unknown } = this.#of(user);
    if (!accepted.has(id)) unknown.add(id);
  }

  /**
   * The caller learnt that it is accepted.
   * @param publisher who awaits each acceptance before it sends its next one to this user; `undefined` where there is
   *   no such order
   */
  accepted(user: string, id: string, publisher?: string): void {
    const account = this.#of(user);
    account.unknown.delete(id);
    if (account.accepted.has(id)) return;
    account.accepted.add(id);
    if (publisher === undefined) return;
    const order = account.orders.get(publisher) ?? [];
    account.orders.set(publisher, order);
    order.push(id);
  }

  /** The user's handler got it. */
  saw(user: string, id: string): void {
    const { seen, seenOrder } = this.#of(user);
    seen.add(id);
    seenOrder.push(id);
  }

  /**
   * The user was told that something may be missing: what was accepted and is not seen yet may be lost. Returns how many these
   * are.
   */
  toldGap(user: string): number {
    const { accepted, unknown, seen } = this.#of(user);
    const missing = [...accepted].filter((id) => !seen.has(id));
    for (const id of missing) {
      accepted.delete(id);
      unknown.add(id);
    }
    return missing.length;
  }

  /** What is in the user's inbox at the end, oldest first, whether a handler saw it or not. */
  left(user: string, ids: readonly string[]): void {
    this.#of(user).left = ids;
  }

  get acceptedCount(): number {
    return this.#sum(({ accepted }) => accepted.size);
  }

  get seenCount(): number {
    return this.#sum(({ seen }) => seen.size);
  }

  /** How many that were accepted for these users their handlers have not seen yet. */
  missing(users: Iterable<string>): number {
    let count = 0;
    for (const user of users) {
      const { accepted, seen } = this.#of(user);
      for (const id of accepted) if (!seen.has(id)) count++;
    }
    return count;
  }

  /** Throws with what is lost, doubled, out of order or from nowhere; else answers the counts. */
  check(): Report {
    const wrong = [...this.#accounts].flatMap(([user, account]) => faultsOf(user, account));
    const accepted = this.acceptedCount;
    const delivered = this.#sum((account) => count(account.accepted, (id) => account.seen.has(id)));
    const queued = this.#sum((account) =>
      new Set(account.left.filter((id) => account.accepted.has(id) && !account.seen.has(id))).size
    );
    const doubled = this.#sum(({ seen, seenOrder }) => seenOrder.length - seen.size);
    const sums = `accepted ${accepted}, delivered ${delivered}, queued ${queued}`;
    if (wrong.length > 0) throw new Error(`${sums}:\n${summary(wrong)}`);
    if (accepted !== delivered + queued) throw new Error(`The sum is wrong: ${sums}`);
    return { accepted, delivered, queued, doubled };
  }

  #of(user: string): Account {
    const known = this.#accounts.get(user);
    if (known !== undefined) return known;
    const account: Account = {
      unknown: new Set(),
      accepted: new Set(),
      orders: new Map(),
      seen: new Set(),
      seenOrder: [],
      left: [],
    };
    this.#accounts.set(user, account);
    return account;
  }

  #sum(of: (account: Account) => number): number {
    let sum = 0;
    for (const account of this.#accounts.values()) sum += of(account);
    return sum;
  }
}

/** One thing that must not be: its kind, and where. */
interface Fault {
  readonly kind: string;
  readonly where: string;
}

function faultsOf(user: string, account: Account): Fault[] {
  const { accepted, unknown, seen, seenOrder, left, orders } = account;
  const inInbox = new Set(left);
  const fault = (kind: string) => (id: string): Fault => ({ kind, where: `user ${user}: ${id}` });
  const isKnown = (id: string) => accepted.has(id) || unknown.has(id);
  return [
    ...[...accepted].filter((id) => !seen.has(id) && !inInbox.has(id)).map(fault("lost")),
    ...doubles(seenOrder).map(fault("seen twice by the handler")),
    ...doubles(left).map(fault("twice in the inbox")),
    ...[...seen].filter((id) => !isKnown(id)).map(fault("seen, though nobody sent it")),
    ...left.filter((id) => !isKnown(id)).map(fault("in the inbox, though nobody sent it")),
    ...[...orders.values()].flatMap((order) => [
      ...misplaced(order, seenOrder).map(fault("out of order at the handler")),
      ...misplaced(order, left).map(fault("out of order in the inbox")),
    ]),
  ];
}

function doubles(ids: readonly string[]): string[] {
  const once = new Set<string>();
  return ids.filter((id) => once.size === once.add(id).size);
}

/** Says where `actual` has the ids of `expected` in another order. */
function misplaced(expected: readonly string[], actual: readonly string[]): string[] {
  const place = new Map(expected.map((id, index) => [id, index]));
  let last = -1;
  let before = "";
  return actual.flatMap((id) => {
    const index = place.get(id);
    if (index === undefined || id === before) return [];
    const isLate = index < last;
    const text = `${id} (number ${index}) after ${before} (number ${last})`;
    if (!isLate) [last, before] = [index, id];
    return isLate ? [text] : [];
  });
}

function summary(faults: readonly Fault[]): string {
  return [...Map.groupBy(faults, ({ kind }) => kind)].map(([kind, each]) => {
    const more = each.length > SHOWN ? ` and ${each.length - SHOWN} more` : "";
    const places = each.slice(0, SHOWN).map(({ where }) => where).join("; ");
    return `  ${each.length} ${kind}: ${places}${more}`;
  }).join("\n");
}

function count(ids: Iterable<string>, isMeant: (id: string) => boolean): number {
  let sum = 0;
  for (const id of ids) if (isMeant(id)) sum++;
  return sum;
}
