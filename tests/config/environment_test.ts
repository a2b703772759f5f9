/** How settings are given: what may not be meant as it is written is told, and stops what would be open by it. */
import assert from "node:assert/strict";
import { ConfigError } from "../../lib/base/config_error.ts";
import { KNOWN, readConfig } from "../../lib/configuration.ts";
import { type Environment, readEnvFile } from "../../lib/config/environment.ts";
import { type Outcome, run, taskCommand } from "../support/command.ts";
import { EnvFolder } from "../support/env_folder.ts";
import { Program } from "../support/program.ts";
import { BOM, latin1, utf16 } from "../support/text_bytes.ts";

/** No message may have it. */
const SECRET = "hunter2";
const KEY = SECRET.padEnd(40, "x");

const LOST = (line: number) => `^Cannot do without APP_KEY: it is not set, and \\.env:${line} has`;

/** What stops the start. */
const STOPS: [env: string, reason: string][] = [
  [`APP_KEY=`, "^Cannot use APP_KEY \\(\\.env:\\d\\): it is given, and empty"],
  [`APP_KEY=  \nAPP_PORT=0`, "^Cannot use APP_KEY \\(\\.env:\\d\\): it is given, and empty"],
  [`APP_KEY=""`, "^Cannot use APP_KEY \\(\\.env:\\d\\): it is given, and empty"],
  [`APP_KEY=${KEY}\nAPP_KEY=`, "^Cannot use APP_KEY \\(\\.env:\\d\\): it is given, and empty"],
  [`APP_KEY= # ${KEY}`, "^Cannot use APP_KEY \\(\\.env:\\d\\): it is given, and empty"],
  [`APP_KEY=#${KEY}`, '^Cannot use APP_KEY \\(\\.env:1\\): it is cut at a "#"'],
  [`APP_KEY=${KEY}#${KEY}`, '^Cannot use APP_KEY \\(\\.env:1\\): it is cut at a "#"'],
  [
    `APP_KEY=${SECRET}#${KEY}`,
    'is cut at a "#".*\\nCannot use APP_KEY: current value is "\\*\\*\\*"',
  ],
  [`APP_KEY=${SECRET} #${KEY}`, 'current value is "\\*\\*\\*".*\\n\\.env:1: APP_KEY ends at a "#"'],
  [`APP_KEY=${KEY},`, '^Cannot use APP_KEY: current value is "\\*\\*\\*"'],
  [`APP_KEY="${KEY}`, "it begins with a quote that is not closed"],
  [`APP_KEY='${KEY}\nAPP_PORT=0`, "it begins with a quote that is not closed"],
  [`APP_PORT="0`, "^Cannot use APP_PORT \\(\\.env:1\\): it begins with a quote that is not closed"],
  [
    `APP_KEY="${KEY}\nAPP_PORT=0\nBOT_NAME="Bot"`,
    "APP_KEY \\(\\.env:1\\): it begins with a quote that is closed in",
  ],
  [
    `BOT_NAME="Bot\nAPP_KEY=${KEY}\nBOT_ROOM="1"`,
    "APP_KEY \\(\\.env:2\\): it is inside of the quotes that begin in line 1",
  ],
  [
    `TITLE='it is\nAPP_KEY=${KEY}\n# what it's for`,
    "APP_KEY \\(\\.env:2\\): it is inside of the quotes",
  ],
  [`APP_KEY="a\\t${KEY}"`, "has a backslash in double quotes"],
  [
    `REDIS_PASSWORD="a\\"${SECRET}"`,
    "REDIS_PASSWORD \\(\\.env:1\\): it has a backslash in double quotes",
  ],
  [`APP_KEY="${KEY}" ${SECRET}`, "has text behind its closing quote"],
  [`APP_KEY=\u201c${KEY}\u201d`, "has typographic quotes"],
  [
    `APP_KEY=$(head -c 40 /dev/urandom | base64)`,
    "has \\$\\{…\\} or \\$\\(…\\), which is taken as it is",
  ],
  ["REDIS_URL=redis://:${PASSWORD}@localhost", "REDIS_URL \\(\\.env:1\\): it has \\$\\{…\\}"],
  [`APP_KEY=${KEY}\u200b`, "it has a character that cannot be seen \\(U\\+200B\\)"],
  [`APP_KEY=${SECRET}\u00a0${KEY}`, "it has a character that cannot be seen \\(U\\+00A0\\)"],
  ["APP_KEY=please-change-me-please-change-me-please", "it still is an example's"],
  ["APP_KEY=<the secret of at least 32 bytes that signs>", "it still is an example's"],
  [`REDIS_URL=redis://:${SECRET}#more@localhost`, 'REDIS_URL \\(\\.env:1\\): it is cut at a "#"'],
  [`REDIS_PASSWORD=${SECRET}#more`, 'REDIS_PASSWORD \\(\\.env:1\\): it is cut at a "#"'],
  ["WEBHOOK_URL=https://shop.example/hook?a=b#c", 'WEBHOOK_URL \\(\\.env:1\\): it is cut at a "#"'],
  [
    "APP_TOKEN_JWKS_URL=https://shop.example/#keys",
    'APP_TOKEN_JWKS_URL \\(\\.env:1\\): it is cut at a "#"',
  ],
  [`APP_PORT=0\n${BOM}APP_KEY=${KEY}`, `${LOST(2)}.*"\\\\u\\{FEFF\\}APP_KEY"`],
  [`${BOM}${BOM}APP_KEY=${KEY}`, LOST(1)],
  [`\u00a0APP_KEY=${KEY}`, LOST(1)],
  [`APP_\u200bKEY=${KEY}`, LOST(1)],
  [`\u0410PP_KEY=${KEY}`, LOST(1)],
  [`\uff21PP_KEY=${KEY}`, LOST(1)],
  [`app_key=${KEY}`, LOST(1)],
  [`APP_KYE=${KEY}`, LOST(1)],
  [`APP-KEY=${KEY}`, LOST(1)],
  [`APPKEY=${KEY}`, LOST(1)],
  [`APP KEY=${KEY}`, LOST(1)],
  [`"APP_KEY"=${KEY}`, LOST(1)],
  [`set APP_KEY=${KEY}`, LOST(1)],
  [`$env:APP_KEY="${KEY}"`, LOST(1)],
  [`Environment=APP_KEY=${KEY}`, LOST(1)],
  [`APP_KEY: ${KEY}`, LOST(1)],
  [`APP_KEY: ${KEY}==`, LOST(1)],
  [`APP_KEY ${KEY}`, LOST(1)],
  [`APP_KEY`, LOST(1)],
  [`setenv APP_KEY ${KEY}`, LOST(1)],
  [`BOT_NAME=Bot APP_KEY=${KEY}`, LOST(1)],
  [`APP_PORT=many APP_KEY=${KEY}`, LOST(1)],
  [`OTHER=1 APP_KEY=${KEY}`, LOST(1)],
  ["APP_DENY_IPS=192.0.2.1#,198.51.100.0/24", 'APP_DENY_IPS \\(\\.env:1\\): it is cut at a "#"'],
  ["APP_ALLOW_IPS=#192.0.2.1", 'APP_ALLOW_IPS \\(\\.env:1\\): it is cut at a "#"'],
  ["APP_DENY_IP=192.0.2.1", "^Cannot do without APP_DENY_IPS: it is not set, and \\.env:1 has"],
  ["app_rooms=rooms.json", "^Cannot do without APP_ROOMS"],
  ["APP_TOKEN_ALGORITM=ES256", "^Cannot do without APP_TOKEN_ALGORITHM"],
];
for (const [env, reason] of STOPS) {
  Deno.test(`.env stops a start: ${JSON.stringify(env)}`, async () => {
    const message = await refusalOf(env);
    assert.match(message, new RegExp(reason, "s"));
    assert.ok(!message.includes(SECRET), message);
  });
}

