/** Reads where RabbitMQ is: a URL as other programs write it. What cannot be taken is refused, since it would have no effect. */

/** Where RabbitMQ is, and how the server logs in. */
export interface AmqpAddress {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  /** The virtual host. */
  readonly vhost: string;
  /** How often the two ends tell each other that they are there; 0 for never. */
  readonly heartbeatSeconds: number;
  readonly tls: boolean;
}

/** The schemes, each with its usual port. */
const PORTS: ReadonlyMap<string, number> = new Map([["amqp:", 5672], ["amqps:", 5671]]);

/** RabbitMQ's own default is 60 s: a connection that was cut without a word would be noticed after two minutes. */
const HEARTBEAT_SECONDS = 10;

/** Reads a URL; `undefined` where a part of it is not known. Its path is the virtual host; without one it is `/`. */
export function parseAmqpUrl(text: string): AmqpAddress | undefined {
  const url = URL.parse(text);
  const usualPort = PORTS.get(url?.protocol ?? "");
  if (url === null || usualPort === undefined || url.hostname === "" || url.hash !== "") {
    return undefined;
  }
  const [username, password] = [decoded(url.username), decoded(url.password)];
  const vhost = decoded(url.pathname.replace(/^\//, ""));
  const heartbeatSeconds = heartbeatOf(url.searchParams);
  if (username === undefined || password === undefined || vhost === undefined) return undefined;
  if (/^\/.*\//.test(url.pathname) || heartbeatSeconds === undefined) return undefined;
  const isNamed = username !== "" || password !== "";
  return {
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? usualPort : Number(url.port),
    username: isNamed ? username : "guest",
    password: isNamed ? password : "guest",
    vhost: vhost || "/",
    heartbeatSeconds,
    tls: url.protocol === "amqps:",
  };
}

/** Where RabbitMQ is, in the words of the log: without user and password. */
export function placeOf({ host, port }: AmqpAddress): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** `undefined` where there is another parameter, or no number. */
function heartbeatOf(query: URLSearchParams): number | undefined {
  const [asked, ...others] = [...query];
  if (asked === undefined) return HEARTBEAT_SECONDS;
  const [name, value] = asked;
  const isKnown = name === "heartbeat" && /^\d{1,5}$/.test(value) && Number(value) < 65_536;
  return isKnown && others.length === 0 ? Number(value) : undefined;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
