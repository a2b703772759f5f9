/** The settings of RabbitMQ. */
import assert from "node:assert/strict";
import { readConfig } from "../../lib/configuration.ts";
import { parseAmqpUrl } from "../../lib/ways/amqp/address.ts";
import { amqp } from "../../lib/ways/amqp/settings.ts";
import { refusal, testRefused, testSlice } from "../support/settings.ts";

testSlice(amqp, {
  defaults: undefined,
  every: {
    AMQP_URL: "amqps://shop:s3cret%2F@[::1]/blue%2Fone?heartbeat=30",
    AMQP_QUEUE: "orders",
    AMQP_DEAD_QUEUE: "orders-dead",
    AMQP_QUEUE_TYPE: "quorum",
    AMQP_PREFETCH: "50",
    AMQP_TLS_CA: "/ca.pem",
    AMQP_TLS_CERT: "/cert.pem",
    AMQP_TLS_KEY: "/key.pem",
  },
  config: {
    host: "::1",
    port: 5671,
    username: "shop",
    password: "s3cret/",
    vhost: "blue/one",
    heartbeatSeconds: 30,
    tls: true,
    queue: "orders",
    deadQueue: "orders-dead",
    queueType: "quorum",
    prefetch: 50,
    tlsCa: "/ca.pem",
    tlsCert: "/cert.pem",
    tlsKey: "/key.pem",
  },
});

testRefused([
  ["AMQP_QUEUE", "amq.mine", "a name of at most 255 bytes that does not begin with amq."],
  ["AMQP_QUEUE_TYPE", "stream", "classic or quorum"],
  ["AMQP_PREFETCH", "0", "a whole number from 1 to 65535"],
]);

Deno.test("readConfig() takes a short AMQP_URL, and has a name for everything else", () => {
  const { amqp } = readConfig({ AMQP_URL: "amqp://localhost" }).config;
  assert.deepEqual(amqp, {
    host: "localhost",
    port: 5672,
    username: "guest",
    password: "guest",
    vhost: "/",
    heartbeatSeconds: 10,
    tls: false,
    queue: "notifyli.notifications",
    deadQueue: "notifyli.notifications.dead",
    prefetch: 200,
  });
});

Deno.test("readConfig() refuses an AMQP_URL that means less than it says, and shows no password", () => {
  const wrong = [
    "http://user:s3cret@host",
    "amqp://",
    "amqp://user:s3cret@host/one/two",
    "amqp://user:s3cret@host/%zz",
    "amqp://user:s3cret@host?frame_max=5",
    "amqp://user:s3cret@host?heartbeat=soon",
    "amqp://user:s3cret@host#part",
  ];
  for (const url of wrong) {
    assert.equal(parseAmqpUrl(url), undefined, url);
    const message = refusal({ AMQP_URL: url });
    assert.match(message, /^Cannot use AMQP_URL: current value is ".*", allowed is a URL such as /);
    assert.doesNotMatch(message, /s3cret/);
  }
});

Deno.test("readConfig() refuses settings of RabbitMQ that do not go together", () => {
  const url = { AMQP_URL: "amqp://localhost" };
  assert.match(
    refusal({ ...url, AMQP_QUEUE: "a", AMQP_DEAD_QUEUE: "a" }),
    /^Cannot use AMQP_DEAD_QUEUE=a: AMQP_QUEUE is the same queue/,
  );
  assert.equal(
    refusal({ ...url, AMQP_TLS_CA: "/ca.pem" }),
    "Cannot use AMQP_TLS_CA alone: AMQP_URL does not begin with amqps://",
  );
  assert.equal(
    refusal({ AMQP_URL: "amqps://localhost", AMQP_TLS_KEY: "/key.pem" }),
    "Cannot use AMQP_TLS_KEY alone: AMQP_TLS_CERT is not set",
  );
});

Deno.test("readConfig() warns of settings of RabbitMQ without its URL", () => {
  assert.deepEqual(readConfig({ AMQP_QUEUE: "orders" }).warnings, [
    "AMQP_QUEUE is given and has no effect: AMQP_URL is not set",
  ]);
});
