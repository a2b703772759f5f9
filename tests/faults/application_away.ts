/**
 * The application that is asked who somebody is, and what they may say, is slow, fails, and is gone, under load: nobody gets
 * in and nothing is said without its yes, each yes is said once and in order, and all goes on when it is back.
 */
import assert from "node:assert/strict";
import { Application, type Asked } from "../support/application.ts";
import { Program } from "../support/program.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";
import type { FaultContext, Report, Scenario } from "./scenario.ts";

const SPEAKERS = 20;

/** What each phase of the fault does to the application; the last one is that it is back. */
const PHASES = ["good", "slow", "failing", "hanging", "good"] as const;

export const APPLICATION_AWAY: Scenario = {
  name: "the application that is asked is away",
  async run({ seconds, progress }: FaultContext): Promise<Report> {
    let phase: typeof PHASES[number] = "good";
    const saidYesTo = new Set<string>();
    await using application = new Application(async (asked: Asked) => {
      if (asked.type === "connect") return { user_id: Object(asked["credentials"]).user };
      if (phase === "failing") return new Response("", { status: 500 });
      if (phase === "hanging") await new Promise((resolve) => setTimeout(resolve, 3000));
      if (phase === "slow") await new Promise((resolve) => setTimeout(resolve, 200));
      saidYesTo.add(String(asked["message"]));
      return { allow: true };
    });
    const env = { ...application.env("connect,say"), HOOK_ASK_SECONDS: "1", APP_LIMIT_ASKS: "10" };
    await using program = await Program.start({ env });
    await using parts = new AsyncDisposableStack();
    const clientOf = async (user: string) => {
      const client = parts.use(await TestClient.connectV2(program.webSocketUrl));
      await client.command("auth", { credentials: { user } });
      await client.command("connect");
      await client.command("subscribe", { room: "lobby" });
      return client;
    };
    const reader = await clientOf("reader");
    const speakers = await Promise.all(
      Array.from({ length: SPEAKERS }, (_, index) => clientOf(`speaker-${index}`)),
    );
    const accepted: string[] = [];
    let refused = 0;
    let isOver = false;
    const speaking = speakers.map(async (client, index) => {
      for (let count = 0; !isOver; count++) {
        const message = `${index} ${count}`;
        const answer = await client.command("publish", { room: "lobby", message }).catch(String);
        if (typeof answer !== "string") accepted.push(message);
        else if (/unavailable/.test(answer)) refused++;
        else assert.fail(answer);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    });
    for (phase of PHASES) {
      const [before, refusedBefore] = [accepted.length, refused];
      await new Promise((resolve) => setTimeout(resolve, seconds * 1000 / PHASES.length));
      const health = await fetch(`${program.url}/healthz`, { signal: AbortSignal.timeout(2000) });
      assert.equal(await health.text(), "ok\n");
      if (phase === "failing" || phase === "hanging") {
        await waitFor("it refuses", () => refused > refusedBefore);
        progress(`${phase}: ${refused - refusedBefore} refused`);
      } else await waitFor("it goes on", () => accepted.length > before);
    }
    isOver = true;
    await Promise.all(speaking);
    await waitFor("all is heard", () => reader.ofType("usermsg").length >= accepted.length);
    await reader.settled();
    const heard = reader.ofType("usermsg").map(({ message }) => String(message));
    assert.deepEqual([...heard].sort(), [...accepted].sort(), "what was accepted, and no more");
    assert.deepEqual(heard.filter((message) => !saidYesTo.has(message)), [], "closed is closed");
    for (const [index] of speakers.entries()) {
      const own = heard.filter((message) => message.startsWith(`${index} `));
      const order = own.map((message) => Number(message.split(" ")[1]));
      assert.deepEqual(order, [...order].sort((one, other) => one - other));
    }
    const doubled = heard.length - new Set(heard).size;
    const count = accepted.length;
    return { accepted: count, delivered: count, queued: 0, doubled, notes: `refused ${refused}` };
  },
};
