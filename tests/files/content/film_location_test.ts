/** The places go out of films, sounds, Canon's raw photos, JPEG 2000, PSD and GIF, and nothing else does: `exiftool` says so. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import sharp from "sharp";
import { withoutLocation } from "../../../lib/files/content/location.ts";
import { tagsOf, withTags } from "../../support/exiftool.ts";
import { ROOT } from "../../support/paths.ts";
import { LATITUDE, photo, TOWN } from "./images.ts";
import {
  assertSaysNoPlace,
  box,
  cleaned,
  damage,
  damaged,
  joined,
  latin1,
  namesOfPlaces,
  others,
  pieces,
} from "./places.ts";

const POINT = `${LATITUDE}, -7.25, 35`;
/** As phones, cameras and programs say where a film was taken. */
const PLACES = [
  `-Keys:GPSCoordinates=${POINT}`,
  `-Keys:LocationName=${TOWN}`,
  `-UserData:GPSCoordinates=${POINT}`,
  `-UserData:LocationInformation=${TOWN} Lat=${LATITUDE} Lon=-7.25`,
  `-ItemList:GPSCoordinates=${POINT}`,
  `-XMP-exif:GPSLatitude=${LATITUDE}`,
  `-XMP-photoshop:City=${TOWN}`,
];
const OTHERS = [
  "-Keys:Make=A maker",
  "-ItemList:Title=A title",
  "-UserData:Artist=An artist",
  "-XMP-dc:Title=A title",
];

const XMP = "be7acfcb97a942e89c71999491e3afac";
const CANON = "85c0b687820f11e08111f4ce462b6a48";

for (const [type, name] of [["video/mp4", "tiny.mp4"], ["video/quicktime", "tiny.mov"]] as const) {
  Deno.test(`a film loses its places, and keeps all else where it was (${name})`, async () => {
    const film = await withTags(await fixture(name), [...PLACES, ...OTHERS]);
    const tags = await tagsOf(film);
    assert.ok(namesOfPlaces(tags).length >= 7, `it has places: ${namesOfPlaces(tags)}`);
    const after = await cleaned(type, film);
    const { "Keys:Tag_": blank, ...left } = await tagsOf(after);
    assert.equal(
      String(blank).trim(),
      "",
      "what had the name of a place has none, and says nothing",
    );
    assert.deepEqual(namesOfPlaces(left), []);
    assertSaysNoPlace(after);
    assert.equal(after.length, film.length);
    assert.deepEqual(others(left), others(tags));
    assert.equal(left["ExifTool:Warning"], undefined);
    assert.deepEqual(mediaOf(after), mediaOf(film), "pictures and sound are as they were");
    for (const size of [1, 7, 1000]) {
      assert.deepEqual(await cleaned(type, film, size), after, `in pieces of ${size}`);
    }
  });

  Deno.test(`a film without places is not written anew (${name})`, async () => {
    const film = await withTags(await fixture(name), OTHERS);
    assert.equal(await written(type, film), undefined);
  });

  Deno.test(`a broken film keeps its length, and throws nothing (${name})`, async () => {
    const film = await withTags(await fixture(name), [...PLACES, ...OTHERS]);
    await fc.assert(
      fc.asyncProperty(damage(film.length), async (changes) => {
        const broken = damaged(film, changes);
        assert.equal((await cleaned(type, broken, 4096)).length, broken.length);
      }),
      { numRuns: 300 },
    );
  });
}

