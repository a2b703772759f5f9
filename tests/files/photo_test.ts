/** A photo goes through the real server, on a disk and in a bucket: it loses its place, and has a thumbnail. */
import assert from "node:assert/strict";
import sharp from "sharp";
import { tagsOf, withTags } from "../support/exiftool.ts";
import { sha256 } from "../support/fake_files.ts";
import { ROOT } from "../support/paths.ts";
import { Program } from "../support/program.ts";
import { BUCKET, S3_KEY, S3Server } from "../support/s3.ts";
import { waitFor } from "../support/wait.ts";
import { photo, pixelsOf, plain } from "./content/images.ts";

/** Another name of the checkout, so that its sources run: a bundle of them cannot load sharp. */
const SOURCES = `${ROOT}./`;

Deno.test("disk: a photo loses its place, and has a thumbnail", async () => {
  await using program = await Program.start({ root: SOURCES });
  await assertServesPhotos(program);
});

Deno.test("S3: a photo loses its place, and has a thumbnail, and what goes leaves nothing", async () => {
  await using server = await S3Server.start();
  await using program = await startOn(server);
  const id = await assertServesPhotos(program);
  const holds = (...keys: string[]) =>
    waitFor(`the bucket has ${keys}`, () => `${server.keys()}` === `${keys}`);
  await holds(`files/${id}`, `thumbnails/${id}/160`);
  const gone = await fetch(`${program.url}/api/files/${id}`, { method: "DELETE" });
  assert.equal(gone.status, 204);
  await holds();
});

Deno.test("S3: where the settings say so, the bucket gives files out itself, but what pages show", async () => {
  await using server = await S3Server.start();
  await using program = await startOn(server, { FILES_S3_DIRECT: "true" });
  const sent = await fetch(`${program.url}/api/files?name=plan.txt`, {
    method: "POST",
    body: "Our plan",
  });
  const { url } = await sent.json();
  const answer = await fetch(`${program.url}${url}`, { redirect: "manual" });
  await answer.body?.cancel();
  assert.equal(answer.status, 302);
  const location = new URL(answer.headers.get("location") ?? "");
  assert.equal(location.origin, server.config().endpoint);
  assert.equal(location.searchParams.get("response-content-type"), "text/plain");
  assert.equal(await (await fetch(location)).text(), "Our plan");
  const nobody = await fetch(`${program.url}${url.replace(/.$/, "")}`, { redirect: "manual" });
  await nobody.body?.cancel();
  assert.equal(nobody.status, 404);

  const image = await upload(program, await plain("image/png", { width: 8, height: 4 }));
  const shown = await fetch(`${program.url}${image.url}`, { redirect: "manual" });
  await shown.body?.cancel();
  assert.equal(shown.status, 200);
});

function startOn(server: S3Server, env: Record<string, string> = {}): Promise<Program> {
  return Program.start({
    root: SOURCES,
    env: {
      FILES_S3_ENDPOINT: server.config().endpoint,
      FILES_S3_BUCKET: BUCKET,
      FILES_S3_KEY: S3_KEY,
      FILES_S3_SECRET: S3_KEY,
      ...env,
    },
  });
}

/** Resolves with the id of the photo. */
async function assertServesPhotos(program: Program): Promise<string> {
  const image = await photo("image/jpeg");
  const file = await upload(program, image);
  assert.deepEqual([file.type, file.width, file.height], ["image/jpeg", 48, 64]);
  const served = await bytesOf(`${program.url}${file.url}`);
  assert.equal(served.length, file.bytes);
  const tags = await tagsOf(served);
  assert.deepEqual(Object.keys(tags).filter((name) => /gps/i.test(name)), []);
  assert.equal(tags["IFD0:Orientation"], 6);
  assert.deepEqual(await pixelsOf(served), await pixelsOf(image));
  const removed = await fetch(`${program.url}/api/files/${file.id}`, { method: "DELETE" });
  assert.equal(removed.status, 204);

  const taken = [
    "-Keys:GPSCoordinates=51.5, -7.25, 35",
    "-UserData:GPSCoordinates=51.5, -7.25, 35",
  ];
  const film = await withTags(await Deno.readFile(`${ROOT}tests/fixtures/files/tiny.mov`), taken);
  const shown = await upload(program, film);
  assert.deepEqual([shown.type, shown.bytes], ["video/quicktime", film.length]);
  const bytes = await bytesOf(`${program.url}${shown.url}`);
  assert.equal(sha256(bytes), shown.sha256);
  const said = Object.keys(await tagsOf(bytes)).filter((name) => /gps/i.test(name));
  assert.deepEqual(said, []);
  const gone = await fetch(`${program.url}/api/files/${shown.id}`, { method: "DELETE" });
  assert.equal(gone.status, 204);

  const large = await upload(program, await plain("image/jpeg", { width: 800, height: 400 }));
  const small = await bytesOf(`${program.url}${large.url}&thumbnail=160`);
  const { format, width, height } = await sharp(small).metadata();
  assert.deepEqual([format, width, height], ["webp", 160, 80]);
  return large.id;
}

async function upload(program: Program, image: Uint8Array) {
  const response = await fetch(`${program.url}/api/files?name=a.jpg`, {
    method: "POST",
    headers: { "content-type": "image/jpeg" },
    body: image.slice(),
  });
  const text = await response.text();
  assert.equal(response.status, 201, text);
  return JSON.parse(text);
}

async function bytesOf(url: string): Promise<Uint8Array> {
  const response = await fetch(url);
  assert.equal(response.status, 200, url);
  return new Uint8Array(await response.arrayBuffer());
}
