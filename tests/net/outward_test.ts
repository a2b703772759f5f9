/** The running program calls others by name: where a name leads to a private address, by TLS, and by a proxy. */
import assert from "node:assert/strict";
import { Certificate } from "../support/certificate.ts";
import { Hosts } from "../support/hosts.ts";
import { KeyServer } from "../support/key_server.ts";
import { Program } from "../support/program.ts";
import { Receiver, SECRET } from "../support/receiver.ts";
import { TestClient } from "../support/test_client.ts";
import { connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

const NAME = "shop.example";

Deno.test("a webhook's name that leads to a private address is refused, and tried again", async () => {
  await using receiver = new Receiver();
  await using hosts = await Hosts.make(NAME, "127.0.0.2");
  const env = {
    WEBHOOK_URL: `http://${NAME}:${receiver.port}/hook-is-secret`,
    WEBHOOK_SECRET: SECRET,
    APP_OUTGOING_PRIVATE_IPS: "127.0.0.1",
  };
  await using program = await Program.start({ env, wrapper: hosts.wrapper });
  await deliverOne(program);
  await waitFor("it is tried twice", async () => {
    const stats = await (await fetch(`${program.url}/api/stats`)).json();
    return stats.webhook_failed >= 2;
  });
  const why = "takes no receipts: 127.0.0.2 is private, and not in APP_OUTGOING_PRIVATE_IPS";
  await program.line(({ message }) => message.includes(why));
  assert.equal(program.log.filter(({ message }) => message.includes(why)).length, 1, "said once");
  assert.equal(receiver.told.length, 0);
  await hosts.lead(NAME, "127.0.0.1");
  const [told] = await receiver.get(1);
  assert.equal(told?.headers.get("host"), `${NAME}:${receiver.port}`);
  assert.doesNotMatch(program.output, /secret/);
});

for (const host of [NAME, "127.0.0.1"]) {
  Deno.test(`a webhook by https to ${host} goes to whom the certificate names, and to nobody else`, async () => {
    for (const name of [host, "other.example"]) {
      await using certificate = await Certificate.make(name);
      await using receiver = new Receiver(0, await certificate.read());
      await using hosts = await Hosts.make(NAME, "127.0.0.1");
      const env = {
        WEBHOOK_URL: `https://${host}:${receiver.port}/hook`,
        WEBHOOK_SECRET: SECRET,
        APP_OUTGOING_PRIVATE_IPS: "127.0.0.1",
        DENO_CERT: certificate.cert,
      };
      await using program = await Program.start({ env, wrapper: hosts.wrapper });
      await deliverOne(program);
      if (name === host) await receiver.get(1);
      else await waitFor("it is refused", () => /no receipts: .*altnames/.test(program.output));
      assert.equal(receiver.told.length, name === host ? 1 : 0);
    }
  });
}

Deno.test("keys of tokens are not fetched from a private address, by whatever name", async () => {
  await using keys = new KeyServer();
  const token = await connectionToken({}, await keys.add("first"));
  await using hosts = await Hosts.make(NAME, "127.0.0.1");
  const url = new URL(keys.url);
  url.hostname = NAME;
  const env = { APP_TOKEN_ALGORITHM: "ES256", APP_TOKEN_JWKS_URL: url.href };
  await using program = await Program.start({ env, wrapper: hosts.wrapper });
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${program.url}/sse`, { headers });
  await response.body?.cancel();
  assert.equal(response.status, 503, "nothing is said of the token");
  await program.line(({ message }) =>
    /keys of tokens cannot .*: 127\.0\.0\.1 is private/.test(message)
  );
  assert.equal(keys.fetches, 0);
});

Deno.test("a proxy is asked where it is left to it what is private, and only there", async () => {
  await using receiver = new Receiver();
  await using proxy = new Receiver();
  const env = { ...receiver.env, HTTP_PROXY: new URL(proxy.url).origin };
  {
    await using program = await Program.start({ env });
    await deliverOne(program);
    await receiver.get(1);
    assert.match(program.output, /HTTP_PROXY is not used, unless APP_OUTGOING_PRIVATE_IPS=\*/);
  }
  await using program = await Program.start({ env: { ...env, APP_OUTGOING_PRIVATE_IPS: "*" } });
  await deliverOne(program);
  await proxy.get(1);
  assert.equal(receiver.told.length, 1);
});

Deno.test("a private address in a setting stops the start, and says how it may be one", async () => {
  const env = { WEBHOOK_URL: "http://169.254.169.254/hunter2", WEBHOOK_SECRET: SECRET };
  await using program = await Program.spawn({ env });
  assert.equal((await program.ended()).code, 2);
  const { output } = program;
  assert.match(output, /Cannot use WEBHOOK_URL: it leads to the private address 169.254.169.254/);
  assert.match(output, /set APP_OUTGOING_PRIVATE_IPS=169.254.169.254/);
  assert.doesNotMatch(output, /hunter2/);
});

/** Sends user 1 a notification, which is acknowledged when this resolves. */
async function deliverOne(program: Program): Promise<void> {
  await using reader = await TestClient.connectV2(program.webSocketUrl);
  await reader.command("connect", { user_id: 1 });
  const response = await fetch(`${program.url}/api/users/1/notifications`, {
    method: "POST",
    body: "Hello",
    headers: { "idempotency-key": "order-12345" },
  });
  assert.equal(response.status, 201, await response.text());
  await reader.command("ack", { ids: ["order-12345"] });
}
