/** Links to files where a proxy has the server at a path of its own, for those who use HTTP alone and for the library. */
import assert from "node:assert/strict";
import { connect } from "../../lib/sdk/mod.ts";
import { Application } from "../support/application.ts";
import { applicationOf, Caller, type Json, userOf } from "../support/chat.ts";
import { run, taskCommand } from "../support/command.ts";
import { upload } from "../support/picture.ts";
import { Program } from "../support/program.ts";
import { RealProxy } from "../support/real_proxy.ts";
import { APP_KEY, connectionToken } from "../support/tokens.ts";

const PROXIES = ["nginx that cuts its path off", "nginx that passes its path on"] as const;

for (const [listener, proxyName] of [["deno", PROXIES[0]], ["node", PROXIES[1]]] as const) {
  Deno.test(`links to files lead through ${proxyName} (${listener})`, async () => {
    await using application = new Application(() => ({ allow: true }));
    const base = { APP_KEY, APP_LISTENER: listener, APP_BASE_PATH: "/realtime" };
    await using program = await Program.start({ env: { ...base, ...application.env("file") } });
    application.answer = async ({ url }) => {
      const file = await fetch(new URL(String(url), program.url)); // it is beside the server
      return { allow: await file.text() === "Our plan" };
    };
    await using proxy = await RealProxy.start(proxyName, program.port);
    const api = `http://127.0.0.1:${proxy.port}/realtime/api`;
    const { bearer } = await userOf(program, 1, { name: "Alice" });
    const alice = new Caller({ ...program, url: api.slice(0, -4) } as Program, bearer);

    // Whoever resolves the link against the address that was called, as browsers do, reads the file.
    const reads = async (url: unknown, text: string) => {
      assert.match(String(url), /^\/realtime\/files\//);
      const response = await fetch(new URL(String(url), api));
      assert.equal(await response.text(), text);
    };
    const id = await upload(api.slice(0, -4), bearer, { name: "plan.txt", bytes: "Our plan" });
    await reads(application.asked[0]?.["url"], "Our plan");
    application.answer = () => ({ allow: true });
    await reads((await alice.done("GET", `/files/${id}`))["url"], "Our plan");
    const message = await alice.done("POST", "/messages", { to: 2, kind: "file", file: id });
    await reads((message["file"] as Json)["url"], "Our plan");
    const { files } = await alice.done("GET", `/conversations/${message["conversation"]}/files`);
    await reads((files as Json[])[0]?.["url"], "Our plan");

    // The library knows its own way, from wherever it connects.
    const token = () => connectionToken({ sub: "1" });
    for (const place of [`ws://127.0.0.1:${proxy.port}/realtime/ws`, program.webSocketUrl]) {
      const client = connect({ url: place, token });
      const { url } = await client.file(id);
      client.close();
      assert.equal(new URL(url).origin, new URL(place).origin.replace("ws:", "http:"));
      assert.equal(await (await fetch(url)).text(), "Our plan");
    }
    const file = await Deno.makeTempFile();
    await Deno.writeTextFile(file, "Our command");
    const { stdout } = await run(
      [...taskCommand("upload"), file, "--url", api.slice(0, -4)],
      { env: { APP_API_KEY: (await applicationOf(program, ["files:write"])).bearer } },
    );
    await Deno.remove(file);
    const [, link = ""] = stdout.trim().split(" ");
    assert.equal(await (await fetch(link)).text(), "Our command");
  });
}

Deno.test("without the setting, the library alone knows of a path that a proxy cuts off", async () => {
  await using program = await Program.start();
  await using proxy = await RealProxy.start(PROXIES[0], program.port);
  const client = connect({ url: `ws://127.0.0.1:${proxy.port}/realtime/ws`, userId: 1 });
  const file = await client.upload(new Blob(["Hello"]), { name: "hello.txt" });
  client.close();
  assert.match(file.url, new RegExp(`^http://127.0.0.1:${proxy.port}/realtime/files/`));
  assert.equal(await (await fetch(file.url)).text(), "Hello");
});
