/** The settings of the network: addresses, and where URLs of other settings may lead. */
import assert from "node:assert/strict";
import type { Environment } from "../../lib/config/environment.ts";
import { readConfig } from "../../lib/configuration.ts";
import { refusal, testRefused } from "../support/settings.ts";

const SECRET = `whsec_${btoa("hunter2".padEnd(24, "."))}`;

testRefused([
  ["APP_ALLOW_IPS", "localhost", "addresses and networks such as 203.0.113.7"],
  ["APP_DENY_IPS", "203.0.113.7/33", "addresses and networks such as 203.0.113.7"],
  ["APP_DENY_IPS", "203.0.113.7 198.51.100.1", "addresses and networks such as 203.0.113.7"],
  ["APP_TRUSTED_PROXIES", "2001:db8::/129", "addresses and networks such as 203.0.113.7"],
  ["APP_TRUSTED_PROXIES", "127.0.0.1:80", "addresses and networks such as 203.0.113.7"],
]);

for (const name of ["WEBHOOK_URL", "APP_TOKEN_JWKS_URL"] as const) {
  const env = (more: Environment): Environment =>
    name === "WEBHOOK_URL"
      ? { WEBHOOK_SECRET: SECRET, ...more }
      : { APP_TOKEN_ALGORITHM: "ES256", ...more };

  Deno.test(`readConfig() refuses a private address in ${name} that is not allowed`, () => {
    for (
      const [host, address] of [
        ["127.0.0.1", "127.0.0.1"],
        ["user.localhost.:8080", "127.0.0.1"],
        ["2130706433", "127.0.0.1"],
        ["[::ffff:10.0.0.1]", "10.0.0.1"],
        ["[fd00::1]:8080", "fd00::1"],
        ["169.254.169.254", "169.254.169.254"],
      ] as const
    ) {
      const url = { [name]: `http://${host}/hunter2?hunter2` };
      assert.equal(
        refusal(env(url)),
        `Cannot use ${name}: it leads to the private address ${address}. ` +
          `If it should, set APP_OUTGOING_PRIVATE_IPS=${address}`,
      );
      assert.match(
        refusal(env({ ...url, APP_OUTGOING_PRIVATE_IPS: "10.9.0.0/16" })),
        /^Cannot use/,
      );
      for (const allowed of [address, `10.9.0.0/16, ${address}`, "*"]) {
        readConfig(env({ ...url, APP_OUTGOING_PRIVATE_IPS: allowed }));
      }
    }
  });

  Deno.test(`readConfig() warns of a proxy that ${name} does not go by`, () => {
    const url = { [name]: "https://shop.example", https_proxy: "http://10.0.0.1:3128" };
    const warnings = (more: Environment = {}) => readConfig(env({ ...url, ...more })).warnings;
    assert.match(warnings().join(), /^https_proxy is not used, unless APP_OUTGOING_PRIVATE_IPS=\*/);
    assert.deepEqual(warnings({ APP_OUTGOING_PRIVATE_IPS: "*" }), []);
    assert.deepEqual(readConfig({ https_proxy: "http://10.0.0.1:3128" }).warnings, []);
  });
}
