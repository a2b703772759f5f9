/** `exiftool`, which reads and writes the metadata of all images, as a second opinion on them. */
import assert from "node:assert/strict";

/** What it finds: names with their group before them, such as "GPS:GPSLatitude", each with its value. */
export async function tagsOf(image: Uint8Array): Promise<Record<string, string | number>> {
  const output = await exiftool(["-j", "-n", "-a", "-ee", "-G1", "-struct", "-"], image);
  return JSON.parse(new TextDecoder().decode(output))[0];
}

/** The image with these tags written into it, such as "-GPSLatitude=51.5". */
export async function withTags(image: Uint8Array, tags: readonly string[]): Promise<Uint8Array> {
  return await exiftool([...tags, "-o", "-", "-"], image);
}

async function exiftool(args: readonly string[], input: Uint8Array): Promise<Uint8Array> {
  const child = new Deno.Command("exiftool", {
    args: [...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(input.slice());
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  assert.ok(success, `exiftool ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
  return stdout;
}
