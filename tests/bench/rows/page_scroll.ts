/** Whether the page scrolls a conversation of 10,000 messages without slow frames, in the Chromium of the tests. */
import type { CDPSession, Page } from "playwright-core";
import { closeBrowser } from "../../support/browser.ts";
import { clientOf, groupOf, People, row as rowOf } from "../../support/people.ts";
import { Program } from "../../support/program.ts";
import { percentile } from "../loads/figures.ts";
import { RAISED_LIMITS } from "../servers.ts";
import { type Bench, digits, type Row } from "../row.ts";

/** With the one that says who made the group, as many as the library keeps of a conversation. */
const MESSAGES = 9_999;
/** Sent before the first of them is answered. */
const AT_ONCE = 200;
/** How far a turn of the wheel goes: a fling. */
const WHEEL_PX = 1_500;
const ME = { user: "1", name: "Alice" };
const ENV = { ...RAISED_LIMITS, APP_RATE_CHAT: "1000000/1000000" };

interface Figures {
  readonly way: string;
  /** Milliseconds from each frame to the next. */
  readonly frames: number[];
  /** Milliseconds that the page's own thread worked, by what it did. */
  readonly work: Readonly<Record<"script" | "style" | "layout" | "task", number>>;
  readonly layouts: number;
}

export const pageScroll: Row = {
  name: "page-scroll",
  question: "The page scrolls a conversation of 10,000 messages, drawn without a GPU",
  async measure(bench) {
    const all: Figures[] = [];
    try {
      for (let round = 0; round < bench.rounds; round++) all.push(...await once(bench));
    } finally {
      await closeBrowser();
    }
    const ways = [...new Set(all.map(({ way }) => way))].map((way) =>
      joined(way, all.filter((each) => each.way === way))
    );
    return {
      checks: ways.map(({ way, frames }) => ({
        ...{ what: `${way}: p99 of the frames`, value: percentile(frames, 0.99), target: 50 },
        ...{ is: "at most", unit: "ms" } as const,
      })),
      details: ways.map(({ way, frames, work, layouts }) => ({
        "way": way,
        "frames": String(frames.length),
        "p50 ms": digits(percentile(frames, 0.5)),
        "p99 ms": digits(percentile(frames, 0.99)),
        "slowest ms": digits(Math.max(...frames)),
        "script ms a frame": digits(work.script / frames.length),
        "style and layout ms a frame": digits((work.style + work.layout) / frames.length),
        "all work ms a frame": digits(work.task / frames.length),
        "layouts a frame": digits(layouts / frames.length),
      })),
      notes: [
        "The messages come page by page on the first way up, and are all there on the others.",
      ],
    };
  },
};

async function once(bench: Bench): Promise<Figures[]> {
  await using program = await Program.start({ env: ENV });
  const id = await conversation(program.webSocketUrl);
  await using people = new People(program.url);
  const page = await people.open(ME);
  await rowOf(page, "Long").click();
  await page.getByText(`Number ${MESSAGES}.`).first().waitFor();
  await page.getByRole("log").hover();
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const seen = [];
  for (
    const [way, go] of [
      ["up by wheel, with loading", (page: Page) => wheel(page, -1)],
      ["down by wheel", (page: Page) => wheel(page, 1)],
      ["up by wheel", (page: Page) => wheel(page, -1)],
      ["by keys", keys],
    ] as const
  ) {
    const figures = await measured(way, page, session, () => go(page));
    seen.push(figures);
    const { frames, work } = figures;
    bench.progress(
      `conversation ${id}, ${way}: ${frames.length} frames, p50 ${
        digits(percentile(frames, 0.5))
      } ms, ` +
        `p99 ${digits(percentile(frames, 0.99))} ms, work ${
          digits(work.task / frames.length)
        } ms a frame`,
    );
  }
  if (people.errors.length > 0) throw new Error(people.errors.join("\n"));
  return seen;
}

async function conversation(url: string): Promise<number> {
  await using client = await clientOf(url, ME);
  const id = await groupOf(client, "Long", { members: ["2"] });
  for (let from = 1; from <= MESSAGES; from += AT_ONCE) {
    const length = Math.min(AT_ONCE, MESSAGES - from + 1);
    const texts = Array.from(
      { length },
      (_, each) => `Number ${from + each}. ${words(from + each)}`,
    );
    await Promise.all(
      texts.map((text) => client.command("message", { conversation: id, text })),
    );
  }
  return id;
}

/** Some messages are long. */
function words(index: number): string {
  return "a word and another ".repeat(index % 7 === 0 ? 12 : index % 3);
}

async function measured(
  way: string,
  page: Page,
  session: CDPSession,
  go: () => Promise<void>,
): Promise<Figures> {
  const before = await metrics(session);
  await page.evaluate(`
    globalThis.frames = [];
    globalThis.isMeasured = true;
    let last = performance.now();
    requestAnimationFrame(function note(now) {
      frames.push(now - last);
      last = now;
      if (isMeasured) requestAnimationFrame(note);
    });
  `);
  await go();
  const frames = await page.evaluate("isMeasured = false, frames.slice(1)") as number[];
  const after = await metrics(session);
  const ms = (name: string) => ((after.get(name) ?? 0) - (before.get(name) ?? 0)) * 1000;
  return {
    ...{ way, frames, layouts: ms("LayoutCount") / 1000 },
    work: {
      script: ms("ScriptDuration"),
      style: ms("RecalcStyleDuration"),
      layout: ms("LayoutDuration"),
      task: ms("TaskDuration"),
    },
  };
}

async function metrics(session: CDPSession): Promise<Map<string, number>> {
  const { metrics } = await session.send("Performance.getMetrics");
  return new Map(metrics.map(({ name, value }) => [name, value]));
}

/** Turns the wheel once a frame until nothing more comes. */
async function wheel(page: Page, direction: 1 | -1): Promise<void> {
  const isDone = direction < 0 ? `${TOP} && ${START}` : END;
  while (await page.evaluate(isDone) !== true) {
    await page.mouse.wheel(0, direction * WHEEL_PX);
    await page.evaluate("new Promise((done) => requestAnimationFrame(done))");
  }
}

async function keys(page: Page): Promise<void> {
  await page.getByRole("log").focus();
  for (const key of ["End", "Home", "End"]) {
    await page.keyboard.press(key);
    await page.waitForFunction(key === "Home" ? START : LAST);
  }
  for (let count = 0; count < 200; count++) {
    await page.keyboard.press(count < 100 ? "PageUp" : "ArrowUp");
    await page.evaluate("new Promise((done) => requestAnimationFrame(done))");
  }
}

const LOG = `document.querySelector("[role=log]")`;
const TOP = `${LOG}.scrollTop === 0`;
const END = `${LOG}.scrollTop > ${LOG}.scrollHeight - ${LOG}.clientHeight - 2`;
const START = `${LOG}.textContent.includes("You made this group")`;
const LAST = `${LOG}.textContent.includes("Number ${MESSAGES}.")`;

function joined(way: string, all: readonly Figures[]): Figures {
  const sum = (of: (each: Figures) => number) => all.reduce((sum, each) => sum + of(each), 0);
  return {
    ...{ way, frames: all.flatMap(({ frames }) => frames), layouts: sum(({ layouts }) => layouts) },
    work: {
      script: sum(({ work }) => work.script),
      style: sum(({ work }) => work.style),
      layout: sum(({ work }) => work.layout),
      task: sum(({ work }) => work.task),
    },
  };
}
