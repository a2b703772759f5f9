/** `ws` on Node, the way most people write it: rooms in a Map, one send per member. */
const { WebSocketServer } = require("ws");

const rooms = new Map();
const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });

server.on("connection", (socket) => {
  let own;
  socket.on("message", (data) => {
    const message = JSON.parse(data);
    if (message.type === "join") {
      own = rooms.get(message.room) ?? new Set();
      rooms.set(message.room, own);
      own.add(socket);
      return;
    }
    const text = Buffer.from(JSON.stringify(message));
    for (const member of rooms.get(message.room) ?? []) member.send(text, { binary: false });
  });
  socket.on("close", () => own?.delete(socket));
});
server.on("listening", () => console.log(server.address().port));
