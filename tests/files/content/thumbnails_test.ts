/** Small images of large ones, and what does no harm: garbage, bombs, too much at once, a server without `sharp`. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import sharp from "sharp";
import { Thumbnails } from "../../../lib/files/content/thumbnails.ts";
import { run } from "../../support/command.ts";
import { ROOT } from "../../support/paths.ts";
import { tagsOf } from "../../support/exiftool.ts";
import { photo, plain, type Type, TYPES } from "./images.ts";

Deno.test("thumbnails", async (t) => {
  await using thumbnails = await open();

  for (const type of TYPES) {
    await t.step(`a ${type} has one, in WebP`, async () => {
      const made = await thumbnails.make(await plain(type, { width: 400, height: 200 }), 160);
      assert.equal(made?.type, "image/webp");
      assert.deepEqual(await sizeOf(made?.bytes), ["webp", 160, 80]);
    });
  }
  await t.step("it is turned as the image is shown, and says nothing of its place", async () => {
    for (const type of ["image/jpeg", "image/webp", "image/png"] satisfies Type[]) {
      const made = await thumbnails.make(await photo(type), 24);
      assert.deepEqual(await sizeOf(made?.bytes), ["webp", 24, 32], type);
      const names = Object.keys(await tagsOf(made?.bytes ?? Buffer.of()));
      assert.deepEqual(names.filter((name) => /gps|xmp|ifd|orientation/i.test(name)), []);
    }
  });
  await t.step("it is no larger than the image", async () => {
    const made = await thumbnails.make(await plain("image/jpeg"), 1280);
    assert.deepEqual(await sizeOf(made?.bytes), ["webp", 64, 48]);
  });
  await t.step("what is transparent stays so", async () => {
    const background = { r: 255, g: 0, b: 0, alpha: 0 };
    const image = await sharp({ create: { width: 300, height: 300, channels: 4, background } })
      .png().toBuffer();
    const made = await thumbnails.make(image, 160);
    const { data } = await sharp(made?.bytes).raw().toBuffer({ resolveWithObject: true });
    assert.equal(data[3], 0);
  });
  await t.step("the image of the caller is still the caller's", async () => {
    const image = await plain("image/png");
    const before = image.slice();
    await thumbnails.make(image, 16);
    assert.deepEqual(image, before);
  });
  await t.step("garbage, cut off images and what is no image have none", async () => {
    const jpeg = await plain("image/jpeg", { width: 400, height: 400 });
    const svg = Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>`);
    for (const bytes of [new Uint8Array(), new Uint8Array(1000), svg, jpeg.slice(0, 300)]) {
      assert.equal(await thumbnails.make(bytes, 160), undefined);
    }
    for (let at = 0; at < 100; at++) {
      const broken = crypto.getRandomValues(new Uint8Array(400));
      broken.set(jpeg.subarray(0, at * 4));
      await thumbnails.make(broken, 160);
    }
    assert.ok(await thumbnails.make(jpeg, 160));
  });
  await t.step("many at once each have their own", async () => {
    const widths = Array.from({ length: 40 }, (_, index) => 20 + index);
    const image = await plain("image/jpeg", { width: 400, height: 200 });
    const made = await Promise.all(widths.map((width) => thumbnails.make(image, width)));
    const sizes = await Promise.all(made.map((each) => sizeOf(each?.bytes)));
    assert.deepEqual(sizes.map(([, width]) => width), widths);
  });
  await t.step("of more than may wait at once, some have none, and the rest are made", async () => {
    const image = await plain("image/jpeg");
    const all = Array.from({ length: 200 }, () => thumbnails.make(image, 16));
    const made = (await Promise.all(all)).filter((each) => each !== undefined);
    assert.ok(made.length >= 64 && made.length < 200, `${made.length} were made`);
  });
});

Deno.test("an image with more pixels than allowed has no thumbnail, however few bytes it has", async () => {
  await using thumbnails = await open({ pixels: 1_000_000 });
  const background = "white";
  const bomb = await sharp({ create: { width: 5000, height: 5000, channels: 3, background } })
    .png({ compressionLevel: 9 }).toBuffer();
  assert.ok(bomb.length < 200_000);
  assert.equal(await thumbnails.make(bomb, 160), undefined);
  assert.ok(await thumbnails.make(await plain("image/png"), 160));
});

Deno.test("what takes too long is given up, again and again, and the next ones are made", async () => {
  const large = await plain("image/png", { width: 3000, height: 3000 });
  await using hasty = await open({ imageMs: 1 });
  for (let round = 0; round < 20; round++) {
    assert.equal(await hasty.make(large, 160), undefined);
  }
  await using patient = await open();
  assert.ok(await patient.make(await plain("image/png"), 16));
});

Deno.test("closing waits for what is being made, and makes nothing of what waits", async () => {
  const large = await plain("image/png", { width: 2000, height: 2000 });
  for (let round = 0; round < 5; round++) {
    const thumbnails = await open();
    const made = Promise.all(Array.from({ length: 10 }, () => thumbnails.make(large, 160)));
    await thumbnails[Symbol.asyncDispose]();
    const all = await made;
    assert.ok(all.includes(undefined) && all.some((each) => each !== undefined), `${round}`);
    assert.equal(await thumbnails.make(large, 160), undefined);
  }
});

Deno.test("threads that end with nothing to do, and start anew, do no harm", async () => {
  const image = await plain("image/jpeg");
  for (let round = 0; round < 20; round++) {
    await using thumbnails = await open();
    assert.ok(await thumbnails.make(image, 16));
  }
});

Deno.test("a server that may not load sharp has none, and says once how it would", async () => {
  const { stdout, stderr } = await made([]);
  assert.equal(stdout.trim(), "no thumbnails");
  assert.equal(stderr.match(/have no thumbnails/g)?.length, 1, stderr);
  assert.match(stderr, /sharp cannot be loaded: it may not .*--allow-ffi/);
});

Deno.test("a server without sharp gives none, and says so once", async () => {
  // As if the package were not there: it may not be read.
  const { stdout, stderr } = await made(["--allow-ffi", "--deny-ffi=/"]);
  assert.equal(stdout.trim(), "undefined undefined");
  assert.equal(stderr.match(/have no thumbnails/g)?.length, 1, stderr);
});

/** What a program with these rights makes of an image, twice. */
async function made(rights: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  const script = `
    import { configureLogging } from "file://${ROOT}lib/log/logging.ts";
    import { Thumbnails } from "file://${ROOT}lib/files/content/thumbnails.ts";
    configureLogging({ debug: false });
    await using thumbnails = await Thumbnails.open();
    const image = Uint8Array.fromBase64("${(await plain("image/png")).toBase64()}");
    if (thumbnails === undefined) console.log("no thumbnails");
    else console.log(await thumbnails.make(image, 16), await thumbnails.make(image, 16));
  `;
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  await Deno.writeTextFile(file, script);
  const flags = ["--cached-only", "--no-prompt", `--config=${ROOT}deno.json`, "--allow-read"];
  const outcome = await run([Deno.execPath(), "run", ...flags, "--allow-env", ...rights, file]);
  await Deno.remove(file);
  return outcome;
}

async function open(options?: { pixels?: number; imageMs?: number }): Promise<Thumbnails> {
  const thumbnails = await Thumbnails.open(options);
  assert.ok(thumbnails !== undefined, "sharp can be loaded");
  return thumbnails;
}

async function sizeOf(image: Uint8Array | undefined): Promise<[string, number, number]> {
  const { format, width, height } = await sharp(image).metadata();
  return [format, width, height];
}
