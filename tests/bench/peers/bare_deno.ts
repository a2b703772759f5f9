/** The least that `Deno.serve` and `Deno.upgradeWebSocket` can do: rooms in a Map, one send per member. */
const rooms = new Map<string, Set<WebSocket>>();

const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
  const { socket, response } = Deno.upgradeWebSocket(request);
  let own: Set<WebSocket> | undefined;
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    if (message.type === "join") {
      own = rooms.get(message.room) ?? new Set();
      rooms.set(message.room, own);
      own.add(socket);
      return;
    }
    const text = JSON.stringify(message);
    for (const member of rooms.get(message.room) ?? []) member.send(text);
  };
  socket.onclose = () => own?.delete(socket);
  return response;
});

console.log(server.addr.port);
