/** What it costs to decide over a notification of a user whose preferences are known: `deno bench tests/bench/preferences_bench.ts`. */
import { decisionOf } from "../../lib/preferences/decision.ts";
import { preferencesFields } from "../../lib/preferences/fields.ts";
import { kindFields } from "../../lib/preferences/kind_fields.ts";
import { readConfig } from "../../lib/configuration.ts";
import { DAYS } from "../../lib/preferences/types.ts";

const { limits } = readConfig({}).config;
const NONE = new Map();
const KINDS = new Map([["order", kindFields("order", { mail: true }, limits)]]);
const CHOSEN = preferencesFields({ kinds: { news: { push: false }, order: { mail: false } } });
const QUIET = preferencesFields({
  time_zone: "Europe/Berlin",
  quiet_hours: { days: Object.fromEntries(DAYS.map((day) => [day, [["22:00", "07:00"]]])) },
});
const SUBJECT = { kind: "order.shipped" };

Deno.bench("nobody has said anything", { baseline: true }, () => {
  decisionOf(undefined, NONE, SUBJECT, Date.now());
});

Deno.bench("the user has chosen, the application has set kinds", () => {
  decisionOf(CHOSEN, KINDS, SUBJECT, Date.now());
});

Deno.bench("the user has quiet hours", () => {
  decisionOf(QUIET, KINDS, SUBJECT, Date.now());
});
