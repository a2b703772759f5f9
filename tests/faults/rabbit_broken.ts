/** RabbitMQ killed, cut off or full, or the node killed that takes its entries, under two nodes with load. */
import { Rabbit } from "../support/rabbit.ts";
import { RedisServer } from "../support/redis.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";
import { waitFor } from "../support/wait.ts";
import { RabbitLoad } from "./rabbit_load.ts";
import type { FaultContext, Report, Scenario } from "./scenario.ts";
import { Stage } from "./stage.ts";
import { passed } from "./time.ts";

const NODES = 2;
const RATE_PER_USER = 5;
const CUTS = 8;
const QUEUE = "faults";

interface Scene extends FaultContext {
  readonly rabbit: Rabbit;
  /** Between the nodes and RabbitMQ. */
  readonly proxy: TcpProxy;
  readonly stage: Stage;
}

export const rabbitBroken: readonly Scenario[] = [
  { name: "rabbitmq killed and restarted", run: (context) => run(context, kill) },
  { name: "rabbitmq connections cut", run: (context) => run(context, cut) },
  { name: "rabbitmq full", run: (context) => run(context, fill) },
  { name: "rabbitmq and the nodes killed by turns", run: (context) => run(context, killNodes) },
];

/** @param disturb resolves with notes, when all is as before */
async function run(
  context: FaultContext,
  disturb: (scene: Scene) => Promise<string>,
): Promise<Report> {
  await using rabbit = await Rabbit.start();
  await using redis = await RedisServer.start();
  await using proxy = new TcpProxy(rabbit.port);
  const env = { ...redis.env, AMQP_URL: rabbit.urlAt(proxy.port), AMQP_QUEUE: QUEUE };
  await using stage = await Stage.open(context, { nodes: NODES, env });
  const { users, ledger } = stage;
  const options = { rabbit, queue: QUEUE, users, ledger, ratePerUser: RATE_PER_USER };
  await using sending = new RabbitLoad(options);
  await passed(context.seconds / 4);
  const notes = await disturb({ ...context, rabbit, proxy, stage });
  await passed(context.seconds / 4);
  await sending.end();
  await waitFor("the queue is empty", async () => await rabbit.left(QUEUE) === 0);
  return await stage.finish(`${notes}; ${sending.accepted} by RabbitMQ`);
}

async function kill({ rabbit, stage }: Scene): Promise<string> {
  await rabbit.kill();
  await rabbit.answers();
  stage.tell("RabbitMQ was killed and is back");
  return "killed once";
}

async function cut({ proxy, stage, random, seconds }: Scene): Promise<string> {
  for (let count = 0; count < CUTS; count++) {
    await passed(random.between(0.5, 1.5) * seconds / CUTS);
    proxy.cut();
  }
  stage.tell(`${CUTS} cuts`);
  return `${CUTS} cuts`;
}

async function fill({ rabbit, stage, seconds }: Scene): Promise<string> {
  await rabbit.setFull(true);
  try {
    await passed(seconds / 2);
  } finally {
    await rabbit.setFull(false);
  }
  stage.tell("RabbitMQ was full, and is no more");
  return `full for ${seconds / 2} s`;
}

async function killNodes({ rabbit, stage }: Scene): Promise<string> {
  for (let node = 0; node < NODES; node++) {
    await stage.cluster.kill(node);
    if (node === 0) await rabbit.kill();
    await stage.cluster.restart(node);
    stage.tell(`node ${node} was killed and is back`);
  }
  await rabbit.answers();
  return "each killed once";
}