/** What is told, and goes on. */
const TOLD: [env: string, warnings: string[]][] = [
  [`${BOM}APP_KEY=${KEY}`, []],
  [`export APP_KEY='${KEY}' # made by openssl`, []],
  [`APP_KEY='${KEY}\${A}#\\t'`, []],
  ["APP_OPEN=true\nAPP_KEY=", []],
  [`APP_KEY=${KEY} #why`, ['.env:1: APP_KEY ends at a "#", as before a comment']],
  ["APP_PORT=7000#why", ['.env:1: APP_PORT is cut at a "#"']],
  ["BOT_ROOM=#general", ['.env:1: BOT_ROOM is cut at a "#"']],
  ["BOT_ROOM='#general'", []],
  ['BOT_NAME="a\\tb"', [".env:1: BOT_NAME has a backslash in double quotes"]],
  ["BOT_NAME='a' b", [".env:1: BOT_NAME has text behind its closing quote"]],
  ["APP_PORT = 7000", ['.env:1: APP_PORT has blanks beside its "="']],
  ["APP_PORT=1\nAPP_PORT=2\n", [".env:1: APP_PORT is given again in line 2, which counts"]],
  ["BOT_NAME=${NAME}", [".env:1: BOT_NAME has ${…} or $(…)"]],
  ["BOT_NAME=' Bot '", [".env:1: BOT_NAME has blanks, line ends or a byte-order mark at its ends"]],
  ["BOT_NAME=a\u200bb", [".env:1: BOT_NAME has a character that cannot be seen (U+200B)"]],
  ["BOT_NAME=\u{1f468}\u200d\u{1f469}", []],
  ["APP_PORT: 7000", [
    ".env:1: a line that is not NAME=value: it is ignored; did you mean APP_PORT?",
  ]],
  ["hello\n=1", [
    ".env:1: a line that is not NAME=value: it is ignored",
    ".env:2: a line that is not NAME=value: it is ignored",
  ]],
  ["app_port=1", [".env:1: unknown setting app_port: it is ignored; did you mean APP_PORT?"]],
  ["APP_PROT=1", [".env:1: unknown setting APP_PROT: it is ignored; did you mean APP_PORT?"]],
  ["APP_COLOUR=1", [".env:1: unknown setting APP_COLOUR: it is ignored"]],
  [`APP_KEYS=${KEY}\nAPP_KEY=${KEY}`, [
    ".env:1: unknown setting APP_KEYS: it is ignored; did you mean APP_KEY?",
  ]],
  ["OTHER=a#b\nMORE=\"x\nLAST=' ' '", []],
];
for (const [env, warnings] of TOLD) {
  Deno.test(`.env is told of: ${JSON.stringify(env)}`, async () => {
    const told = (await load(env)).warnings;
    assert.equal(told.length, warnings.length, told.join("\n"));
    warnings.forEach((each, index) => assert.equal(told[index]?.slice(0, each.length), each));
    assert.ok(!told.join().includes(SECRET));
  });
}

