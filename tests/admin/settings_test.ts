/** `GET /api/settings`: what is in force, and no secret. */
import assert from "node:assert/strict";
import { Manager } from "../support/manager.ts";
import { Program } from "../support/program.ts";
import { APP_KEY } from "../support/tokens.ts";

const SECRET = `whsec_${btoa("x".repeat(32))}`;

for (const APP_LISTENER of ["deno", "node"]) {
  Deno.test(`GET /api/settings shows where values are from, and no secret (${APP_LISTENER})`, async () => {
    const dataDir = await Deno.makeTempDir();
    await Deno.writeTextFile(
      `${dataDir}/.env`,
      "APP_NODE_NAME=from-file\nAPP_RATE_CONNECTS=7/9\nHOOK_URL=https://example.com/secret-path?k=1\n" +
        `HOOK_SECRET=${SECRET}\n`,
    );
    const env = { APP_KEY, APP_LISTENER, APP_RATE_CONNECTS: "5/6", APP_DATA_DIR: dataDir };
    await using program = await Program.start({ env, dataDir });
    const manager = await Manager.of(program);
    const { status, json } = await manager.call(program, "GET", "/settings");
    assert.equal(status, 200);
    const settings = json["settings"] as Record<string, unknown>[];
    const find = (name: string) => {
      const { value, hidden, source } = settings.find((each) => each["name"] === name)!;
      return [value, hidden, source];
    };
    assert.deepEqual(find("APP_NODE_NAME"), ["from-file", false, "file"]);
    assert.deepEqual(find("APP_RATE_CONNECTS"), ["5/6", false, "environment"]);
    assert.deepEqual(find("APP_LIMIT_MESSAGE"), ["10000", false, "default"]);
    assert.deepEqual(find("APP_KEY"), [null, true, "environment"]);
    const [hook] = find("HOOK_URL");
    assert.equal(hook, "https://example.com/***");
    const text = JSON.stringify(json);
    for (const secret of [APP_KEY, SECRET, "secret-path"]) {
      assert.ok(!text.includes(secret), secret);
    }
    const nodes = await manager.call(program, "GET", "/nodes");
    assert.equal(json["node"], nodes.json["this"]);
    const foreign = await Manager.of(program, "shop");
    const refused = await foreign.call(program, "GET", "/settings");
    assert.deepEqual([refused.status, refused.json["code"]], [403, "forbidden"]);
    await program[Symbol.asyncDispose]();
    await Deno.remove(dataDir, { recursive: true });
  });
}
