/** Executes what `docs/push.md` shows of providers: the settings of each are taken as they stand there, and keys are made. */
import assert from "node:assert/strict";
import { parseEnv } from "node:util";
import { readConfig } from "../../lib/configuration.ts";
import { vapidPair } from "../../lib/push/providers/vapid_keys.ts";
import { PROVIDERS } from "../../lib/push/types.ts";
import { run } from "../support/command.ts";
import { ROOT } from "../support/paths.ts";

const PAGE = await Deno.readTextFile(`${ROOT}docs/push.md`);

const blocks = new Map(
  [...PAGE.matchAll(/<!-- example: ([^>]+) -->\s+```\w*\n(.*?)```/gs)]
    .map(([, name = "", text = ""]) => [name, text.trim()]),
);

for (const provider of PROVIDERS) {
  Deno.test(`docs/push.md: the settings of ${provider} are good, and set it up alone`, () => {
    const env = parseEnv(block(`env ${provider}`)) as Record<string, string>;
    const { config: { providers }, warnings } = readConfig(env);
    assert.deepEqual(warnings, []);
    const given = (["fcm", "apns", "ntfy", "mail"] as const).filter((name) => providers[name]);
    assert.deepEqual(given, provider === "web_push" ? [] : [provider]);
    if (provider === "web_push") assert.equal(providers.vapid.subject, env["PUSH_VAPID_SUBJECT"]);
  });
}

Deno.test("docs/push.md: the key that is made goes into .env as it is printed", async () => {
  const folder = await Deno.makeTempDir();
  const command = block("keys").replace("deno task push", '"$DENO" task --config "$CONFIG" push');
  const env = { DENO: Deno.execPath(), CONFIG: `${ROOT}deno.json` };
  const { code, stderr } = await run(["sh", "-c", `set -e\n${command}`], { cwd: folder, env });
  assert.equal(code, 0, stderr);
  const { config } = readConfig(
    parseEnv(await Deno.readTextFile(`${folder}/.env`)) as Record<string, string>,
  );
  const { publicKey } = vapidPair(config.providers.vapid.privateKey ?? "");
  assert.ok(stderr.includes(publicKey), stderr);
  await Deno.remove(folder, { recursive: true });
});

function block(name: string): string {
  return blocks.get(name) ?? assert.fail(`there is no block ${name}`);
}