Deno.test("the environment goes before .env, and what .env has wrong of it is told alone", async () => {
  const { config, warnings } = await load(`APP_KEY="${SECRET}\nAPP_PORT=1#`, {
    APP_KEY: KEY,
    APP_PORT: "2",
  });
  assert.deepEqual([config.auth.tokens?.secrets, config.listeners.port], [[KEY], 2]);
  assert.equal(warnings.length, 2);
});

Deno.test("an empty value in the environment hides none of .env unsaid, and no key at all", async () => {
  const hidden = "empty in the environment, which goes before .env:1";
  const key = `Cannot use APP_KEY: it is ${hidden}`;
  assert.equal(await refusalOf(`APP_KEY=${KEY}`, { APP_KEY: "" }), key);
  assert.equal(await refusalOf(`APP_KEY=${KEY}`, { APP_KEY: " " }), key);
  assert.match(
    await refusalOf("APP_DENY_IPS=192.0.2.1", { APP_DENY_IPS: "" }),
    /it is empty in the/,
  );
  const { warnings, config } = await load("APP_PORT=1", { APP_PORT: "" });
  assert.deepEqual([warnings, config.listeners.port], [[`APP_PORT is ${hidden}`], 7000]);
  assert.match(await refusalOf("", { APP_KEY: "" }), /^Cannot use APP_KEY: it is given, and empty/);
  const open = await load(`APP_KEY=${KEY}`, { APP_KEY: "", APP_OPEN: "true" });
  assert.deepEqual([open.warnings, open.config.auth.tokens], [[`APP_KEY is ${hidden}`], undefined]);
  const closed = { APP_TOKEN_ALGORITHM: "ES256", APP_TOKEN_PUBLIC_KEY: "key.pem", APP_KEY: "" };
  assert.deepEqual((await load("", closed)).warnings, []);
});

