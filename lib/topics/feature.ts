/** Topics, as a capability of the server. */
import { topicSockets } from "./socket_api.ts";
import { described } from "../http/openapi/described.ts";
import { topicsApi } from "./api.ts";
import { Questions } from "../asks/questions.ts";
import { Authentication } from "../auth/authentication.ts";
import { RevocationGuard } from "../auth/revocations/guard.ts";
import { Revocations } from "../auth/revocations/revocations.ts";
import { auth } from "../auth/settings.ts";
import { every } from "../core/task.ts";
import type { Feature } from "../feature.ts";
import { limits, rates } from "../limits/settings.ts";
import { loadRooms } from "../rooms/rules/rooms_file.ts";
import { rooms } from "../rooms/settings.ts";
import { topicCommands } from "./commands.ts";
import { topicTokensOf } from "./connection_topics.ts";
import { topicRefusals } from "./metrics.ts";
import { topicRoutes } from "./routes.ts";
import { TopicRules } from "./rules.ts";
import { topics as settings } from "./settings.ts";
import { statsTask } from "./stats.ts";
import { Topics } from "./topics.ts";

/** How often the node looks whom it has to tell how far a topic is. */
const POSITIONS_INTERVAL_MS = 1000;

export const topicsFeature = {
  name: "topics",
  settings,
  open({ node, tokens, isOpen, of, use }) {
    const config = of(settings);
    const { topics } = loadRooms({ rooms: of(rooms), auth: of(auth) });
    const rules = new TopicRules(topics, config.history);
    const service = new Topics(node, {
      ...{ rules, proofs: { tokens, isOpen }, config, limits: of(limits) },
      ...{ questions: use(Questions), revocations: use(Revocations) },
    });
    use(RevocationGuard).addTokens(topicTokensOf);
    use(Authentication).takeGuests(() => service.access.takesGuests);
    return {
      services: [service],
      reload: (given) => {
        const { topics } = loadRooms({ rooms: given(rooms), auth: given(auth) });
        return () => rules.replace(topics, given(settings).history);
      },
      sockets: topicSockets(of(limits)),
      commands: topicCommands(service),
      routes: described(
        topicRoutes(service, { limits: of(limits), rates: of(rates) }),
        topicsApi(of(limits)),
      ),
      kinds: { topic_event: (here, arrival) => service.arrive(here, arrival) },
      connection: { closed: (connection) => service.leaveAll(connection) },
      restore: service,
      tasks: [
        every("positions of topics", POSITIONS_INTERVAL_MS, () => service.tellPositions()),
        statsTask(node, service),
      ],
      refusals: topicRefusals(),
      metrics: service.metrics,
    };
  },
} satisfies Feature;
