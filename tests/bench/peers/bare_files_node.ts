/** The least that `node:http` can do with files on Deno: a body is copied to a file in the folder, and a file to an answer. */
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream/promises";

const [folder = "."] = Deno.args;

const server = createServer(async (request, response) => {
  const path = folder + request.url;
  if (request.method === "GET") {
    response.setHeader("Content-Length", (await Deno.stat(path)).size);
    return await pipeline(createReadStream(path), response).catch(() => {}); // it is gone
  }
  const file = await open(path, "w");
  for await (const piece of request) await file.write(piece);
  await file.sync(); // who is told that it is there can count on that
  await file.close();
  response.writeHead(201, { "Content-Length": 0 }).end();
});

server.listen(0, "127.0.0.1", () => console.log((server.address() as AddressInfo).port));