const IN_ENVIRONMENT: [env: Environment, warnings: string[]][] = [
  [{ APP_KEY: `${KEY}\r` }, ["APP_KEY has blanks, line ends or a byte-order mark at its ends"]],
  [{ APP_KEY: `${BOM}${KEY}` }, ["APP_KEY has blanks, line ends or a byte-order mark at its ends"]],
  [{ APP_KEY: `"${KEY}"` }, ["APP_KEY has quotes around it, which are part of the value"]],
  [{ BOT_NAME: "a\u200bb" }, ["BOT_NAME has a character that cannot be seen (U+200B)"]],
];
for (const [env, warnings] of IN_ENVIRONMENT) {
  Deno.test(`the environment is told of: ${JSON.stringify(env)}`, () => {
    const told = readConfig(env).warnings;
    assert.equal(told.length, warnings.length, told.join("\n"));
    warnings.forEach((each, index) => assert.equal(told[index]?.slice(0, each.length), each));
  });
}

for (const name of [`${BOM}APP_KEY`, "app_key", "APP_KEYS", "APP_KEY ", "APPKEY"]) {
  Deno.test(`a key that is named ${JSON.stringify(name)} in the environment stops the start`, () => {
    const reason = /^Cannot do without APP_KEY: it is not set, and the environment has something/;
    assert.throws(() => readConfig({ [name]: KEY }), { name: "ConfigError", message: reason });
    assert.equal(readConfig({ [name]: KEY, APP_KEY: KEY }).config.auth.tokens?.secrets[0], KEY);
  });
}

/** Files with which a server came up open, or would if it did not look. */
const DANGEROUS: [what: string, content: string | Uint8Array][] = [
  ["a byte-order mark in the middle", `APP_PORT=0\n${BOM}APP_KEY=${KEY}\n`],
  ["UTF-16 without a mark", utf16(`APP_KEY=${KEY}\n`)],
  ["Latin-1 in it", latin1(`APP_KEY=${KEY}\nBOT_NAME=é\n`)],
  ["a NUL byte", `APP_KEY=${KEY}\0\n`],
  ["an empty key", "APP_KEY=\n"],
  ["a setting before it that takes its line", `BOT_NAME="Bot\nAPP_KEY=${KEY}\nBOT_ROOM="1"\n`],
  ["a colon", `APP_KEY: ${KEY}\n`],
  ["another name", `app_key=${KEY}\n`],
  ["a key that is a command", "APP_KEY=$(head -c 40 /dev/urandom | base64)\n"],
];
for (const [what, content] of DANGEROUS) {
  Deno.test(`neither check nor start takes a .env with ${what}`, async () => {
    await using folder = await EnvFolder.with(content);
    const { code, stdout, stderr } = await check(folder.path);
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(stderr, /^Cannot .*\.env/m);
    await using program = await Program.spawn({ isGuarded: true, dataDir: folder.path });
    // Of a wrong setting: systemd does not try that again.
    assert.equal((await program.ended()).code, 2, program.output);
    assert.equal(program.output, stderr.trimEnd());
    assert.ok(!stderr.includes(SECRET));
  });
}

