/** All rows of the table, in its order. */
import type { Row } from "./row.ts";
import { amqp } from "./rows/amqp.ts";
import { batched } from "./rows/batched.ts";
import { chatGroup, chatMessage } from "./rows/chat_message.ts";
import { chatOpen } from "./rows/chat_open.ts";
import { chatStored } from "./rows/chat_stored.ts";
import { dashboard } from "./rows/dashboard.ts";
import { events } from "./rows/events.ts";
import { farRedis } from "./rows/far_redis.ts";
import { fileLarge } from "./rows/file_large.ts";
import { fileSmall } from "./rows/file_small.ts";
import { floods } from "./rows/floods.ts";
import { httpEmbedded, httpRedis } from "./rows/http_notify.ts";
import { idleMemory } from "./rows/idle_memory.ts";
import { loneMessage } from "./rows/lone_message.ts";
import { metrics } from "./rows/metrics.ts";
import { notificationsMany } from "./rows/notifications_many.ts";
import { notificationsPreferences } from "./rows/notifications_preferences.ts";
import { notificationsPush } from "./rows/notifications_push.ts";
import { notificationsRich } from "./rows/notifications_rich.ts";
import { pageScroll } from "./rows/page_scroll.ts";
import { presence } from "./rows/presence.ts";
import { reconnect } from "./rows/reconnect.ts";
import { redisPublications, redisPublish } from "./rows/redis_publish.ts";
import { restore } from "./rows/restore.ts";
import { retention } from "./rows/retention.ts";
import { baseDeno } from "./rows/base_deno.ts";
import { baseNode } from "./rows/base_node.ts";
import { smallRooms } from "./rows/small_rooms.ts";
import { socketio } from "./rows/socketio.ts";
import { start } from "./rows/start.ts";
import { told } from "./rows/told.ts";
import { topics } from "./rows/topics.ts";
import { tracing } from "./rows/tracing.ts";

export const ROWS: readonly Row[] = [
  baseDeno,
  baseNode,
  batched,
  socketio,
  redisPublish,
  redisPublications,
  httpEmbedded,
  httpRedis,
  notificationsPreferences,
  notificationsMany,
  notificationsRich,
  notificationsPush,
  amqp,
  smallRooms,
  loneMessage,
  told,
  events,
  idleMemory,
  reconnect,
  restore,
  presence,
  retention,
  topics,
  farRedis,
  chatMessage,
  chatGroup,
  chatStored,
  chatOpen,
  fileLarge,
  fileSmall,
  floods,
  pageScroll,
  metrics,
  tracing,
  dashboard,
  start,
];
