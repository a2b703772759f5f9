/** An application that is asked over HTTP before a file is taken, on both listeners and by every way that files come. */
import assert from "node:assert/strict";
import { connect } from "../../lib/sdk/mod.ts";
import { Application } from "../support/application.ts";
import { applicationOf, type Caller, userOf } from "../support/chat.ts";
import { sha256, someBytes } from "../support/fake_files.ts";
import { Program } from "../support/program.ts";
import { APP_KEY, connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";
import { namesIn } from "./world.ts";

const VIRUS = "X5O!P%@AP";
const TUS = { "tus-resumable": "1.0.0" };

for (const listener of ["deno", "node"]) {
  const start = (application: Application, env: Record<string, string> = {}) =>
    Program.start({
      env: { APP_KEY, APP_LISTENER: listener, ...application.env("file"), ...env },
    });
  const nothingIsKept = (program: Program, but = 0) =>
    waitFor("nothing is kept of it", async () => {
      return (await namesIn(`${program.dataDir}/files`)).length === but;
    });

  Deno.test(`an application reads a file and says no (${listener})`, async () => {
    let program: Program | undefined;
    await using application = new Application(async ({ url }) => {
      const bytes = await (await fetch(new URL(String(url), program?.url))).text();
      return bytes.includes(VIRUS) ? { allow: false, reason: "It has a virus" } : { allow: true };
    });
    await using started = program = await start(application);
    const alice = await userOf(started, 1);
    const good = await post(alice, "good.txt", "Our plan");
    assert.equal(good.status, 201);
    const [asked = assert.fail()] = application.asked;
    const { url, ...question } = asked;
    assert.deepEqual(question, {
      ...{ type: "file", site: "default", user_id: 1 },
      file: {
        ...{ id: good.json["id"], name: "good.txt", type: "text/plain", bytes: 8 },
        sha256: await sha256(new TextEncoder().encode("Our plan")),
      },
    });
    assert.match(String(url), /^\/files\/[\w-]{22}\?signature=/);

    const told = { status: 403, code: "file_refused", message: "It has a virus" };
    const bad = await post(alice, "bad.txt", VIRUS);
    assert.deepEqual({ status: bad.status, ...bad.json }, told);
    const refused = application.asked[1]?.["file"] as { id: string };
    for (const path of [`/api/files/${refused.id}`, String(application.asked[1]?.["url"])]) {
      const answer = await fetch(new URL(path, started.url), {
        headers: { authorization: `Bearer ${alice.bearer}` },
      });
      await answer.body?.cancel();
      assert.equal(answer.status, 404, path);
    }

    // Piece by piece: the last one is refused, and the upload is gone.
    const { headers } = await alice.call("POST", "/uploads", undefined, {
      ...TUS,
      "upload-length": String(VIRUS.length),
    });
    const at = `/${headers.get("location")}`;
    const patch = { ...TUS, "content-type": "application/offset+octet-stream" };
    const half = await alice.call("PATCH", at, VIRUS.slice(0, 4), {
      ...{ ...patch, "upload-offset": "0" },
    });
    assert.equal(half.status, 204);
    assert.equal(application.asked.length, 2, "it is asked of what is whole");
    const rest = await alice.call("PATCH", at, VIRUS.slice(4), { ...patch, "upload-offset": "4" });
    assert.deepEqual({ status: rest.status, ...rest.json }, told);
    assert.equal((await alice.call("GET", at, undefined, TUS)).status, 404);

    // By the library, whose caller gets the reason, and by an application, which is not spared.
    const client = connect({
      url: started.webSocketUrl,
      token: () => connectionToken({ sub: "1" }),
    });
    for (const bytes of [VIRUS, someBytes(3_000_000), `${"x".repeat(3_000_000)}${VIRUS}`]) {
      const uploading = client.upload(new Blob([bytes]), { name: "any" });
      if (typeof bytes !== "string") assert.equal((await uploading).bytes, 3_000_000);
      else await assert.rejects(uploading, { code: "file_refused", message: "It has a virus" });
    }
    client.close();
    const shop = await applicationOf(started, ["files:write", "read"]);
    assert.deepEqual((await post(shop, "bad.txt", VIRUS)).json["code"], "file_refused");
    assert.equal("user_id" in application.asked.at(-1)!, false);
    await nothingIsKept(started, 2);
    const stats = await shop.done("GET", "/stats");
    assert.deepEqual([stats["refused_by_application"], stats["files_stored"]], [5, 2]);
  });

  for (const onFailure of ["closed", "open"]) {
    Deno.test(`an application that does not answer, HOOK_ASK_FAILURE=${onFailure} (${listener})`, async () => {
      await using application = new Application(() => new Response("down", { status: 503 }));
      await using program = await start(application, { HOOK_ASK_FAILURE: onFailure });
      const alice = await userOf(program, 1);
      const { status, json } = await post(alice, "a.txt", "Hello");
      if (onFailure === "open") {
        assert.equal(status, 201, "nobody has looked at it");
        assert.equal(await (await fetch(`${program.url}${json["url"]}`)).text(), "Hello");
        return;
      }
      assert.deepEqual([status, json["code"]], [503, "unavailable"]);
      await nothingIsKept(program);

      // What came piece by piece waits for the answer, and is asked about again.
      const begun = await alice.call("POST", "/uploads", undefined, {
        ...{ ...TUS, "upload-length": "5" },
      });
      const at = `/${begun.headers.get("location")}`;
      const whole = await alice.call("PATCH", at, "Hello", {
        ...{ ...TUS, "content-type": "application/offset+octet-stream", "upload-offset": "0" },
      });
      assert.deepEqual([whole.status, whole.json["code"]], [503, "unavailable"]);
      application.answer = () => ({ allow: true });
      assert.equal((await alice.call("GET", at, undefined, TUS)).status, 200);
      const file = await alice.done("GET", at.replace("uploads", "files"));
      assert.equal(await (await fetch(`${program.url}${file["url"]}`)).text(), "Hello");
    });
  }
}

function post(caller: Caller, name: string, body: string) {
  const type = { "content-type": "application/octet-stream" };
  return caller.call("POST", `/files?name=${name}`, body, type);
}
