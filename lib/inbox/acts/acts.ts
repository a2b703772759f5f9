/**
 * Does what users choose of a notification's actions, each once, whichever device asks first: `view` is noted, `http` is called
 * by the server, `reply` takes a text. A row is written first, so that a call that a crash has broken off is made again.
 */
import { logFor } from "../../base/log.ts";
import { CodedError } from "../../base/errors.ts";
import { invalid, requiredText, type UserId } from "../../base/fields.ts";
import { reasonOf } from "../../base/reason.ts";
import { inSeconds, unixSeconds } from "../../base/times.ts";
import { userChannel } from "../../core/channel.ts";
import type { Counter } from "../../core/metrics.ts";
import type { Node } from "../../core/node.ts";
import { every, type Task } from "../../core/task.ts";
import type { Content } from "../../core/publication.ts";
import type { Database } from "../../engines/database/database.ts";
import type { Outward } from "../../net/outward.ts";
import type { Action, Outcome } from "../details/actions.ts";
import type { InboxService } from "../inbox.ts";
import type { Inbox, Kept, Schedule } from "../store/store.ts";
import { callAddress } from "./call.ts";
import { begin, finish, forgetOld, LEASE_MS, settle, takeBack, takeLeft } from "./store.ts";
import type { Act, ActWitness, Result } from "./types.ts";

const log = logFor("inbox");

/** Most code points of a reply. */
export const REPLY = 1000;

/** How often it is looked for what a node has left behind. */
const LOOK_EVERY_MS = 2000;

/** How often a call that a crash has broken off is made again, where there is no answer. */
const MOST_ATTEMPTS = 5;

const DAY_MS = 24 * 3600 * 1000;

export interface ActsParts {
  readonly database: Database;
  readonly node: Pick<Node, "publish">;
  /** The inbox as it is stored: with what the server calls. */
  readonly inbox: Inbox;
  readonly schedule: Schedule;
  readonly service: Pick<InboxService, "change">;
  readonly outward: Outward;
  readonly counter: Counter;
  /** Days that inboxes keep a notification. */
  readonly days: number;
}

/** What a user asks for. */
export interface Wish {
  readonly site: string;
  readonly user: UserId;
  /** Of the notification. */
  readonly id: string;
  readonly action: string;
  readonly text: unknown;
}

export class Acts {
  readonly #parts: ActsParts;
  readonly #witnesses: ActWitness[] = [];
  /** Whether nothing was looked for yet. */
  #isFirst = true;

  constructor(parts: ActsParts) {
    this.#parts = parts;
  }

  /** Has somebody told of each action that is done. */
  listen(witness: ActWitness): void {
    this.#witnesses.push(witness);
  }

  /**
   * Does an action. Resolves with what came of it; where it was done before, with what came of it then, and where another
   * device's call is still under way, with `pending`. Rejects with `unavailable` where the address does not answer: it may be
   * tried again then.
   */
  async act({ site, user, id, action: name, text }: Wish): Promise<Act> {
    const { inbox, database } = this.#parts;
    const found = await inbox.get(site, user, id);
    if (found === undefined) throw notFound(`There is no notification ${JSON.stringify(id)}`);
    const { at, details } = found.publication;
    const action = actionsIn(details).find((each) => each.id === name);
    if (action === undefined) {
      throw notFound(`The notification has no action ${JSON.stringify(name)}`);
    }
    const { done_at, status, text: said, ...plain } = action;
    const place = { site, user, id, sentAt: at, action: plain as Action };
    if (done_at !== undefined) {
      const result = { ...(status && { status }), ...(said && { text: said }) };
      return { ...place, state: "done", doneAt: done_at * 1000, result };
    }
    const isCall = plain.type === "http";
    const act: Act = {
      ...place,
      state: isCall ? "pending" : "done",
      doneAt: Date.now(),
      result: plain.type === "reply" ? { text: replyOf(text) } : {},
    };
    const telling = isCall ? undefined : this.#telling(act);
    const begun = await database.transaction(() => begin(act, telling));
    if (!begun.isNew) return begun.act;
    if (isCall) return await this.#call(act);
    telling?.stored();
    await this.#show(act);
    return act;
  }

