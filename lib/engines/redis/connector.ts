/**
 * Makes the sockets of connections to Redis, and looks at what answers there before anything else is sent. A socket may
 * fail more than once (a Redis that wants a certificate resets it, then what was written fails, too): ioredis listens for
 * the first failure alone, and the next one would end the process.
 */
import { createConnection, type Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions } from "node:tls";
import { AbstractConnector, type RedisOptions } from "ioredis";
import type { RedisInfo } from "./flaws.ts";

interface SocketOptions {
  readonly host: string;
  readonly port: number;
  readonly path?: string;
  readonly tls?: ConnectionOptions;
  readonly disconnectTimeout: number;
}

/** @param judge says whether the Redis that answers can be used; if not, the connection is tried anew later */
export function connectorTo(
  options: SocketOptions,
  judge: (info: RedisInfo) => boolean,
): NonNullable<RedisOptions["Connector"]> {
  return class Connector extends AbstractConnector {
    constructor() {
      super(options.disconnectTimeout);
    }

    override check(info: RedisInfo): boolean {
      return judge(info);
    }

    /** ioredis would wait for the end of a socket that has ended already, by a timer that outlives the connection. */
    override disconnect(): void {
      if (this.stream?.destroyed) this.connecting = false;
      else super.disconnect();
    }

    override connect(): Promise<Socket> {
      this.connecting = true;
      const socket = open(options);
      socket.once("error", (error) => this.firstError = error);
      socket.on("error", () => {});
      this.stream = socket;
      return Promise.resolve(socket);
    }
  };
}

function open({ host, port, path, tls }: SocketOptions): Socket {
  if (path !== undefined) return createConnection({ path });
  return tls === undefined ? createConnection({ host, port }) : connectTls({ host, port, ...tls });
}
