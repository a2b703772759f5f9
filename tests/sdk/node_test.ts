/** The client library in Node.js, which has a WebSocket of its own from version 22 on. */
import assert from "node:assert/strict";
import { run } from "../support/command.ts";
import { ROOT } from "../support/paths.ts";
import { Program } from "../support/program.ts";

Deno.test("SDK in Node.js: is notified, says something, and ends", async () => {
  await using program = await Program.start();
  const code = `
    import { connect } from ${JSON.stringify(`${ROOT}static/notifyli.js`)};
    const client = connect({ url: "${program.webSocketUrl}", userId: 1, name: "Alice" });
    client.subscribe("lobby", ({ message }) => {
      console.log(message);
      client.close();
    });
    client.on("notification", ({ message }) =>
      client.publish("lobby", message + " in Node").catch(() => {})); // closed before its answer
    await fetch("${program.url}/api/users/1/notifications", { method: "POST", body: "Told" });`;
  const outcome = await run(["node", "--input-type=module", "-e", code]);
  assert.deepEqual(outcome, { code: 0, stdout: "Told in Node\n", stderr: "" });
});
