/** The places go out of images, and nothing else does: `exiftool` and `libvips` say so. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import sharp from "sharp";
import { withoutLocation } from "../../../lib/files/content/location.ts";
import { tagsOf, withTags } from "../../support/exiftool.ts";
import { newPhoto, photo, pixelsOf, plain, TOWN, TYPES } from "./images.ts";
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

for (const type of TYPES) {
  Deno.test(`a ${type} loses its places, and keeps its pixels, orientation, colours and other metadata`, async () => {
    const before = await photo(type);
    const tags = await tagsOf(before);
    assert.ok(namesOfPlaces(tags).length >= 6, `the image has places: ${namesOfPlaces(tags)}`);
    assert.equal(tags["IFD0:Orientation"] ?? 6, 6);

    const after = await cleaned(type, before);
    const left = await tagsOf(after);
    assert.deepEqual(namesOfPlaces(left), []);
    assertSaysNoPlace(after);
    assert.equal(after.length, before.length);
    assert.deepEqual(others(left), others(tags));
    assert.equal(left["ExifTool:Warning"], tags["ExifTool:Warning"]);
    assert.deepEqual(await pixelsOf(after), await pixelsOf(before));
    const [shown, was] = [await sharp(after).metadata(), await sharp(before).metadata()];
    assert.deepEqual([shown.orientation, shown.icc], [was.orientation, was.icc]);
  });

  Deno.test(`a ${type} without places stays as it is, byte for byte`, async () => {
    const image = await withTags(await plain(type, { orientation: 8 }), [
      "-Make=A maker",
      "-XMP-dc:Title=A title",
    ]);
    assert.deepEqual(await cleaned(type, image), image);
  });

  Deno.test(`a ${type} comes out the same in whatever pieces it comes in`, async () => {
    const image = await photo(type);
    const whole = await cleaned(type, image);
    for (const size of [1, 2, 3, 7, 64, 1000]) {
      assert.deepEqual(await cleaned(type, image, size), whole, `in pieces of ${size}`);
    }
  });

  Deno.test(`a broken ${type} keeps its length, takes little time, and throws nothing`, async () => {
    const image = await photo(type);
    await fc.assert(
      fc.asyncProperty(damage(image.length), async (changes) => {
        const broken = damaged(image, changes);
        const begun = performance.now();
        const after = await cleaned(type, broken, 4096);
        assert.equal(after.length, broken.length);
        assert.ok(performance.now() - begun < 5000);
      }),
      { numRuns: 300 },
    );
  });
}

Deno.test("a file of another type is left alone", async () => {
  const read = () => Promise.reject(new Error("nothing is read"));
  for (const type of ["text/plain", "image/bmp", "video/webm", "application/pdf"]) {
    assert.equal(await withoutLocation(type, pieces(new Uint8Array(9), 9), read), undefined);
  }
});

Deno.test("the images behind the first one of a JPEG lose their places, and films there become zeros", async () => {
  const [first, second] = [await photo("image/jpeg"), await newPhoto("image/jpeg")];
  const film = latin1(
    `\0\0\0\x18ftypmp42\xff\xd8\xff\xe1\0\x20Exif\0\0${TOWN}\xa9xyz+51.5073-007.25/${TOWN}`,
  );
  const after = await cleaned("image/jpeg", joined(first, second, film));
  assert.equal(after.length, first.length + second.length + film.length);
  assertSaysNoPlace(after);
  const inner = after.slice(first.length, first.length + second.length);
  assert.deepEqual(inner, await cleaned("image/jpeg", second));
  assert.deepEqual(await pixelsOf(inner), await pixelsOf(second));
  const rest = after.slice(first.length + second.length);
  assert.ok(!Buffer.from(rest).includes("ftyp"), "nothing of the film is left");
});

Deno.test("segments of a JPEG that may hold a place become zeros; those that its pixels need stay", async () => {
  const image = await plain("image/jpeg");
  const segments = [
    segment(
      0xe1,
      `http://ns.adobe.com/xmp/extension/\0${"0".repeat(40)}<x exif:GPSLatitude="${TOWN}"/>`,
    ),
    segment(0xe1, `FLIR\0${TOWN}`),
    segment(0xe6, `GoPro\0${TOWN}`),
    segment(0xeb, `JP\0\x01\0\0\0\x01jumb${TOWN}`),
    segment(0xed, `${TOWN} that goes on from the segment before`),
    segment(0xe2, "urn:iso:std:iso:ts:21496:-1\0 a map of brightness"),
    segment(0xfe, "a comment"),
  ];
  const after = await cleaned("image/jpeg", joined(image.slice(0, 2), ...segments, image.slice(2)));
  assertSaysNoPlace(after);
  for (const kept of ["a map of brightness", "a comment", "ICC_PROFILE"]) {
    assert.ok(Buffer.from(after).includes(kept), kept);
  }
  assert.deepEqual(await pixelsOf(after), await pixelsOf(image));
});

Deno.test("notes of makers go, but for Apple's, which say no place", async () => {
  const place = `a note of ${TOWN}`;
  for (
    const [note, isKept] of [[place, false], [`Apple iOS\0\0\x01MM\0\0 no place`, true]] as const
  ) {
    const image = await cleaned("image/jpeg", await withNote(note));
    assert.equal(Buffer.from(image).includes(Buffer.from(note, "latin1")), isKept, note);
  }
});

Deno.test("places that programs write into the texts of a PNG go", async () => {
  const image = await plain("image/png");
  const end = image.length - 12;
  const chunks = [
    chunk("tEXt", `Raw profile type exif\0\n${TOWN}`),
    chunk("tEXt", `exif:GPSLatitude\0${TOWN}`),
    chunk("zTXt", `Raw profile type APP1\0\0${TOWN}`),
    chunk("iTXt", `XML:com.adobe.xmp\0\x01\0\0\0${TOWN}`),
    chunk("caBX", TOWN),
    chunk("tEXt", "Title\0A title"),
  ];
  const trailer = latin1(TOWN);
  const after = await cleaned(
    "image/png",
    joined(image.slice(0, end), ...chunks, image.slice(end), trailer),
  );
  assertSaysNoPlace(after);
  const tags = await tagsOf(after);
  assert.equal(tags["PNG:Title"], "A title");
  assert.deepEqual(await pixelsOf(after), await pixelsOf(image));
});

Deno.test("boxes of a JPEG XL with places are cleaned or freed", async () => {
  const exif = (await sharp(await photo("image/jpeg")).metadata()).exif ?? Buffer.of();
  const jxl = joined(
    box("JXL ", "\r\n\x87\n"),
    box("ftyp", "jxl \0\0\0\0jxl "),
    box("Exif", joined(new Uint8Array(4), exif.subarray(6))),
    box(
      "xml ",
      `<x:xmpmeta xmlns:x="adobe:ns:meta/"><d exif:GPSLatitude="${TOWN}" t="A title"/></x:xmpmeta>`,
    ),
    box("brob", `Exif${TOWN}`),
    box("jxlc", "\xff\x0a the pixels"),
  );
  const after = await cleaned("image/jxl", jxl);
  assertSaysNoPlace(after);
  for (const kept of [`t="A title"`, "the pixels", "A maker", "free"]) {
    assert.ok(Buffer.from(after).includes(kept), kept);
  }
});

Deno.test("XMP loses its places however they are written, and stays well-formed", async () => {
  const image = await plain("image/png");
  const begins = `<?xpacket begin=""?><x:xmpmeta xmlns:x="adobe:ns:meta/" xmlns:geo="x"><rdf:RDF>`;
  const written = [
    `<rdf:Description dji:GpsLatitude = '${TOWN}' dc:title="a > b"/>`,
    `<exif:GPSLatitude>${TOWN}</exif:GPSLatitude>`,
    `<ext:LocationShown><rdf:Bag><ext:LocationShown a="${TOWN}"></ext:LocationShown>${TOWN}</rdf:Bag></ext:LocationShown>`,
    `<photoshop:City rdf:resource="${TOWN}"/><!-- > --><dc:title>A title</dc:title>`,
    `<a b="x>" Iptc4xmpCore:Location="${TOWN}" xmlns:GPS="kept"/>`,
  ].join("");
  const xmp = `${begins}${written}</rdf:RDF></x:xmpmeta>`;
  const text = Buffer.from(await cleaned("image/png", withXmp(image, xmp))).toString("latin1");
  assert.ok(!text.includes(TOWN));
  for (
    const kept of [`dc:title="a > b"`, "<dc:title>A title</dc:title>", 'xmlns:GPS="kept"', begins]
  ) {
    assert.ok(text.includes(kept), kept);
  }
});

Deno.test("XMP that cannot be read becomes spaces, and long XMP takes little time", async () => {
  const image = await plain("image/png");
  for (
    const xmp of [
      `<!DOCTYPE x [<!ENTITY gps "${TOWN}">]><x>&gps;</x>`,
      Buffer.from(`<x exif:GPSLatitude="${TOWN}"/>`, "utf16le").toString("latin1"),
      `no XML: GPSLatitude ${TOWN}`,
      `<x><![CDATA[exif:GPSLatitude=${TOWN}]]></x>`,
      `<exif:GPSLatitude>${TOWN}`,
    ]
  ) {
    assertSaysNoPlace(await cleaned("image/png", withXmp(image, xmp)));
  }
  const begun = performance.now();
  for (const piece of ["a", "=", "<", "<a ", "a ", "a=", `<a b="`, "<!--", "<gps>", "<a gps='' "]) {
    await cleaned("image/png", withXmp(image, piece.repeat(262_000 / piece.length)));
  }
  assert.ok(performance.now() - begun < 30_000);
});

function segment(marker: number, text: string): Uint8Array {
  const content = latin1(text);
  const length = content.length + 2;
  return joined(Uint8Array.of(0xff, marker, length >> 8, length & 255), content);
}

/** With a sum that is wrong, as of a program that counts none. */
function chunk(type: string, text: string): Uint8Array {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(latin1(text).length);
  return joined(head, latin1(type + text), new Uint8Array(4));
}

function withXmp(png: Uint8Array, xmp: string): Uint8Array {
  const end = png.length - 12;
  return joined(
    png.slice(0, end),
    chunk("iTXt", `XML:com.adobe.xmp\0\0\0\0\0${xmp}`),
    png.slice(end),
  );
}

/** A JPEG whose Exif data are a maker's note alone. */
async function withNote(note: string): Promise<Uint8Array> {
  const image = await plain("image/jpeg");
  const value = Buffer.from(note, "latin1");
  const tiff = Buffer.alloc(8 + 18 + 18);
  tiff.write("II*\0\x08\0\0\0", "latin1");
  const entry = (at: number, tag: number, type: number, count: number, place: number) => {
    tiff.writeUInt16LE(1, at);
    tiff.writeUInt16LE(tag, at + 2);
    tiff.writeUInt16LE(type, at + 4);
    tiff.writeUInt32LE(count, at + 6);
    tiff.writeUInt32LE(place, at + 10);
  };
  entry(8, 0x8769, 4, 1, 26);
  entry(26, 0x927c, 7, value.length, 44);
  const exif = segment(0xe1, `Exif\0\0${tiff.toString("latin1")}${note}`);
  return joined(image.slice(0, 2), exif, image.slice(2));
}
