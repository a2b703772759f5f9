/** Slices: a part's own settings, what it takes of another's, and how all that is wrong with them is told at once. */
import assert from "node:assert/strict";
import { ConfigError } from "../../lib/base/config_error.ts";
import { readSlices } from "../../lib/config/config.ts";
import { type Environment, NO_ENV_FILE } from "../../lib/config/environment.ts";
import { filled, listOf, oneOf, optional, port, secret } from "../../lib/config/kinds.ts";
import { KnownSettings } from "../../lib/config/known_settings.ts";
import { readSlice } from "../../lib/config/read.ts";
import { slice } from "../../lib/config/slice.ts";

const shop = slice({
  name: "shop",
  title: "Shop",
  settings: {
    SHOP_NAME: { default: "corner", help: "Its name", kind: filled },
    SHOP_KEY: { default: "", help: "Its secret", kind: optional(secret), guard: {} },
    SHOP_DOORS: { default: "", help: "Its doors", kind: listOf("doors", (each) => each !== "x") },
    SHOP_SIZE: { default: "small", help: "How big it is", kind: oneOf("small", "big") },
  },
  config(read) {
    const [name, size] = [read.value("SHOP_NAME"), read.value("SHOP_SIZE")];
    if (name === "kiosk" && size === "big") throw new ConfigError("Cannot have a big kiosk");
    if (read.variable(/^https?_proxy$/) !== undefined) read.warn("A shop uses no proxy");
    return { name, size, key: read.value("SHOP_KEY"), doors: read.value("SHOP_DOORS") };
  },
});

const till = slice({
  name: "till",
  title: "Till",
  settings: { TILL_PORT: { default: "1", help: "Where it is", kind: port } },
  config: (read) => ({ at: `${read.of(shop).name}:${read.value("TILL_PORT")}` }),
});

const known = new KnownSettings([shop, till]);

function load(env: Environment) {
  return readSlices([shop, till] as const, { known, env, file: NO_ENV_FILE });
}

function refusal(env: Environment): string {
  try {
    load(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error("it was not refused");
}

Deno.test("readSlices() gives each slice what its settings mean, and what another slice comes to", () => {
  const env = { SHOP_DOORS: "front,, back", SHOP_SIZE: "big", TILL_PORT: "80", SHOP_KEY: "k" };
  const { config, warnings } = load(env);
  assert.deepEqual(config, {
    shop: { name: "corner", size: "big", key: "k", doors: ["front", "back"] },
    till: { at: "corner:80" },
  });
  assert.deepEqual(warnings, []);
});

Deno.test("readSlice() needs no other setting than the slice's", () => {
  assert.deepEqual(readSlice(till, { TILL_PORT: "2" }), { at: "corner:2" });
});

Deno.test("readSlices() tells all that is wrong at once, and each thing once", () => {
  const env = { SHOP_NAME: "kiosk", SHOP_SIZE: "big", SHOP_DOORS: "x", TILL_PORT: "x" };
  assert.deepEqual(refusal(env).split("\n"), [
    'Cannot use SHOP_DOORS: current value is "x", allowed is doors',
    'Cannot use TILL_PORT: current value is "x", allowed is a whole number from 0 to 65535',
    "Cannot have a big kiosk",
  ]);
});

Deno.test("readSlices() tells a warning once, however many slices come to it", () => {
  assert.deepEqual(load({ http_proxy: "http://proxy" }).warnings, ["A shop uses no proxy"]);
});

Deno.test("readSlices() knows the settings of its slices by the beginning of their names", () => {
  assert.deepEqual(load({ TILL_COLOUR: "red", APP_COLOUR: "red" }).warnings, [
    "Unknown setting TILL_COLOUR: it is ignored",
  ]);
  assert.match(
    refusal({ TILL_PORT: "80 SHOP_KEY=hunter2" }),
    /^Cannot use TILL_PORT: current value is "80 SHOP_KEY=\*\*\*", allowed is /,
  );
});

Deno.test("a setting that guards stops the start where it seems to be lost", () => {
  assert.match(refusal({ SHOP_KEYS: "hunter2" }), /^Cannot do without SHOP_KEY: it is not set/);
  assert.deepEqual(load({ SHOP_NAMES: "two" }).warnings, [
    "Unknown setting SHOP_NAMES: it is ignored; did you mean SHOP_NAME?",
  ]);
});

Deno.test("no setting is in two slices", () => {
  assert.throws(() => new KnownSettings([shop, shop]), new TypeError("A setting is in two slices"));
});
