/**
 * Which tabs of one connection subscribe to which topics. Each tab's subscription has a number of its own here; those that
 * are alike are one for the server, which is asked for each all the same: each tab has a token and a position of its own.
 */
import { asObject, type JsonObject } from "../core/frames.ts";
import { filterKey } from "../topics/filter.ts";
import type { Tab } from "./shared_tab.ts";

type Ask = (command: JsonObject, then: (reply: JsonObject) => void, tab?: Tab) => void;

/** The subscriptions to one topic with one filter. */
interface Alike {
  readonly key: string;
  readonly topic: unknown;
  /** The server's number. */
  readonly sub: number;
  /** The tabs, by the numbers that they know. */
  readonly tabs: Map<number, Tab>;
}

export class SharedTopics {
  readonly #ask: Ask;
  readonly #byKey = new Map<string, Alike>();
  readonly #bySub = new Map<number, Alike>();
  #lastNumber = 0;

  /** @param ask sends a command to the server */
  constructor(ask: Ask) {
    this.#ask = ask;
  }

  subscribe(tab: Tab, command: JsonObject): void {
    const { topic, filter, ref } = command;
    const key = `${topic}\n${filterKey(filter)}`;
    this.#ask(command, (reply) => {
      if (reply.success !== true) return tab.answer(ref, reply);
      const data = asObject(reply.data);
      const sub = Number(data.sub);
      const alike = this.#byKey.get(key);
      // What comes from here on comes by the one that is there; what came before, the answer has.
      if (tab.isEnded || alike !== undefined) this.#end(sub);
      if (tab.isEnded) return;
      const number = ++this.#lastNumber;
      (alike ?? this.#take({ key, topic, sub, tabs: new Map() })).tabs.set(number, tab);
      tab.answer(ref, { ...reply, data: { ...data, sub: number } });
    }, tab);
  }

  unsubscribe(tab: Tab, { sub, ref }: JsonObject): void {
    const number = Number(sub);
    const alike = [...this.#byKey.values()].find(({ tabs }) => tabs.get(number) === tab);
    if (alike !== undefined) this.#leave(alike, number);
    tab.answer(ref, { success: true, data: { topic: alike?.topic, sub } });
  }

  /** The tab is gone. */
  remove(tab: Tab): void {
    for (const alike of [...this.#byKey.values()]) {
      for (const [number, each] of alike.tabs) if (each === tab) this.#leave(alike, number);
    }
  }

  /**
   * Hands an event to the tabs whose subscriptions it matches, once each, and a position to all that are in the topic. The other
   * tabs in the topic get the event without data and numbers: they know by it how far the topic is, which the server says to a
   * connection only where nothing else does.
   */
  receive(frame: JsonObject): void {
    const isPosition = frame.type === "position";
    const subs = Array.isArray(frame.subs) ? frame.subs : [];
    const numbers = new Map<Tab, number[]>();
    for (const { topic, sub, tabs } of this.#byKey.values()) {
      if (topic !== frame.topic) continue;
      const isMatching = subs.includes(sub);
      for (const [number, tab] of tabs) {
        numbers.set(tab, [...numbers.get(tab) ?? [], ...(isMatching ? [number] : [])]);
      }
    }
    for (const [tab, subs] of numbers) {
      const data = subs.length > 0 ? frame.data : undefined;
      tab.receive(JSON.stringify(isPosition ? frame : { ...frame, data, subs }));
    }
  }

  #take(alike: Alike): Alike {
    this.#byKey.set(alike.key, alike);
    this.#bySub.set(alike.sub, alike);
    return alike;
  }

  #leave({ key, sub, tabs }: Alike, number: number): void {
    tabs.delete(number);
    if (tabs.size > 0) return;
    this.#byKey.delete(key);
    this.#bySub.delete(sub);
    this.#end(sub);
  }

  #end(sub: number): void {
    if (!this.#bySub.has(sub)) this.#ask({ type: "unsubscribe", sub }, () => {});
  }
}
