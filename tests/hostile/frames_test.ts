/** RFC 6455's rules, case by case, on both listeners: whatever one client sends, the others and the server live. */
import assert from "node:assert/strict";
import { Program } from "../support/program.ts";
import { RawSocket } from "../support/raw_socket.ts";
import { OPCODES, text } from "../support/wire_frame.ts";
import { waitFor } from "../support/wait.ts";
import { CLOSE_CASES } from "./close_cases.ts";
import { FRAGMENT_CASES } from "./fragment_cases.ts";
import { FRAME_CASES } from "./frame_cases.ts";
import { UTF8_CASES } from "./utf8_cases.ts";
import { type Expected, type ListenerName, outcome, type WireCase } from "./wire_case.ts";

const LISTENERS: readonly ListenerName[] = ["deno", "node"];
const SECTIONS: Readonly<Record<string, readonly WireCase[]>> = {
  "frames": FRAME_CASES,
  "fragments": FRAGMENT_CASES,
  "UTF-8": UTF8_CASES,
  "closing": CLOSE_CASES,
};

for (const listener of LISTENERS) {
  for (const [section, cases] of Object.entries(SECTIONS)) {
    Deno.test(`RFC 6455, ${section}, ${listener} listener`, async (test) => {
      await using program = await Program.start({ env: { APP_LISTENER: listener } });
      using healthy = await RawSocket.open(program.port);
      for (const each of cases) {
        await test.step(each.name, async () => {
          assert.deepEqual(await outcome(program.port, each), expected(each, listener));
          await assertServed(healthy);
        });
      }
      await waitFor("every other client is gone", async () => {
        const { clients } = await (await fetch(`${program.url}/api/stats`)).json();
        return clients === 1;
      });
      assert.deepEqual(program.errors, []);
      assert.deepEqual(program.log.filter(({ level }) => level !== "info"), []);
    });
  }
}

function expected({ expect }: WireCase, listener: ListenerName): Expected {
  return "deno" in expect ? expect[listener] : expect;
}

async function assertServed(healthy: RawSocket): Promise<void> {
  await healthy.write(text('{"type":"ping"}'));
  const answer = await healthy.read();
  assert.ok(typeof answer === "object", "the healthy client gets no answer");
  assert.equal(answer.opcode, OPCODES.text);
  assert.match(new TextDecoder().decode(answer.payload), /^\{"type":"pong"/);
}
