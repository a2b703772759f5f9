/** The client library in Node.js, which has a WebSocket of its own from version 22 on. */
import assert from "node:assert/strict";
import { createRequire } from "node:module";
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

Deno.test("SDK in Node.js: has conversations, and ends", async () => {
  await using program = await Program.start();
  const code = `
    import { connect } from ${JSON.stringify(`${ROOT}static/notifyli.js`)};
    const url = "${program.webSocketUrl}";
    const [alice, bob] = [1, 2].map((userId) => connect({ url, userId, name: "User " + userId }));
    const { id } = await alice.conversations.private(2);
    const chat = alice.conversation(id);
    chat.on("messages", ([message]) => {
      if (message?.status !== "read") return;
      console.log("read");
      alice.close();
      bob.close();
    });
    await chat.send("Hello from Node");
    const there = bob.conversation(id);
    await there.ready;
    console.log(there.messages[0].name, there.messages[0].text);
    there.typing();
    there.markRead();`;
  const outcome = await run(["node", "--input-type=module", "-e", code]);
  assert.deepEqual(outcome, { code: 0, stdout: "User 1 Hello from Node\nread\n", stderr: "" });
});

for (const ws of ["what the runtime has", "the package ws"]) {
  Deno.test(`SDK in Node.js: is told of a topic's events, with ${ws}, and ends`, async () => {
    await using program = await Program.start();
    const path = createRequire(import.meta.url).resolve("ws");
    const code = `
      import { connect } from ${JSON.stringify(`${ROOT}static/notifyli.js`)};
      import WebSocket from ${JSON.stringify(path)};
      const environment = ${ws === "the package ws" ? "{ WebSocket }" : "{}"};
      const client = connect({ url: "${program.webSocketUrl}", userId: 1, environment });
      const publish = (data) =>
        fetch("${program.url}/api/topics/T", { method: "POST", body: JSON.stringify({ data }) });
      await publish({ id: 5, n: 1 });
      const abort = new AbortController();
      await client.topics.subscribe("T", ({ data }) => console.log("never", data.n), { signal: abort.signal })
        .then(() => abort.abort());
      client.topic("T", { id: 5 }, ({ data, replay }) => {
        console.log(data.n, replay);
        if (!replay) client.close();
      }).on("subscribed", async () => {
        await publish({ id: 6, n: 2 });
        await publish({ id: 5, n: 3 });
      });`;
    const outcome = await run(["node", "--input-type=module", "-e", code]);
    assert.deepEqual(outcome, { code: 0, stdout: "never 1\n1 true\n3 false\n", stderr: "" });
  });
}
