/** The least that `Deno.serve` can do with files: a body is copied to a file in the folder, and a file is an answer's body. */
const [folder = "."] = Deno.args;

const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
  const path = folder + new URL(request.url).pathname;
  if (request.method === "GET") {
    const file = await Deno.open(path);
    const headers = { "Content-Length": String((await file.stat()).size) };
    return new Response(file.readable, { headers });
  }
  using file = await Deno.open(path, { write: true, create: true, truncate: true });
  for await (const piece of request.body ?? []) {
    for (let at = 0; at < piece.length;) at += await file.write(piece.subarray(at));
  }
  await file.sync(); // who is told that it is there can count on that
  return new Response("", { status: 201 });
});

console.log(server.addr.port);
