/** What a slice of the settings comes to, and what is refused as a setting: for the tests of each slice. */
import assert from "node:assert/strict";
import { ConfigError } from "../../lib/base/config_error.ts";
import type { Environment } from "../../lib/config/environment.ts";
import { configOf, type Slice } from "../../lib/config/slice.ts";
import { readConfig } from "../../lib/configuration.ts";

export interface SliceCase {
  /** What the slice comes to where nothing is set. */
  readonly defaults: unknown;
  /** A value for every setting of the slice. */
  readonly every: Environment;
  /** Settings of other slices that these values need. */
  readonly beside?: Environment;
  /** What the slice comes to with all of these. */
  readonly config: unknown;
}

/** Makes a test of a slice's defaults, and one of all its settings at once. */
export function testSlice(slice: Slice, { defaults, every, beside, config }: SliceCase): void {
  const read = (env: Environment) => {
    const { config, warnings } = readConfig(env);
    assert.deepEqual(warnings, []);
    return configOf(config, slice);
  };

  Deno.test(`readConfig() without settings gives the documented defaults of ${slice.name}`, () => {
    assert.deepEqual(read({}), defaults);
  });

  Deno.test(`readConfig() takes every setting of ${slice.name} from the environment`, () => {
    assert.deepEqual(Object.keys(every).sort(), Object.keys(slice.settings).sort());
    assert.deepEqual(read({ ...beside, ...every }), config);
  });
}

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
