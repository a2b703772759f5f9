/** Files that a person wrote are read whatever they were saved as, or refused with what to do. */
import assert from "node:assert/strict";
import { loadRooms } from "../../lib/rooms/rules/rooms_file.ts";
import { readPem } from "../../lib/config/pem.ts";
import { decodeText, readTextFile } from "../../lib/base/text_file.ts";
import { BOM, latin1, utf16 } from "../support/text_bytes.ts";

const TEXT = "one\ntwö → 日😀\n";
const utf8 = (text: string) => new TextEncoder().encode(text);

const READ: [what: string, bytes: Uint8Array][] = [
  ["UTF-8", utf8(TEXT)],
  ["UTF-8 with a byte-order mark", utf8(BOM + TEXT)],
  ["UTF-16LE with a byte-order mark", utf16(BOM + TEXT)],
  ["UTF-16BE with a byte-order mark", utf16(BOM + TEXT, true)],
];
for (const [what, bytes] of READ) {
  Deno.test(`decodeText() reads ${what}`, () => assert.equal(decodeText(bytes), TEXT));
}

const REFUSED: [what: string, bytes: Uint8Array, reason: string][] = [
  [
    "UTF-16LE without a mark",
    utf16("A=1\nB=2"),
    "line 1 has a NUL byte, as UTF-16 has: save it as UTF-8",
  ],
  [
    "UTF-16BE without a mark",
    utf16("A=1", true),
    "line 1 has a NUL byte, as UTF-16 has: save it as UTF-8",
  ],
  [
    "UTF-32",
    Uint8Array.of(0xff, 0xfe, 0, 0, 0x41, 0, 0, 0),
    "line 1 has a NUL byte, as UTF-16 has: save it as UTF-8",
  ],
  [
    "half of a character of UTF-16",
    utf16(`${BOM}A`).slice(0, -1),
    "it begins as UTF-16LE and is none: save it as UTF-8",
  ],
  ["a NUL byte", utf8("A=1\r\nB=\0\n"), "line 2 has a NUL byte, as UTF-16 has: save it as UTF-8"],
  ["Latin-1", latin1("A=1\nB=2\nC=é\nD=4"), "line 3 is not UTF-8: save it as UTF-8"],
  [
    "a cut character at the end",
    utf8("A=1\nB=→").slice(0, -1),
    "line 2 is not UTF-8: save it as UTF-8",
  ],
];
for (const [what, bytes, message] of REFUSED) {
  Deno.test(`decodeText() refuses ${what}`, () => {
    assert.throws(() => decodeText(bytes), { name: "TextFileError", message });
  });
}

Deno.test("readTextFile() refuses a folder, and what is too large, unread", async () => {
  const folder = await Deno.makeTempDir();
  try {
    assert.throws(() => readTextFile(folder), { name: "TextFileError", message: "it is a folder" });
    const path = `${folder}/large`;
    Deno.writeFileSync(path, new Uint8Array(1024 * 1024 + 1));
    assert.throws(() => readTextFile(path), {
      message: "it has 1048577 bytes, the limit is 1048576",
    });
    assert.throws(() => readTextFile(`${folder}/none`), Deno.errors.NotFound);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("rules for rooms and PEM files are read and refused the same", async () => {
  const path = await Deno.makeTempFile();
  try {
    const pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    const rules = '{"rooms": [{"pattern": "lobby", "maxClients": 2}]}';
    const config = { rooms: { file: path, privateRooms: [] }, auth: {} };
    const rooms = () => loadRooms(config).rooms.rules.length;
    for (const encode of [utf8, utf16, (text: string) => utf16(text, true)]) {
      Deno.writeFileSync(path, encode(BOM + pem));
      assert.equal(readPem("APP_TLS_CERT", path), pem);
      Deno.writeFileSync(path, encode(BOM + rules));
      assert.equal(rooms(), 1);
    }
    Deno.writeFileSync(path, utf16(pem));
    const reason = "line 1 has a NUL byte, as UTF-16 has: save it as UTF-8";
    assert.throws(() => readPem("APP_TLS_CERT", path), {
      name: "ConfigError",
      message:
        `Cannot use APP_TLS_CERT: current value is "${path}", which cannot be read (${reason})`,
    });
    Deno.writeFileSync(path, utf16(rules));
    assert.throws(rooms, {
      name: "ConfigError",
      message: `Cannot read ${path} (APP_ROOMS): ${reason}`,
    });
  } finally {
    await Deno.remove(path);
  }
});
