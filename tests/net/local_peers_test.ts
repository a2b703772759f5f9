/** What `ss` prints is read right, and each verdict on who is at the other end of a connection follows from it. */
import assert from "node:assert/strict";
import { LocalPeers } from "../../lib/net/local_peers.ts";
import { parseOwners, type SocketOwner } from "../../lib/net/socket_owners.ts";
import { run } from "../support/command.ts";
import { ROOT } from "../support/paths.ts";

/** Lines of iproute2 6.1, seen by user 1234. */
const OWN =
  `ESTAB 0      0      127.0.0.1:59036 127.0.0.1:7711 users:(("python3",pid=14540,fd=3)) uid:1234 ino:165136 sk:f7 cgroup:/ <->`;
const OTHERS = `ESTAB 0 0 127.0.0.1:59052 127.0.0.1:7711 uid:1235 ino:165138 sk:f8 cgroup:/ <->   `;
const ROOTS = `ESTAB 0 0 127.0.0.1:59058 127.0.0.1:7711 ino:165140 sk:f9 cgroup:/ <->`;
const GONE = `FIN-WAIT-2 0 0 127.0.0.1:43456 127.0.0.1:38685 timer:(timewait,59sec,0) ino:0 sk:f5`;
const SHARED =
  `ESTAB 0 0 [::1]:40000 [::1]:7711 users:(("nginx",pid=2,fd=3),("nginx",pid=1,fd=3)) uid:33 ino:9 sk:1 <->`;
const MAPPED =
  `ESTAB 0 0 [::ffff:127.0.0.1]:40001 [::ffff:127.0.0.1]:7711 users:(("curl",pid=5,fd=3)) uid:1000 ino:10 sk:2 <->`;
const BOUND = `ESTAB 0 0 127.0.0.1%lo:40002 127.0.0.1:7711 users:(("curl",pid=5,fd=3)) ino:11 sk:3`;

Deno.test("parseOwners() reads each kind of line", () => {
  const owner = (address: string, port: number, user: number, names: string[], pids: number[]) => ({
    ...{ address, port, user, names, pids, isGone: false },
  });
  assert.deepEqual(
    parseOwners([OWN, OTHERS, ROOTS, GONE, SHARED, MAPPED, BOUND, "", "x"].join("\n")),
    [
      owner("127.0.0.1", 59036, 1234, ["python3"], [14540]),
      owner("127.0.0.1", 59052, 1235, [], []),
      owner("127.0.0.1", 59058, 0, [], []),
      { ...owner("127.0.0.1", 43456, 0, [], []), isGone: true },
      owner("::1", 40000, 33, ["nginx", "nginx"], [2, 1]),
      owner("127.0.0.1", 40001, 1000, ["curl"], [5]),
      owner("127.0.0.1", 40002, 0, ["curl"], [5]),
    ],
  );
});

const PEER = { address: "127.0.0.1", port: 5 };
const CURL = { ...PEER, user: 1000, names: ["curl"], pids: [1], isGone: false };

const VERDICTS:
  readonly (readonly [what: string, found: SocketOwner[] | undefined, says?: RegExp])[] = [
    ["a program of the same user", [CURL]],
    ["no program", [], /has ended/],
    ["one on another port alone", [{ ...CURL, port: 6 }], /has ended/],
    ["one on another address alone", [{ ...CURL, address: "127.0.0.2" }], /has ended/],
    ["one that has closed it", [{ ...CURL, isGone: true }], /has ended, or closed/],
    [
      "another user's",
      [{ ...CURL, user: 33 }],
      /through "curl" of user 33: the server is user 1000's/,
    ],
    ["another user's, unseen", [{ ...CURL, user: 0, names: [] }], /through a program of user 0/],
    ["one that hides", [{ ...CURL, names: [] }], /hides its name/],
    ["a proxy", [{ ...CURL, names: ["nginx"] }], /the program at the other end is "nginx"/],
    ["a proxy among others", [{ ...CURL, names: ["sh", "socat"] }], /is "socat"/],
    ["an onion service", [{ ...CURL, names: ["tor"] }], /through a proxy: .* is "tor"/],
    ["two, and one is a stranger's", [CURL, { ...CURL, user: 7 }], /of user 7/],
    ["nobody knows", undefined, /cannot be found out/],
  ];
for (const [what, found, says] of VERDICTS) {
  Deno.test(`verdictOn() with ${what} at the other end`, async () => {
    const peers = new LocalPeers({ user: 1000, at: () => Promise.resolve(found) });
    for (const address of ["127.0.0.1", "::ffff:127.0.0.1"]) {
      const verdict = await peers.verdictOn({ ...PEER, address });
      if (says === undefined) assert.equal(verdict, undefined);
      else assert.match(verdict ?? "", says);
    }
  });
}

Deno.test("verdictOn() asks once at a time, for all who wait, and knows the answer for a moment", async () => {
  const asked: number[][] = [];
  let answer = Promise.withResolvers<void>();
  const peers = new LocalPeers({
    user: 1000,
    async at(ports) {
      asked.push([...ports]);
      await answer.promise;
      return ports.map((port) => ({ ...CURL, port, names: [port === 3 ? "ssh" : "curl"] }));
    },
  });
  const verdicts = [1, 2, 3, 2].map((port) => peers.verdictOn({ ...PEER, port }));
  assert.deepEqual(asked, [[1]]);
  answer.resolve();
  const [one, two, three, again] = await Promise.all(verdicts);
  assert.deepEqual(asked, [[1], [2, 3]]);
  assert.deepEqual([one, two, again], [undefined, undefined, undefined]);
  assert.match(three ?? "", /"ssh"/);
  assert.equal(peers.verdictOn({ ...PEER, port: 2 }), undefined, "at once");
  answer = Promise.withResolvers();
  answer.resolve();
  const many = Array.from(
    { length: 1500 },
    (_, port) => peers.verdictOn({ ...PEER, port: port + 10 }),
  );
  await Promise.all(many);
  assert.ok(asked.every((ports) => ports.length <= 200));
});

Deno.test("without the right to run ss the server says so, and goes by headers and Host alone", async () => {
  const folder = await Deno.makeTempDir();
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--cached-only", "--no-prompt", "--allow-net", "--allow-env", "--allow-read"],
      ...[`--allow-write=${folder}`, `${ROOT}main.ts`, "start"],
    ],
    cwd: folder,
    env: { APP_PORT: "0", APP_DATA_DIR: folder },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let log = "";
  let url: string | undefined;
  const reader = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
  while (!/cannot be noticed here/.test(log) || url === undefined) {
    const { value, done } = await reader.read();
    if (done) assert.fail(log);
    log += value;
    url = /"url":"([^"]+)"/.exec(log)?.[1];
  }
  assert.match(log, /\/usr\/bin\/ss or \/usr\/sbin\/ss is not there, or may not be run/);
  const local = await run(["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", url]);
  assert.equal(local.stdout, "200", local.stderr);
  const proxied = await run(["curl", "-sS", "-H", "Via: 1.1 x", url]);
  assert.match(proxied.stdout, /the request has the header 'via'/);
  await reader.cancel();
  child.kill();
  await child.status;
  await Deno.remove(folder, { recursive: true });
});
