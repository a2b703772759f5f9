/** The settings of the log: levels of categories at the start, and after a SIGHUP. */
import assert from "node:assert/strict";
import { log } from "../../lib/log/settings.ts";
import { Manager } from "../support/manager.ts";
import { Program } from "../support/program.ts";
import { testRefused, testSlice } from "../support/settings.ts";
import { TestClient } from "../support/test_client.ts";

testSlice(log, {
  defaults: { debug: false, levels: new Map() },
  every: { APP_DEBUG: "true", APP_LOG_LEVELS: "notifyli.push:debug, notifyli:warn" },
  config: { debug: true, levels: new Map([["notifyli.push", "debug"], ["notifyli", "warning"]]) },
});

const ALLOWED = "at most 50 categories with a level each, such as notifyli.push:debug";

testRefused([
  ["APP_LOG_LEVELS", "debug", ALLOWED],
  ["APP_LOG_LEVELS", "notifyli.push:loud", ALLOWED],
  ["APP_LOG_LEVELS", "notifyli.push=debug", ALLOWED],
  ["APP_LOG_LEVELS", "push:debug", ALLOWED],
  ["APP_LOG_LEVELS", "notifyli.push:debug:info", ALLOWED],
]);

Deno.test("categories have the levels of the settings from the start on, and others after a SIGHUP", async () => {
  await using program = await Program.spawn({ env: { APP_LOG_LEVELS: "notifyli.node:debug" } });
  await program.line(({ message }) => message.includes("listens on"));
  const manager = await Manager.of(program);
  const shown = async () => (await manager.call(program, "GET", "/log/levels")).json["levels"];
  const isConnect = ({ message }: { message: string }) => / connected$/.test(message);
  assert.deepEqual(await shown(), { "notifyli.node": "debug" });
  await using _ = await TestClient.connectV2(program.webSocketUrl);
  await program.line(isConnect);
  assert.ok(
    !program.log.some(({ level, logger }) => level === "debug" && logger !== "notifyli.node"),
  );

  // Levels that were set while it runs stay, unless the setting is another one.
  await manager.call(program, "PUT", "/log/levels", { levels: { "notifyli.push": "debug" } });
  program.kill("SIGHUP");
  await program.line(({ message }) => message.startsWith("SIGHUP: rules"));
  assert.deepEqual(await shown(), { "notifyli.push": "debug" });
});

Deno.test("SIGHUP takes over levels of .env", async () => {
  const dataDir = await Deno.makeTempDir();
  try {
    await using program = await Program.spawn({ dataDir });
    await program.line(({ message }) => message.includes("listens on"));
    const manager = await Manager.of(program);
    await Deno.writeTextFile(`${dataDir}/.env`, "APP_LOG_LEVELS=notifyli.http:debug\n");
    program.kill("SIGHUP");
    await program.line(({ message }) => message.includes("APP_LOG_LEVELS"));
    const { json } = await manager.call(program, "GET", "/log/levels");
    assert.deepEqual(json, { levels: { "notifyli.http": "debug" }, usual: "info" });
    await program.line(({ logger, level }) => logger === "notifyli.http" && level === "debug");
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});
