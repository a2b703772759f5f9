/** uWebSockets.js with its own publish and subscribe in C++: the strongest peer on JavaScript. */
const uWS = require("@trufflesuite/uws-js-unofficial");

const app = uWS.App();
app.ws("/*", {
  maxBackpressure: 64 << 20,
  idleTimeout: 120,
  message(socket, data) {
    const message = JSON.parse(Buffer.from(data).toString());
    if (message.type === "join") socket.subscribe(message.room);
    else app.publish(message.room, JSON.stringify(message), false);
  },
}).listen("127.0.0.1", 0, (listening) => console.log(uWS.us_socket_local_port(listening)));
