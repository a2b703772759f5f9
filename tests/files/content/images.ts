/** Images as cameras and programs make them: with places, an orientation and a colour profile. */
import sharp from "sharp";
import { withTags } from "../../support/exiftool.ts";

export const TYPES = [
  "image/jpeg",
  "image/png",
  "image/webp",
  "image/tiff",
  "image/avif",
] as const;
export type Type = typeof TYPES[number];

/** Stands in each text that says a place. */
export const TOWN = "Xyzzytown";
/** A latitude as text and as Exif has it: 51 degrees, 30 minutes, 26.4648 seconds. */
export const LATITUDE = 51.507351333;

const PLACES = [
  `-GPSLatitude=${LATITUDE}`,
  "-GPSLatitudeRef=N",
  "-GPSLongitude=7.25",
  "-GPSLongitudeRef=W",
  "-GPSAltitude=35",
  `-GPSAreaInformation=${TOWN}`,
  `-XMP-exif:GPSLatitude=${LATITUDE}`,
  "-XMP-exif:GPSLongitude=7.25",
  `-XMP-photoshop:City=${TOWN}`,
  `-XMP-iptcExt:LocationCreatedCity=${TOWN}`,
  `-XMP-iptcCore:Location=${TOWN}`,
];
/** What stays. */
const OTHERS = [
  "-Make=A maker",
  "-Artist=An artist",
  "-XMP-dc:Title=A title",
  "-ExifIFD:DateTimeOriginal=2026:12:01 05:30:00",
];
const IPTC = [`-IPTC:City=${TOWN}`, `-IPTC:Sub-location=${TOWN}`, "-IPTC:Keywords=A keyword"];

const photos = new Map<Type, Promise<Uint8Array>>();

/** 64 x 48 pixels of noise, which a quarter turn shows as 48 x 64. A file's tests have the same one, each a copy of it. */
export async function photo(type: Type): Promise<Uint8Array> {
  const made = photos.get(type) ?? newPhoto(type);
  photos.set(type, made);
  return (await made).slice();
}

/** As {@linkcode photo}, but none that another test has. */
export async function newPhoto(type: Type): Promise<Uint8Array> {
  const tags = [
    ...PLACES,
    ...OTHERS,
    ...(type === "image/jpeg" || type === "image/tiff" ? IPTC : []),
  ];
  return await withTags(await plain(type, { orientation: 6 }), tags);
}

export async function plain(
  type: Type,
  { orientation = 1, width = 64, height = 48 } = {},
): Promise<Uint8Array> {
  const noise = { type: "gaussian" as const, mean: 128, sigma: 50 };
  const image = sharp({
    create: { width, height, channels: 3, noise, background: "white" },
  }).withIccProfile("p3").withMetadata({ orientation, icc: "p3" });
  return Uint8Array.from(await image.toFormat(type.slice(6) as "jpeg").toBuffer());
}

export async function pixelsOf(image: Uint8Array): Promise<Uint8Array> {
  return Uint8Array.from(await sharp(image).raw().toBuffer());
}
