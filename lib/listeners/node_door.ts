/**
 * `node:http` as a door. On Deno, a server is not told when the system refuses it a connection, and accepts none from
 * then on. Whoever notices closes the door and opens it again; its connections stay.
 */
import { once } from "node:events";
import type { Server } from "node:http";
import { Server as TlsServer } from "node:https";
import { type AddressInfo, Server as NetServer } from "node:net";
import type { Door } from "./accepting.ts";
import type { Address } from "./knock.ts";
import type { Pair } from "./listener.ts";

interface NodeDoorOptions {
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
    // Without a listener, an error event would end the process.
    server.on("error", (error) => this.#lost?.(error.message));
  }

  async open(port: number, lost: (reason: string) => void): Promise<Address> {
    this.#lost = undefined; // an error before it listens rejects `once` below
    this.#server.listen(port, this.#options.host, this.#options.waitingConnections);
    await once(this.#server, "listening");
    this.#lost = lost;
    const address = this.#server.address() as AddressInfo;
    return { host: address.address, port: address.port };
  }

  renewCertificate(pair: Pair): boolean {
    if (!(this.#server instanceof TlsServer)) return false;
    this.#server.setSecureContext(pair);
    return true;
  }

  /** Closes in the way of `net`, which leaves connections alone. That of `http` also stops looking for slow requests. */
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
