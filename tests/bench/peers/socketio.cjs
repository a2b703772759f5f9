/** Socket.IO with its defaults, WebSocket transport only. */
const { createServer } = require("node:http");
const { Server } = require("socket.io");

const http = createServer();
const io = new Server(http, { transports: ["websocket"] });

io.on("connection", (socket) => {
  socket.on("join", (message) => socket.join(message.room));
  socket.on("msg", (message) => io.to(message.room).emit("msg", message));
});
http.listen(0, "127.0.0.1", () => console.log(http.address().port));
