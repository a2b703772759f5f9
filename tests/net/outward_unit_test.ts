/** Which addresses are private, and that a request goes to no other address than the one that was checked. */
import assert from "node:assert/strict";
import { parseAddress } from "../../lib/net/addresses.ts";
import { isPrivateAddress } from "../../lib/net/private_addresses.ts";
import type { Lookup } from "../../lib/net/checked_request.ts";
import { Outward } from "../../lib/net/outward.ts";
import { waitFor } from "../support/wait.ts";

const PRIVATE = [
  ..."0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.255 127.0.0.1 127.255.0.1"
    .split(" "),
  ..."169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1 192.0.2.1 192.88.99.1 192.168.0.1"
    .split(" "),
  ..."198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1 239.1.1.1 240.0.0.1"
    .split(" "),
  ..."255.255.255.255 :: ::1 ::ffff:127.0.0.1 ::ffff:a00:1 ::127.0.0.1 fe80::1 fec0::1 fc00::1"
    .split(" "),
  ..."fd00:ec2::254 ff02::1 64:ff9b::10.0.0.1 64:ff9b::a9fe:a9fe 64:ff9b:1::8.8.8.8 100::1".split(
    " ",
  ),
  ..."2001::1 2001:20::1 2001:db8::1 2002:7f00:1:: 2002:808:808:: 3fff::1 4000::1 5f00::1".split(
    " ",
  ),
];
const PUBLIC = [
  ..."1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255".split(" "),
  ..."128.0.0.0 169.253.0.1 172.15.255.255 172.32.0.0 192.167.0.1 223.255.255.255".split(" "),
  ..."::ffff:8.8.8.8 64:ff9b::8.8.8.8 2001:4860:4860::8888 2606:4700::1111 2a00::1".split(" "),
];
Deno.test("isPrivateAddress() knows what is not the whole internet's", () => {
  const isPrivate = (text: string) => isPrivateAddress(parseAddress(text) ?? assert.fail(text));
  for (const text of PRIVATE) assert.equal(isPrivate(text), true, text);
  for (const text of PUBLIC) assert.equal(isPrivate(text), false, text);
});

const SPELLINGS = [
  ..."127.0.0.1 127.0.0.1. 127.1 0x7f.1 2130706433 0x7f000001 017700000001 127.0.0.1:8080".split(
    " ",
  ),
  ..."%31%32%37.0.0.1 １２７.0.0.1 127。0。0。1 0 0.0.0.0 10.1 169.254.43518 localhost LOCALHOST."
    .split(" "),
  ..."a.localhost [::1] [0:0:0:0:0:0:0:1] [::ffff:127.0.0.1] [::ffff:7f00:1] [64:ff9b::7f00:1]"
    .split(" "),
  ..."[fe80::1] [fd00::1]:443 [::] 169.254.169.254".split(" "),
];
Deno.test("refusedTarget() knows a private address by any spelling", () => {
  const outward = new Outward(["10.9.0.0/16"]);
  for (const host of SPELLINGS) {
    const refused = outward.refusedTarget(new URL(`http://${host}/hook`));
    assert.notEqual(refused, undefined, host);
    const url = new URL(`http://${host}/hook`);
    assert.equal(new Outward([refused ?? ""]).refusedTarget(url), undefined, host);
  }
  for (
    const host of ["shop.example", "8.8.8.8", "[2606:4700::1111]", "10.9.8.7", "127.0.0.1.nip"]
  ) {
    assert.equal(outward.refusedTarget(new URL(`https://${host}`)), undefined, host);
  }
});

Deno.test("a name that leads to a private address is refused, whatever it led to before", async () => {
  await using target = new Target();
  const leads = [["127.0.0.2"], ["::ffff:127.0.0.2"], ["10.0.0.1", "fe80::1"], ["fe80::1%lo"]];
  let asked = 0;
  const outward = new Outward(["127.0.0.1"], leadingTo(() => leads[asked++] ?? ["127.0.0.1"]));
  for (const addresses of leads) {
    await assert.rejects(outward.send(target.url("shop.example"), GET), {
      message: `${addresses.join(", ")} is private, and not in APP_OUTGOING_PRIVATE_IPS`,
    });
  }
  assert.equal(target.hosts.length, 0);
  assert.equal((await outward.send(target.url("shop.example"), GET)).status, 204);
  assert.deepEqual(target.hosts, [`shop.example:${target.port}`]);
  assert.equal(asked, leads.length + 1, "asked once a request: what is checked is connected to");
});

Deno.test("of several addresses of a name those that are private are left out", async () => {
  await using target = new Target();
  const outward = new Outward(
    ["127.0.0.1"],
    leadingTo(() => ["10.0.0.1", "169.254.169.254", "127.0.0.1"]),
  );
  assert.equal((await outward.send(target.url("shop.example"), GET)).status, 204);
});

Deno.test("localhost is refused by what it leads to, and goes where it is allowed", async () => {
  await using target = new Target();
  const refused = { message: "127.0.0.1 is private, and not in APP_OUTGOING_PRIVATE_IPS" };
  for (const host of ["localhost", "127.0.0.1", "2130706433", "[::ffff:7f00:1]"]) {
    await assert.rejects(new Outward([]).send(target.url(host), GET), refused);
    assert.equal((await new Outward(["127.0.0.0/8"]).send(target.url(host), GET)).status, 204);
    assert.equal((await new Outward(["*"]).send(target.url(host), GET)).status, 204);
  }
});

Deno.test("a name that leads nowhere, and a lookup that does not end", async () => {
  await using target = new Target();
  const failing = new Outward([], (_name, _options, done) => done(new Error("it failed"), []));
  await assert.rejects(failing.send(target.url("shop.example"), GET), { message: "it failed" });
  const hanging = new Outward([], () => {});
  const signal = AbortSignal.timeout(50);
  await assert.rejects(hanging.send(target.url("shop.example"), { ...GET, signal }));
});

Deno.test("an answer that nobody reads on is ended", async () => {
  let isEnded = false;
  const endless = () => new ReadableStream({ pull() {}, cancel: () => void (isEnded = true) });
  const options = { hostname: "127.0.0.1", port: 0, onListen() {} };
  await using server = Deno.serve(options, () => new Response(endless()));
  const url = new URL(`http://127.0.0.1:${server.addr.port}`);
  const response = await new Outward(["127.0.0.1"]).send(url, GET);
  assert.equal(response.status, 200);
  await response.body?.cancel();
  await waitFor("it is ended", () => isEnded);
});

const GET = { method: "GET", headers: {} } as const;

function leadingTo(addresses: () => readonly string[]): Lookup {
  return (_name, _options, done) =>
    done(
      null,
      addresses().map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
    );
}

/** Who must not be reached, on this machine. */
class Target implements AsyncDisposable {
  /** The header `Host` of what reached it. */
  readonly hosts: (string | null)[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor() {
    const options = { hostname: "127.0.0.1", port: 0, onListen() {} };
    this.#server = Deno.serve(options, ({ headers }) => {
      this.hosts.push(headers.get("host"));
      return new Response(null, { status: 204, headers: { connection: "close" } });
    });
  }

  get port(): number {
    return this.#server.addr.port;
  }

  url(host: string): URL {
    return new URL(`http://${host}:${this.port}/hook`);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#server.shutdown();
  }
}
