/** The least that `ws` can do on Deno, the ground of the `node` listener: rooms in a Map, one send per member. */
// @ts-types="@types/ws"
import { type WebSocket, WebSocketServer } from "ws";
import type { AddressInfo } from "node:net";

const rooms = new Map<string, Set<WebSocket>>();
const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });

server.on("connection", (socket) => {
  let own: Set<WebSocket> | undefined;
  socket.on("message", (data) => {
    const message = JSON.parse(data.toString());
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
server.on("listening", () => console.log((server.address() as AddressInfo).port));
