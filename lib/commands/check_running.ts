/**
 * `notifyli check --running` connects to the server, and says whether it answers. systemd/notifyli-watchdog.timer runs this,
 * because a server that hangs cannot say so itself.
 */
import type { Config } from "../configuration.ts";
import { knock, type Knocked } from "../listeners/knock.ts";
import { localAddress } from "./local_address.ts";

/** A healthy server answers in milliseconds; one that is only slow must not be taken for dead. */
const PATIENCE_SECONDS = 10;
/** How often in a row the server must not answer to be found dead. */
const TRIES = 3;

/** Only a server that listens can be found dead (3): one that starts, migrates or stops does not listen. */
const EXIT_CODES: Readonly<Record<Knocked, number>> = {
  answers: 0,
  refuses: 1,
  "no descriptor": 1,
  unknown: 1,
  silent: 3,
};

/** Prints what was found, and resolves with the exit code. */
export async function checkRunning({ listeners: { host, port } }: Config): Promise<number> {
  const address = localAddress({ host, port });
  if (port === 0) {
    console.error(
      "Cannot find a server whose APP_PORT is 0: its port is another one at each start",
    );
    return 1;
  }
  const request = `GET /healthz HTTP/1.1\r\nHost: ${address}\r\nConnection: close\r\n\r\n`;
  let knocked: Knocked = "silent";
  for (let left = TRIES; left > 0 && knocked === "silent"; left--) {
    knocked = await knock({ host, port }, { request, ticks: PATIENCE_SECONDS });
  }
  const code = EXIT_CODES[knocked];
  (code === 0 ? console.log : console.error)(`${address} ${SENTENCES[knocked]}`);
  return code;
}

const SENTENCES: Readonly<Record<Knocked, string>> = {
  answers: "answers",
  refuses: "is not listened on: no server runs there, or it starts or stops just now",
  "no descriptor": "cannot be asked: this command has no file descriptor left",
  unknown: "cannot be reached: the connection is not allowed here, or no address of this machine",
  silent: `accepts or answers nothing, in ${TRIES} tries of ${PATIENCE_SECONDS} s`,
};
