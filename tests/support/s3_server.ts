/** The program of `s3.ts`: an S3 server that checks signatures, on a port, with what is in a folder. */
import S3rver from "@20minutes/s3rver";

const [port, directory, ...buckets] = Deno.args;
const server = new S3rver({
  address: "127.0.0.1",
  port: Number(port),
  directory,
  silent: true,
  vhostBuckets: false,
  configureBuckets: buckets.map((name) => ({ name })),
});
await server.run();
console.log("ready");
