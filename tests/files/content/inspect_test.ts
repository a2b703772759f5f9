/** What files are, by their bytes alone, and how large images are; hostile bytes do no harm. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import sharp from "sharp";
import { CodedError } from "../../../lib/base/errors.ts";
import { isInline } from "../../../lib/files/content/inline.ts";
import { inspect, type Inspected } from "../../../lib/files/content/inspect.ts";
import { withTags } from "../../support/exiftool.ts";
import { photo, plain, TYPES } from "./images.ts";

for (const type of TYPES) {
  Deno.test(`a ${type} is one, and is as wide and high as it is shown`, async () => {
    assert.deepEqual(await inspected(await plain(type)), { type, width: 64, height: 48 });
  });

  Deno.test(`a ${type} that is turned by a quarter is as high as it was wide`, async () => {
    // AVIF has no turn in its Exif data, but one of its own, which libvips makes by turning the pixels.
    const turned = type === "image/avif"
      ? await plain(type, { width: 48, height: 64 })
      : await photo(type);
    assert.deepEqual(await inspected(turned), { type, width: 48, height: 64 });
  });

  Deno.test(`a ${type} with too many pixels is refused`, async () => {
    const image = await plain(type);
    assert.equal((await inspected(image, 64 * 48)).width, 64);
    await assert.rejects(inspected(image, 64 * 48 - 1), (error) => {
      assert.ok(error instanceof CodedError && error.code === "too_large");
      assert.match(error.message, /"a name".* 64 x 48 pixels, and at most 3071 are allowed/);
      return true;
    });
  });

  Deno.test(`a broken ${type} does no harm, takes little time, and little is read of it`, async () => {
    const image = await photo(type);
    const changes = fc.array(
      fc.tuple(
        fc.nat(Math.min(image.length - 1, 1500)),
        fc.constantFrom(0, 1, 2, 8, 0xff, 0x7f, 0xd8),
      ),
      { maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(changes, fc.option(fc.nat(image.length)), async (changed, cut) => {
        const broken = image.slice(0, cut ?? image.length);
        for (const [at, byte] of changed) if (at < broken.length) broken[at] = byte;
        await assertHarmless(broken);
      }),
      { numRuns: 500 },
    );
  });
}

Deno.test("the turn of an AVIF counts", async () => {
  const image = Buffer.from(await plain("image/avif"));
  // libvips writes no `irot`; the property of the colours, which comes after the size, becomes one.
  const at = image.indexOf("colr");
  assert.ok(at > 0);
  image.write("irot\x01", at, "latin1");
  assert.deepEqual(await inspected(image), { type: "image/avif", width: 48, height: 64 });
});

Deno.test("a JPEG tells its size behind some MiB of metadata, and in all kinds of frames", async () => {
  const image = await plain("image/jpeg");
  const segment = Buffer.concat([Buffer.of(0xff, 0xe1, 0xff, 0xff), Buffer.alloc(65533)]);
  const long = Buffer.concat([image.subarray(0, 2), ...Array(45).fill(segment), image.subarray(2)]);
  let read = 0;
  const found = await inspect(
    (range) => {
      read += range.end - range.start;
      return Promise.resolve(long.subarray(range.start, range.end));
    },
    long.length,
    { name: "a name", pixels: 1e9 },
  );
  assert.deepEqual(found, { type: "image/jpeg", width: 64, height: 48 });
  assert.ok(read <= 4 * 1024 * 1024, `${read} bytes were read`);
  const frame = Buffer.from(image);
  const at = frame.indexOf(Buffer.of(0xff, 0xc0));
  for (const kind of [0xc1, 0xc3, 0xc5, 0xc9, 0xcf]) {
    frame[at + 1] = kind;
    assert.equal((await inspected(frame)).height, 48, `kind ${kind}`);
  }
});

Deno.test("animations are as large as one of their frames", async () => {
  const raw = { width: 64, height: 96, channels: 3 as const, pageHeight: 48 };
  const frames = () => sharp(Buffer.alloc(64 * 96 * 3, 9), { raw });
  const size = { width: 64, height: 48 };
  const [gif, webp] = [await frames().gif().toBuffer(), await frames().webp().toBuffer()];
  assert.deepEqual(await inspected(gif, 64 * 48), { type: "image/gif", ...size });
  assert.deepEqual(await inspected(webp, 64 * 48), { type: "image/webp", ...size });
});

Deno.test("the head of an image without a size that makes sense is an image without a size", async () => {
  const png = await plain("image/png");
  const none = Buffer.from(png);
  none.fill(0, 16, 24);
  assert.deepEqual(await inspected(none), { type: "image/png" });
  const jpeg = await plain("image/jpeg");
  assert.deepEqual(await inspected(jpeg.subarray(0, 40)), { type: "image/jpeg" });
});

Deno.test("nothing that a browser would run comes out as a type that it shows", async () => {
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"><script>1</script></svg>`;
  const scripts = [
    svg,
    `<?xml version="1.0"?>${svg}`,
    `\ufeff<?xml version="1.0"?>\n<!DOCTYPE svg>${svg}`,
    "<!DOCTYPE html><script>alert(1)</script>",
    "\n\n <html><body onload=alert(1)>",
    "<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'><script/></html>",
    "#!/bin/sh\nrm -rf /",
    "<?php echo 1;",
    "javascript:alert(1)",
    "%PDF-1.7\n",
    "\x89PN",
  ];
  for (const script of scripts) {
    const { type } = await inspected(Buffer.from(script));
    assert.ok(!isInline(type), `${script} is ${type}`);
  }
  for (
    const type of ["image/svg+xml", "text/html", "text/plain", "application/xml", "application/pdf"]
  ) {
    assert.ok(!isInline(type), type);
  }
  for (const type of ["image/jpeg", "image/webp", "audio/mpeg", "video/mp4"]) {
    assert.ok(isInline(type), type);
  }
});

Deno.test("text is UTF-8 without control characters; all else that is not known is bytes", async () => {
  const kinds: [string | Uint8Array, string][] = [
    ["", "application/octet-stream"],
    ["a line\r\n\tand more\f", "text/plain"],
    ["Grüße, 世界", "text/plain"],
    ["世".repeat(30_000), "text/plain"], // the head ends within a character
    ["a\0b", "application/octet-stream"],
    ["a\x1b[31mred", "application/octet-stream"],
    [Uint8Array.of(0x61, 0xe9, 0x61), "application/octet-stream"],
    [new Uint8Array(1000), "application/octet-stream"],
    // Files of some types begin with these letters, and are never text.
    ["BMW sold more cars than in the year before", "text/plain"],
    ["MZ;name;country", "text/plain"],
    ["BZhang wrote this", "text/plain"],
    ["GIFTS of the year 2026", "text/plain"],
    ["ID3 is what songs have: title, album and year", "text/plain"],
    ["MP+ is a kind of music", "text/plain"],
    ["AC1015 is a number of a version", "text/plain"],
  ];
  for (const [content, type] of kinds) {
    const bytes = typeof content === "string" ? Buffer.from(content) : content;
    assert.equal((await inspected(bytes)).type, type, `${content}`.slice(0, 20));
  }
});

Deno.test("types have no parameters and small letters", async () => {
  const opus = Buffer.alloc(64);
  opus.write("OggS", "latin1");
  opus.write("OpusHead", 28, "latin1");
  assert.equal((await inspected(opus)).type, "audio/ogg");
});

Deno.test("bytes that begin like any type, and go on as nonsense, do no harm", async () => {
  const HEADS = [
    "II*\0",
    "MM\0*",
    "II+\0\x08\0\0\0",
    "\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR",
    "\xff\xd8\xff\xe1",
    "GIF89a",
    "RIFF\0\0\0\0WEBPVP8X",
    "\0\0\0\x18ftypheic",
    "\0\0\0\x18ftypavif",
    "\0\0\0\x0cJXL \r\n\x87\n\0\0\0\x14ftypjxl ",
    "\xff\x0a",
    "\0\0\0\x0cjP  \r\n\x87\n",
    "BM",
    "8BPS\0\x01",
    "PK\x03\x04",
    "\x1f\x8b\x08",
    "ID3\x04",
    "\x1a\x45\xdf\xa3",
    "OggS",
    "fLaC",
    "\x30\x26\xb2\x75",
    "<svg ",
    "MZ",
    "icns",
  ];
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...HEADS),
      fc.array(
        fc.oneof(
          fc.uint8Array({ minLength: 1, maxLength: 64 }),
          fc.constantFrom(
            "meta",
            "ipco",
            "ispe",
            "jxlp",
            "jxlc",
            "iprp",
            "\0\0\0\0",
            "\0\0\0\x01",
            "\0\0\0\x08",
            "\xff",
          ).map(
            (text) => Uint8Array.from(Buffer.from(text, "latin1")),
          ),
        ),
        { maxLength: 40 },
      ),
      fc.constantFrom(1, 50, 2000),
      async (head, parts, times) => {
        const body = Buffer.concat(parts);
        const repeated = Buffer.concat(Array(times).fill(body)).subarray(0, 600_000);
        await assertHarmless(Buffer.concat([Buffer.from(head, "latin1"), repeated]));
      },
    ),
    { numRuns: 2000 },
  );
});

Deno.test("an image that never comes to its size costs little", async () => {
  const costly = [
    Buffer.concat([Buffer.of(0xff, 0xd8), Buffer.alloc(8_000_000, 0xff)]),
    Buffer.concat([
      Buffer.of(0xff, 0xd8, 0xff),
      Buffer.alloc(8_000_000, Buffer.of(0xe1, 0, 2, 0xff)),
    ]),
    Buffer.concat([
      Buffer.from("\0\0\0\x18ftypavif", "latin1"),
      Buffer.alloc(8_000_000, Buffer.of(0, 0, 0, 8, 0x66, 0x72, 0x65, 0x65)),
    ]),
    Buffer.concat([Buffer.from("II*\0\x08\0\0\0", "latin1"), Buffer.alloc(8_000_000, 0xff)]),
    Buffer.from(await withTags(await plain("image/jpeg"), ["-Comment=x"])),
  ];
  for (const bytes of costly) await assertHarmless(bytes);
});

/** It is of some type, within a second on a slow machine, and 4 MiB are read at the most. */
async function assertHarmless(bytes: Uint8Array): Promise<void> {
  let read = 0;
  const begun = performance.now();
  const { type } = await inspect(
    ({ start, end }) => {
      assert.ok(start < end && end <= bytes.length, `${start} to ${end} of ${bytes.length}`);
      read += end - start;
      return Promise.resolve(bytes.subarray(start, end));
    },
    bytes.length,
    { name: "a name", pixels: Infinity },
  );
  assert.match(type, /^[a-z]+\/[a-z0-9][a-z0-9.+-]*$/);
  assert.ok(read <= 4 * 1024 * 1024, `${read} bytes were read`);
  assert.ok(performance.now() - begun < 10_000);
}

async function inspected(bytes: Uint8Array, pixels = 50_000_000): Promise<Inspected> {
  const read = ({ start, end }: { start: number; end: number }) =>
    Promise.resolve(bytes.subarray(start, end));
  return await inspect(read, bytes.length, { name: "a name", pixels });
}