Deno.test("what action cameras, video cameras and other programs say of a place goes, too", async () => {
  const value = (text: string) => box("data", new Uint8Array([0, 0, 0, 1, 0, 0, 0, 0]), text);
  const meta = (...boxes: Uint8Array[]) =>
    box("meta", new Uint8Array(4), box("hdlr", new Uint8Array(24)), ...boxes);
  const film = joined(
    box("ftyp", "mp42\0\0\0\0mp42"),
    box("mdat", "the pictures"),
    meta(box("xml ", `<Item name="Latitude" value="${TOWN}"/>`)),
    box(
      "moov",
      box("trak", box("udta", box("GPMF", TOWN), box("\xa9nam", "A name"))),
      box(
        "udta",
        meta(box(
          "ilst",
          box("----", box("name", "\0\0\0\0GPSCoordinates"), value(TOWN)),
          box("----", box("name", "\0\0\0\0iTunSMPB"), value("a number")),
        )),
        "\0\0\0\0",
      ),
    ),
    box("uuid", fromHex(XMP), `<x exif:GPSLatitude="${TOWN}" dc:title="A title"/>`),
  );
  const after = await cleaned("video/3gpp", film);
  assertSaysNoPlace(after);
  for (const kept of ["the pictures", "A name", "a number", `dc:title="A title"`]) {
    assert.ok(Buffer.from(after).includes(Buffer.from(kept, "latin1")), kept);
  }
  assert.equal(after.length, film.length);
});

Deno.test("a raw photo of Canon loses its place, and keeps its other facts", async () => {
  const exif = joined((await exifOf()).subarray(6));
  const photo = joined(
    box("ftyp", "crx \0\0\0\x01crx isom"),
    box(
      "moov",
      box("uuid", fromHex(CANON), box("CMT1", exif), box("CMT3", "a note"), box("CMT4", exif)),
    ),
    box("uuid", fromHex(XMP), `<x exif:GPSLatitude="${TOWN}"/>`),
    box("mdat", "the pixels"),
  );
  assert.ok(namesOfPlaces(await tagsOf(photo)).length > 0);
  const after = await cleaned("image/x-canon-cr3", photo);
  assertSaysNoPlace(after);
  const tags = await tagsOf(after);
  assert.deepEqual(namesOfPlaces(tags), []);
  assert.equal(tags["IFD0:Make"], "A maker");
  for (const kept of ["a note", "the pixels"]) assert.ok(Buffer.from(after).includes(kept), kept);
});

Deno.test("a JPEG 2000 loses its places, and keeps its pixels and other metadata", async () => {
  const image = await withTags(await fixture("tiny.jp2"), [
    ...[`-GPSLatitude=${LATITUDE}`, "-GPSLatitudeRef=N", "-GPSLongitude=7.25", "-Make=A maker"],
    ...[`-XMP-photoshop:City=${TOWN}`, "-XMP-dc:Title=A title"],
  ]);
  const geo = "b14bf8bd083d4b43a5ae8cd7d5a6ce03";
  const mapped = joined(image, box("uuid", fromHex(geo), TOWN));
  const tags = await tagsOf(mapped);
  assert.ok(namesOfPlaces(tags).length >= 4, `it has places: ${namesOfPlaces(tags)}`);
  const after = await cleaned("image/jp2", mapped);
  assertSaysNoPlace(after);
  const left = await tagsOf(after);
  assert.deepEqual(namesOfPlaces(left), []);
  assert.deepEqual([left["IFD0:Make"], left["XMP-dc:Title"]], ["A maker", "A title"]);
  const pixels = (bytes: Uint8Array) => Buffer.from(bytes).indexOf("jp2c");
  assert.equal(pixels(after), pixels(mapped));
  assert.equal(await written("image/jp2", await fixture("tiny.jp2")), undefined);
});

