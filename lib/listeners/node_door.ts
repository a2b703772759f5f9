/**
 * `node:http` as a door. On Deno it is told nothing when the system refuses it a connection, and accepts none from then
 * on: it is closed and opened again, with its connections, by whoever noticed.
 */
import { once } from "node:events";
import type { Server } from "node:http";
import { type AddressInfo, Server as NetServer } from "node:net";
import type { Door } from "./accepting.ts";
import type { Address } from "./knock.ts";

export interface NodeDoorOptions {
  readonly host: string;
  readonly waitingConnections: number;
}

export class NodeDoor implements Door {
  readonly #server: Server;
  readonly #options: NodeDoorOptions;
  #lost: ((reason: string) => void) | undefined;

  constructor(server: Server, options: NodeDoorOptions) {
    this.#server = server;
    this.#options = options;
    // Without a listener of ours it would end the process.
    server.on("error", (error) => this.#lost?.(error.message));
  }

  async open(port: number, lost: (reason: string) => void): Promise<Address> {
    this.#lost = undefined; // what goes wrong until it listens is the rejection below
    this.#server.listen(port, this.#options.host, this.#options.waitingConnections);
    await once(this.#server, "listening");
    this.#lost = lost;
    const address = this.#server.address() as AddressInfo;
    return { host: address.address, port: address.port };
  }

  /** As `net` closes, which leaves the connections be: `http` would stop looking for slow requests. */
  close(): void {
    NetServer.prototype.close.call(this.#server);
  }

  shutdown(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.close((error) => error ? reject(error) : resolve());
      this.#server.closeIdleConnections();
    });
  }
}
