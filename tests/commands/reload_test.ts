/** SIGHUP on real servers: what can be is taken over while clients stay, what cannot is named, and a bad file changes nothing. */
import assert from "node:assert/strict";
import { connect } from "node:tls";
import { Certificate } from "../support/certificate.ts";
import { Manager } from "../support/manager.ts";
import { Program } from "../support/program.ts";
import { TestClient } from "../support/test_client.ts";
import { APP_KEY, connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

for (const listener of ["deno", "node"]) {
  Deno.test(`SIGHUP takes over rates, rules and the log's level, and clients stay (${listener})`, async (t) => {
    await using world = await World.start({ APP_LISTENER: listener });
    const { program } = world;
    await using client = await world.client("5");
    await client.command("subscribe", { room: "open" });
    await t.step("a rate holds for connections that are there", async () => {
      await world.write({ ...SETTINGS, APP_RATE_EVENTS: "1/1", APP_RATE_MESSAGES: "5/6" });
      await world.reload();
      const codes: unknown[] = [];
      for (let each = 0; each < 12; each++) {
        codes.push(await client.command("ping").then(() => "ok", (error) => error.message));
      }
      assert.match(codes.join(), /rate_limited/);
      await world.write(SETTINGS);
      await world.reload();
    });
    await t.step("rules hold for who comes, and who may not stay has to leave", async () => {
      await waitFor("it may go on", () => client.command("ping").then(() => true, () => false));
      await world.rules({ unknown: "closed", rooms: [{ pattern: "news" }] });
      await world.reload();
      await waitFor(
        "it was put out",
        () => client.frames.find(({ type }) => type === "left"),
      );
      await assert.rejects(client.command("subscribe", { room: "open" }));
      await client.command("subscribe", { room: "news" });
      assert.equal(client.closed, undefined);
    });
    await t.step("the level of the log is another one", async () => {
      const debugs = () => program.log.filter(({ level }) => level === "debug").length;
      assert.equal(debugs(), 0);
      await world.write({ ...SETTINGS, APP_DEBUG: "true" });
      await world.reload();
      await (await world.client("6")).close();
      await waitFor("it logs more", () => debugs() > 0);
      const { json } = await world.manager.call(program, "GET", "/settings");
      const shown = (json["settings"] as { name: string; value: string }[])
        .find(({ name }) => name === "APP_DEBUG");
      assert.equal(shown?.value, "true", "operators see what is in force");
    });
    await t.step("what cannot be taken over is named, one line each", async () => {
      await world.write({ ...SETTINGS, APP_LIMIT_FRAME: "9999", APP_SHUTDOWN_SECONDS: "3" });
      const lines = await world.reload();
      const late = lines.filter((line) => line.endsWith("which counts after a restart"));
      assert.deepEqual(late, [
        "SIGHUP: APP_SHUTDOWN_SECONDS is another one, which counts after a restart",
        "SIGHUP: APP_LIMIT_FRAME is another one, which counts after a restart",
      ]);
    });
    await t.step(
      "a wrong setting, and a wrong file of rules, change nothing and say why",
      async () => {
        await world.write({ ...SETTINGS, APP_RATE_EVENTS: "many" });
        assert.match(
          (await world.reload()).join("\n"),
          /nothing was taken over: Cannot use APP_RATE_EVENTS/,
        );
        await world.write(SETTINGS);
        await Deno.writeTextFile(world.rulesPath, "{ broken");
        assert.match(
          (await world.reload()).join("\n"),
          /nothing was taken over: Cannot read .*rooms\.json/,
        );
        await client.command("subscribe", { room: "news" });
        await assert.rejects(
          client.command("subscribe", { room: "open" }),
          "the rules are those of before",
        );
      },
    );
  });
}

for (const listener of ["deno", "node"]) {
  Deno.test(`SIGHUP: the ${listener} listener shows a new certificate; a bad one changes nothing and is named`, async () => {
    await using both = await certificates();
    const [first, second] = both;
    await using world = await World.start({ APP_LISTENER: listener, ...tls(first) });
    const before = await fingerprintAt(world.program.port);
    await Deno.copyFile(second.cert, first.cert);
    assert.match(
      (await world.reload()).join("\n"),
      /nothing was taken over: Cannot use APP_TLS_CERT with/,
    );
    await Deno.writeTextFile(first.cert, "no certificate");
    assert.match(
      (await world.reload()).join("\n"),
      /nothing was taken over: Cannot use APP_TLS_CERT: .*cert\.pem/,
    );
    assert.equal(await fingerprintAt(world.program.port), before);
    await Deno.copyFile(second.cert, first.cert);
    await Deno.copyFile(second.key, first.key);
    await world.reload();
    assert.notEqual(await fingerprintAt(world.program.port), before);
  });
}

Deno.test("SIGHUP: what only a restart takes over is not said to be taken over, and a misspelt setting is named", async () => {
  await using both = await certificates();
  const [first] = both;
  await using world = await World.start({});
  await world.write({ ...SETTINGS, APP_RATE_EVENTZ: "5", ...tls(first) });
  const lines = await world.reload();
  assert.ok(lines.includes("SIGHUP: TLS is switched on by a restart alone"), lines.join("\n"));
  assert.equal(lines.at(-1), "SIGHUP: rules of rooms and topics taken over");
  assert.ok(world.program.log.some(({ message }) => message.includes("APP_RATE_EVENTZ")));
  const { json } = await world.manager.call(world.program, "GET", "/settings");
  const shown = (json["settings"] as { name: string; value: string }[])
    .find(({ name }) => name === "APP_TLS_CERT");
  assert.equal(shown?.value, "", "operators see what is in force");
  await world.write({ ...SETTINGS, ...tls(first), APP_TLS_CERT: "/nowhere/cert.pem" });
  assert.match((await world.reload()).join("\n"), /nothing was taken over: .*APP_TLS_CERT/);
});

const SETTINGS = { APP_RATE_EVENTS: "20/100" };

/** A server whose settings are in a `.env`. */
class World implements AsyncDisposable {
  readonly program: Program;
  readonly manager: Manager;
  readonly #folder: string;

  private constructor(program: Program, manager: Manager, folder: string) {
    this.program = program;
    this.manager = manager;
    this.#folder = folder;
  }

  static async start(env: Record<string, string>): Promise<World> {
    const folder = await Deno.makeTempDir();
    const write = (name: string, text: string) => Deno.writeTextFile(`${folder}/${name}`, text);
    await write("rooms.json", JSON.stringify({ unknown: "public", rooms: [] }));
    await write(".env", envText(SETTINGS));
    const settings = { APP_KEY, APP_ROOMS: `${folder}/rooms.json`, ...env };
    const program = await Program.start({ dataDir: folder, env: settings });
    const manager = env["APP_TLS_CERT"] === undefined ? await Manager.of(program) : undefined;
    return new World(program, manager as Manager, folder);
  }

  get rulesPath(): string {
    return `${this.#folder}/rooms.json`;
  }

  async client(user: string): Promise<TestClient> {
    const token = await connectionToken({ sub: user });
    return await TestClient.connectWithToken(this.program.webSocketUrl, token);
  }

  async write(settings: Record<string, string>): Promise<void> {
    await Deno.writeTextFile(`${this.#folder}/.env`, envText(settings));
  }

  async rules(rules: object): Promise<void> {
    await Deno.writeTextFile(this.rulesPath, JSON.stringify(rules));
  }

  /** Resolves with what the log says of it. */
  async reload(): Promise<string[]> {
    const of = () =>
      this.program.log.map(({ message }) => message).filter((each) => each.startsWith("SIGHUP"));
    const before = of().length;
    this.program.kill("SIGHUP");
    await waitFor("it is done", () => of().slice(before).some((each) => / taken over/.test(each)));
    return of().slice(before);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program[Symbol.asyncDispose]();
    await Deno.remove(this.#folder, { recursive: true });
  }
}

function envText(settings: Record<string, string>): string {
  return Object.entries(settings).map(([name, value]) => `${name}=${value}\n`).join("");
}

function tls({ cert, key }: Certificate): Record<string, string> {
  return { APP_TLS_CERT: cert, APP_TLS_KEY: key };
}

async function certificates() {
  const made = await Promise.all([Certificate.make(), Certificate.make()]);
  return Object.assign(made, {
    async [Symbol.asyncDispose]() {
      for (const each of made) await each[Symbol.asyncDispose]();
    },
  });
}

function fingerprintAt(port: number): Promise<string> {
  return new Promise((settle, reject) => {
    const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false }, () => {
      settle(socket.getPeerCertificate().fingerprint256);
      socket.destroy();
    });
    socket.on("error", reject);
  });
}