Deno.test("a GIF loses its places, before its images and between them, and keeps its pixels", async () => {
  const plain = await animation();
  const image = await withTags(plain, [`-XMP-photoshop:City=${TOWN}`, "-XMP-dc:Title=A title"]);
  const start = image.length - plain.length;
  assert.ok(namesOfPlaces(await tagsOf(image)).length > 0);
  const xmp = Buffer.from(image).indexOf("!\xff\x0bXMP DataXMP", "latin1");
  const twice = joined(
    image.slice(0, -1), // all but the end, and the same XMP once more
    image.slice(xmp, xmp + start),
    Uint8Array.of(0x3b),
  );
  for (const gif of [image, twice]) {
    const after = await cleaned("image/gif", gif);
    assertSaysNoPlace(after);
    const tags = await tagsOf(after);
    assert.deepEqual([namesOfPlaces(tags), tags["XMP-dc:Title"]], [[], "A title"]);
    assert.deepEqual(await framesOf(after), await framesOf(plain));
  }
  assert.equal(await written("image/gif", plain), undefined);
  await fc.assert(
    fc.asyncProperty(damage(twice.length), async (changes) => {
      const broken = damaged(twice, changes);
      assert.equal((await cleaned("image/gif", broken, 4096)).length, broken.length);
    }),
    { numRuns: 300 },
  );
});

Deno.test("a PSD loses its places, and keeps its other metadata", async () => {
  const image = await withTags(psd(), [
    ...[`-GPSLatitude=${LATITUDE}`, "-GPSLatitudeRef=N", "-GPSLongitude=7.25", "-Make=A maker"],
    ...[`-XMP-photoshop:City=${TOWN}`, "-XMP-dc:Title=A title"],
    ...[`-IPTC:City=${TOWN}`, "-IPTC:Keywords=A keyword"],
  ]);
  const tags = await tagsOf(image);
  assert.ok(namesOfPlaces(tags).length >= 4, `it has places: ${namesOfPlaces(tags)}`);
  const after = await cleaned("image/vnd.adobe.photoshop", image);
  assertSaysNoPlace(after);
  const left = await tagsOf(after);
  assert.deepEqual(namesOfPlaces(left), []);
  assert.deepEqual(
    [left["IFD0:Make"], left["XMP-dc:Title"], left["IPTC:Keywords"]],
    ["A maker", "A title", "A keyword"],
  );
  assert.equal(await written("image/vnd.adobe.photoshop", psd()), undefined);
});

/** `undefined` where the file stays as it is. */
async function written(type: string, file: Uint8Array): Promise<unknown> {
  const read = ({ start, end }: { start: number; end: number }) =>
    Promise.resolve(file.subarray(start, end));
  return await withoutLocation(type, pieces(file, 64), read);
}

async function fixture(name: string): Promise<Uint8Array> {
  return await Deno.readFile(`${ROOT}tests/fixtures/files/${name}`);
}

/** The box with pictures and sound, from its place on. */
function mediaOf(film: Uint8Array): Uint8Array {
  const bytes = Buffer.from(film);
  const at = bytes.indexOf("mdat") - 4;
  return film.slice(at, at + bytes.readUInt32BE(at));
}

/** Two images, one after the other. */
async function animation(): Promise<Uint8Array> {
  const frames = [0, 200].map((at) => ({
    create: { width: 9, height: 7, channels: 3 as const, background: { r: at, g: 90, b: 40 } },
  }));
  const images = await Promise.all(frames.map((each) => sharp(each).png().toBuffer()));
  return Uint8Array.from(await sharp(images, { join: { animated: true } }).gif().toBuffer());
}

async function framesOf(gif: Uint8Array): Promise<Uint8Array> {
  return Uint8Array.from(await sharp(gif, { animated: true }).raw().toBuffer());
}

async function exifOf(): Promise<Uint8Array> {
  const { exif } = await sharp(await photo("image/jpeg")).metadata();
  return Uint8Array.from(exif ?? Buffer.of());
}

/** One pixel, without any metadata. */
function psd(): Uint8Array {
  const head = latin1("8BPS\0\x01\0\0\0\0\0\0\0\x03\0\0\0\x01\0\0\0\x01\0\x08\0\x03");
  return joined(head, new Uint8Array(12), new Uint8Array(2 + 3));
}

function fromHex(text: string): Uint8Array {
  return Uint8Array.fromHex(text);
}
