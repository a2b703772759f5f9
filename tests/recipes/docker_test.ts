/** The image and the compose file. No engine runs here: what can be run of them without one is. */
import assert from "node:assert/strict";
import { matchesGlob } from "node:path";
import { validate } from "dockerfile-utils";
import { parse } from "yaml";
import { readConfig } from "../../lib/configuration.ts";
import { run, taskCommand } from "../support/command.ts";
import { ROOT } from "../support/paths.ts";
import { PostgresServer } from "../support/postgres.ts";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { waitFor } from "../support/wait.ts";

const DOCKERFILE = await Deno.readTextFile(`${ROOT}deploy/docker/Dockerfile`);
const COMPOSE = `${ROOT}deploy/docker/compose.yaml`;
const SECRETS = { APP_KEY: "a key with thirty-two bytes in it", POSTGRES_PASSWORD: "secret" };

interface Service {
  readonly environment?: Readonly<Record<string, string>>;
  readonly command?: readonly string[];
  readonly image: string;
  readonly read_only?: boolean;
  readonly volumes: readonly string[];
  readonly stop_grace_period?: string;
}

Deno.test("no secret of the compose file's folder goes into the image's layers", async () => {
  const ignored = await Deno.readTextFile(`${ROOT}deploy/docker/Dockerfile.dockerignore`);
  const patterns = ignored.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const isIgnored = (path: string) => patterns.some((pattern) => matchesGlob(path, pattern));
  assert.ok(isIgnored("deploy/docker/.env"));
  assert.ok(isIgnored(".env") && isIgnored(".git") && isIgnored("data"));
  assert.ok(!isIgnored("main.ts") && !isIgnored(".env.example"));
});

Deno.test("the Dockerfile has nothing that a linter finds, which finds what is wrong", () => {
  assert.deepEqual(validate(DOCKERFILE), []);
  assert.notDeepEqual(validate(DOCKERFILE.replace("EXPOSE 7000", "EXPOSE seven")), []);
  assert.notDeepEqual(validate(DOCKERFILE.replace("HEALTHCHECK", "HEALTCHECK")), []);
});

Deno.test("the image is built in two stages, is of no floating base, and is not root's", () => {
  const bases = [...DOCKERFILE.matchAll(/^FROM (\S+)/gm)].map(([, base]) => base);
  assert.equal(bases.length, 2);
  for (const base of bases) assert.match(base!, /^[a-z]+:\d\S*$/);
  const last = DOCKERFILE.slice(DOCKERFILE.lastIndexOf("\nFROM "));
  assert.match(last, /^USER 10001:10001$/m);
  assert.doesNotMatch(last, /npx|apt-get|curl/);
  // In a shell's form, a signal would go to the shell.
  assert.match(last, /^ENTRYPOINT \["notifyli"\]\nCMD \["start"\]$/m);
  assert.match(last, /^STOPSIGNAL SIGTERM$/m);
});

