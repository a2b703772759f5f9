/** Checks what is refused as a setting, for the tests of each slice. */
import assert from "node:assert/strict";
import { ConfigError } from "../../lib/base/config_error.ts";
import type { Environment } from "../../lib/config/environment.ts";
import { readConfig } from "../../lib/configuration.ts";

/** The reason why settings stop the start. */
export function refusal(env: Environment): string {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error(`${show(env)} was not refused`);
}

/** Makes a test for each value that is none of those that a setting's kind allows. */
export function testRefused(bad: readonly [name: string, value: string, allowed: string][]): void {
  for (const [name, value, allowed] of bad) {
    const text = JSON.stringify(value);
    Deno.test(`readConfig() refuses ${name}=${text}`, () => {
      const message = refusal({ [name]: value });
      const start = `Cannot use ${name}: current value is ${text}, allowed is ${allowed}`;
      assert.ok(message.startsWith(start), message);
    });
  }
}

/** Settings as a shell would have them. */
export function show(env: Environment): string {
  return Object.entries(env).map(([name, value]) => `${name}=${value}`).join(" ") || "no setting";
}
