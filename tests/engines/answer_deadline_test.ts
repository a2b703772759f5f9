/** Commands to Redis are given up where nothing comes any more, and not while earlier ones are answered. */
import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import type { Command, Redis } from "ioredis";
import { AnswerDeadline } from "../../lib/engines/redis/answer_deadline.ts";
import { waitFor } from "../support/wait.ts";

Deno.test("a command waits as long as answers come, and is given up when none does", async () => {
  const stream = { bytesRead: 0 };
  const redis = Object.assign(new EventEmitter(), { stream });
  const deadline = new AnswerDeadline(redis as unknown as Redis, 20);
  const [behindMany, unanswered] = [new Asked(), new Asked()];
  deadline.add(behindMany.command);
  const answering = setInterval(() => stream.bytesRead++, 5);
  await waitFor("answers came for long", () => stream.bytesRead > 500);
  assert.equal(behindMany.error, undefined);
  behindMany.isSettled = true;
  deadline.add(unanswered.command);
  clearInterval(answering);
  await waitFor("it is given up", () => unanswered.error !== undefined);
  assert.equal(unanswered.error?.message, "Command timed out");
  assert.equal(behindMany.error, undefined);
  redis.emit("close");
});

class Asked {
  isSettled = false;
  error: Error | undefined;

  /** The part of a command that its deadline uses. */
  get command(): Command {
    return this as unknown as Command;
  }

  reject(error: Error): void {
    this.error = error;
    this.isSettled = true;
  }
}