Deno.test("the image has the settings of a container, and starts with a key alone", async () => {
  const env = imageEnv();
  const { config, warnings } = readConfig({ ...env, APP_KEY: SECRETS.APP_KEY });
  assert.deepEqual(warnings, []);
  assert.equal(config.listeners.host, "0.0.0.0");
  assert.match(DOCKERFILE, new RegExp(`^VOLUME \\["${config.store.dataDir}"\\]$`, "m"));
  assert.match(DOCKERFILE, new RegExp(`^EXPOSE ${config.listeners.port}$`, "m"));
  const folder = await Deno.makeTempDir();
  try {
    const started = await run(taskCommand("start"), {
      env: { ...env, APP_DATA_DIR: folder, APP_PORT: "0" },
    });
    assert.notEqual(started.code, 0);
    assert.match(started.stderr, /APP_KEY/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("without any right of the system's, with all but its folder read-only, the server works and its health check says so", async () => {
  const isRoot = Deno.uid() === 0;
  const script = 'mount -o remount,bind,ro / && mount -t tmpfs none "$1" && cd "$1" && shift && ' +
    'exec setpriv --bounding-set=-all --inh-caps=-all --no-new-privs "$@"';
  const folder = await Deno.makeTempDir({ dir: "/var/tmp" });
  await Deno.chmod(folder, 0o755);
  const wrapper = [
    ...["unshare", "--mount", ...(isRoot ? [] : ["--user", "--map-root-user"])],
    ...["sh", "-c", script, "sh", folder],
  ];
  try {
    await using program = await Program.start({
      wrapper,
      dataDir: folder,
      env: { ...imageEnv(), APP_HOST: "127.0.0.1", APP_KEY: SECRETS.APP_KEY, APP_DATA_DIR: folder },
    });
    const [, command] = /^HEALTHCHECK .*CMD \["notifyli", "(.*)"\]$/m.exec(DOCKERFILE) ?? [];
    const words = command!.split('", "');
    assert.deepEqual(words, ["check", "--running"]);
    const check = () =>
      run([...taskCommand("check"), ...words.slice(1)], {
        env: { APP_PORT: String(program.port), APP_KEY: SECRETS.APP_KEY },
      });
    assert.equal((await check()).code, 0);
    program.kill("SIGTERM");
    assert.equal((await program.ended()).code, 0);
    assert.notEqual((await check()).code, 0);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("compose takes the file, and says which secret is missing", async () => {
  const taken = await compose(SECRETS);
  assert.equal(taken.code, 0, taken.stderr);
  for (const secret of Object.keys(SECRETS)) {
    const { code, stderr } = await compose({ ...SECRETS, [secret]: "" });
    assert.notEqual(code, 0);
    assert.match(stderr, new RegExp(secret));
  }
});

Deno.test("with the settings of the compose file, Redis, PostgreSQL and the server find each other", async () => {
  const { services }: { services: Record<string, Service> } = parse(
    (await compose(SECRETS)).stdout,
  );
  const { notifyli, redis, postgres } = services;
  const [program, ...args] = redis!.command!;
  assert.equal(program, "redis-server");
  await using store = await RedisServer.start(...args);
  assert.match(await store.call("CONFIG", "GET", "appendonly"), /yes/);
  assert.match(await store.call("CONFIG", "GET", "maxmemory-policy"), /noeviction/);
  await using database = await PostgresServer.start();
  const { environment = {} } = notifyli!;
  assert.equal(
    environment["DATABASE_URL"],
    `postgres://notifyli:${SECRETS.POSTGRES_PASSWORD}@postgres:5432/notifyli`,
  );
  assert.deepEqual(postgres!.environment, {
    ...{ POSTGRES_USER: "notifyli", POSTGRES_DB: "notifyli" },
    POSTGRES_PASSWORD: SECRETS.POSTGRES_PASSWORD,
  });
  await using server = await Program.start({
    env: {
      ...environment,
      REDIS_URL: environment["REDIS_URL"]!.replace("redis:6379", `127.0.0.1:${store.port}`),
      ...database.env,
    },
  });
  await waitFor("the server is ready", async () => {
    const response = await fetch(`${server.url}/readyz`);
    return (await response.json())["ready"] === true;
  });
});

Deno.test("the compose file's server writes to its volume alone, and its stop has time", async () => {
  const { services }: { services: Record<string, Service> } = parse(
    (await compose(SECRETS)).stdout,
  );
  const { notifyli } = services;
  assert.equal(notifyli!.read_only, true);
  assert.deepEqual(notifyli!.volumes.map((volume) => /:([^:]+)/.exec(volume)?.[1]), [
    imageEnv()["APP_DATA_DIR"],
  ]);
  const { config } = readConfig({});
  assert.ok(parseInt(notifyli!.stop_grace_period!) > config.listeners.shutdownSeconds);
  for (const { image } of Object.values(services)) assert.doesNotMatch(image, /:latest$|^[^:]+$/);
});

function compose(env: Readonly<Record<string, string>>) {
  return run(["docker-compose", "--file", COMPOSE, "config"], { env });
}

/** What `ENV` of the Dockerfile sets. */
function imageEnv(): Record<string, string> {
  const [, text = ""] = /^ENV ((?:.*\\\n)*.*)$/m.exec(DOCKERFILE) ?? [];
  return Object.fromEntries(
    text.replaceAll("\\\n", " ").trim().split(/\s+/).map((pair) => pair.split("=", 2)),
  );
}