  get task(): Task {
    return every("actions that a node has left behind", LOOK_EVERY_MS, () => this.#takeLeft());
  }

  /** Calls the address, and notes what it answers. Throws where it does not answer. */
  async #call(act: Act): Promise<Act> {
    let result: Result;
    try {
      if (act.action.type !== "http") throw new TypeError("This is no call");
      result = await callAddress(this.#parts.outward, act, act.action);
    } catch (error) {
      await this.#parts.database.transaction(() => takeBack(act));
      throw noAnswer(error);
    }
    return await this.#noteAnswer(act, result);
  }

  async #noteAnswer(act: Act, result: Result): Promise<Act> {
    const done: Act = { ...act, state: "done", doneAt: Date.now(), result };
    const telling = this.#telling(done);
    const { database } = this.#parts;
    if (await database.transaction(() => finish(done, telling, Date.now()))) {
      telling?.stored();
      await this.#show(done);
    }
    return done;
  }

  #telling(act: Act) {
    const all = this.#witnesses.flatMap((each) => each.telling(act) ?? []);
    if (all.length === 0) return undefined;
    return {
      statements: all.flatMap(({ statements }) => statements),
      stored: () => all.forEach((each) => each.stored()),
    };
  }

  /** Notes in the notification what was done, and tells all of the user's devices. It may run again after a crash. */
  async #show(act: Act): Promise<void> {
    const { inbox, schedule, service, node, counter, database } = this.#parts;
    const { site, user, id, action } = act;
    const note = <K extends Kept>(kept: K): K => withOutcome(kept, act);
    if (await inbox.edit(site, user, id, note, { isQuiet: true }) === undefined) {
      await schedule.edit(site, user, id, note); // it was put off meanwhile
    }
    let { unread } = await service.change(site, user, "read", [id]);
    if (action.clear) ({ unread } = await service.change(site, user, "archive", [id]));
    await node.publish(userChannel(site, user), {
      ...{ kind: "inbox", id: "-", at: unixSeconds() },
      event: "act",
      data: { ids: [id], unread, ...actOnWire(act) },
    });
    counter.value++;
    await database.transaction(() => settle(act));
  }

  async #takeLeft(): Promise<void> {
    const { database, days } = this.#parts;
    if (database.whyNotReady() !== undefined) return;
    const now = Date.now();
    // A file has one server: what is under way when it starts was left behind by the last one.
    const dueBy = this.#isFirst && database.dialect === "sqlite" ? now + LEASE_MS : now;
    if (this.#isFirst && Number.isFinite(days)) {
      await database.transaction(() => forgetOld(now - (days + 1) * DAY_MS));
    }
    this.#isFirst = false;
    for (const act of await database.transaction(() => takeLeft(now, dueBy), "notification_acts")) {
      await this.#goOn(act, act.attempts).catch((error) =>
        log.debug("an action is not done yet: {reason}", { reason: reasonOf(error) })
      );
    }
  }

  async #goOn(act: Act, attempts: number): Promise<void> {
    if (act.state === "done") return await this.#show(act);
    if (act.action.type !== "http") return;
    try {
      await this.#noteAnswer(act, await callAddress(this.#parts.outward, act, act.action));
    } catch (error) {
      if (attempts < MOST_ATTEMPTS) throw error;
      await this.#parts.database.transaction(() => takeBack(act));
    }
  }
}

/** An action as it is kept: with what came of it, once it is done. */
type KeptAction = Action & Outcome;

function actionsIn(details: Content["details"]): readonly KeptAction[] {
  const actions = details?.["actions"];
  return Array.isArray(actions) ? actions : [];
}

function withOutcome<K extends Kept>(kept: K, { action: { id }, doneAt, result }: Act): K {
  const actions = actionsIn(kept.details).map((each) =>
    each.id === id ? { ...each, done_at: inSeconds(doneAt), ...result } : each
  );
  return actions.length === 0 ? kept : { ...kept, details: { ...kept.details, actions } };
}

/** What was done, as answers and frames say it. */
export function actOnWire({ action, state, doneAt, result }: Act): Record<string, unknown> {
  if (state === "pending") return { action: action.id, state };
  return { action: action.id, done_at: inSeconds(doneAt), ...result };
}

function replyOf(text: unknown): string {
  const said = requiredText({ text }, "text", 2 * REPLY).trim();
  if (said !== "" && [...said].length <= REPLY) return said;
  throw invalid("text", text, `a text of 1 to ${REPLY} characters`);
}

function notFound(message: string): CodedError {
  return new CodedError("not_found", message);
}

function noAnswer(error: unknown): CodedError {
  const reason = Object(error).name === "TimeoutError" ? "none within 10 s" : reasonOf(error);
  const message = `The address of this action did not answer (${reason}); it may be tried again`;
  return new CodedError("unavailable", message, { cause: error });
}