const READ: [what: string, content: string | Uint8Array][] = [
  ["UTF-8 with a byte-order mark", `${BOM}APP_KEY=${KEY}\n`],
  ["UTF-16LE", utf16(`${BOM}APP_KEY=${KEY}\r\n`)],
  ["UTF-16BE", utf16(`${BOM}APP_KEY=${KEY}\r\n`, true)],
  ["CR alone at the end of lines", `APP_DEBUG=1\rAPP_KEY=${KEY}\r`],
  ["a blank value before the key", `BOT_NAME= \nAPP_KEY=${KEY}\n`],
];
for (const [what, content] of READ) {
  Deno.test(`a server with a .env with ${what} is closed, and check says nothing`, async () => {
    await using folder = await EnvFolder.with(content);
    const { code, stderr } = await check(folder.path);
    assert.deepEqual([code, stderr], [0, ""]);
    await using program = await Program.start({ isGuarded: true, dataDir: folder.path });
    const page = await (await fetch(`${program.url}/config.json`)).json();
    assert.equal(page.open, false);
  });
}

Deno.test("a .env that is a link to nothing, or that may not be read, is not taken for none", async () => {
  await using folder = await EnvFolder.with("");
  await Deno.remove(`${folder.path}/.env`);
  await Deno.symlink(`${folder.path}/nothing`, `${folder.path}/.env`);
  const { code, stderr } = await check(folder.path);
  assert.equal(code, 1);
  assert.match(stderr, /^Cannot read \.env: /);
});

Deno.test("a .env.txt is told of where there is no .env", async () => {
  await using folder = await EnvFolder.with("");
  await Deno.rename(`${folder.path}/.env`, `${folder.path}/.env.txt`);
  const { code, stderr } = await check(folder.path);
  assert.deepEqual([code, stderr], [0, ".env.txt is not read: its name would have to be .env\n"]);
});

Deno.test("a value of the environment that is not UTF-8 is not taken for none", async () => {
  await using folder = await EnvFolder.with("");
  const given = ["sh", "-c", `exec env "$(printf 'APP_KEY=\\377${KEY}')" "$@"`, "sh"];
  const { code, stderr } = await run([...given, ...taskCommand("check")], { cwd: folder.path });
  assert.deepEqual(
    [code, stderr],
    [1, "Cannot use APP_KEY: its value in the environment is not UTF-8\n"],
  );
});

Deno.test("check says all that is wrong with a .env at once", async () => {
  await using folder = await EnvFolder.with(
    `APP_KEY=${SECRET}#${KEY}\nAPP_PORT = many\nAPP_PROT=1\nhello\nREDIS_URL="redis://localhost\n`,
  );
  const { code, stderr } = await check(folder.path);
  assert.equal(code, 1);
  assert.deepEqual(stderr.trimEnd().split("\n").map((line) => line.split(/: (?!in )/)[0]), [
    "Cannot use APP_KEY (.env:1)",
    "Cannot use REDIS_URL (.env:5)",
    "Cannot use APP_PORT",
    "Cannot use APP_KEY",
    "Cannot use REDIS_URL",
    ".env:2",
    ".env:4",
    ".env:3",
  ]);
});

interface Loaded extends Omit<ReturnType<typeof readConfig>, "settings"> {
  readonly warnings: readonly string[];
}

/** What `loadConfig` makes of it, in an environment of the test's own. */
async function load(text: string, environment: Environment = {}): Promise<Loaded> {
  await using folder = await EnvFolder.with(text);
  const short = (message: string) => message.replaceAll(`${folder.path}/`, "");
  try {
    const file = readEnvFile(`${folder.path}/.env`, { known: KNOWN, environment });
    const { config, warnings } = readConfig({ ...file.values, ...environment }, file);
    return { config, warnings: warnings.map(short) };
  } catch (error) {
    throw error instanceof ConfigError ? new ConfigError(short(error.message)) : error;
  }
}

async function refusalOf(text: string, environment: Environment = {}): Promise<string> {
  const error = await load(text, environment).then(() => undefined, (reason) => reason);
  assert.ok(error instanceof ConfigError, `${JSON.stringify(text)} was not refused`);
  return error.message;
}

function check(cwd: string): Promise<Outcome> {
  return run(taskCommand("check"), { cwd });
}
