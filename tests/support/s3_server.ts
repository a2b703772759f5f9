/**
 * The program of `s3.ts`: an S3 server that checks signatures, on a port, with what is in a folder. It lacks two requests of S3's,
 * which are added here: to list the multipart uploads of a bucket, and to throw one away.
 */
import S3rver from "@20minutes/s3rver";

/** What is needed of Koa's context. */
interface Context {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string | undefined>>;
  status: number;
  type: string;
  body: string;
}

const [port, directory = "", ...buckets] = Deno.args;
const server = new S3rver({
  address: "127.0.0.1",
  port: Number(port),
  directory,
  silent: true,
  vhostBuckets: false,
  configureBuckets: buckets.map((name) => ({ name })),
});
// Before the router, which has checked who asks once it says that there is no such request.
server.middleware.splice(-1, 0, async (context: Context, next: () => Promise<void>) => {
  try {
    await next();
  } catch (error) {
    if (!["MethodNotAllowed", "NotImplemented"].includes(Object(error).code)) throw error;
    if (!await answer(context)) throw error;
  }
});
await server.run();
console.log("ready");

async function answer(context: Context): Promise<boolean> {
  const { method, path, query } = context;
  const folder = `${directory}/${path.split("/")[1]}/._S3rver_uploads`;
  context.type = "application/xml";
  if (method === "GET" && query["uploads"] !== undefined) {
    const found = (await multiparts(folder)).filter(({ key }) =>
      key.startsWith(query["prefix"] ?? "")
    );
    const uploads = found.map(({ key, id }) =>
      `<Upload><Key>${escaped(key)}</Key><UploadId>${id}</UploadId></Upload>`
    );
    context.status = 200;
    context.body = `<ListMultipartUploadsResult><IsTruncated>false</IsTruncated>${
      uploads.join("")
    }</ListMultipartUploadsResult>`;
    return true;
  }
  if (method !== "DELETE" || !/^\w+$/.test(query["uploadId"] ?? "")) return false;
  try {
    await Deno.remove(`${folder}/${query["uploadId"]}`, { recursive: true });
    context.status = 204;
    context.body = "";
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    context.status = 404;
    context.body = "<Error><Code>NoSuchUpload</Code></Error>";
  }
  return true;
}

async function multiparts(folder: string): Promise<{ key: string; id: string }[]> {
  const found: { key: string; id: string }[] = [];
  const names = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name).catch(() => []);
  for (const id of names) {
    const key = await Deno.readTextFile(`${folder}/${id}/key`).catch(() => undefined);
    if (key !== undefined) found.push({ key, id });
  }
  return found;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
