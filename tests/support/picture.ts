/** A picture for tests of files, and how one is uploaded. */

/** One pixel. */
export const PNG: Uint8Array<ArrayBuffer> = Uint8Array.fromBase64(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
);

/** Uploads a file, the picture by default, and resolves with its id. @param bearer a user's token, or a key */
export async function upload(
  url: string,
  bearer: string,
  { name = "cat.png", bytes = PNG }: { readonly name?: string; readonly bytes?: BodyInit } = {},
): Promise<string> {
  const answer = await fetch(`${url}/api/files?name=${encodeURIComponent(name)}`, {
    method: "POST",
    headers: { authorization: `Bearer ${bearer}`, "content-type": "application/octet-stream" },
    body: bytes,
  });
  const text = await answer.text();
  if (answer.status !== 201) throw new Error(`${answer.status} ${text}`);
  return JSON.parse(text).id;
}
