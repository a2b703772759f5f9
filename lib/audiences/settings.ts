/** The settings of followers. */
import { limit } from "../config/kinds.ts";
import { slice } from "../config/slice.ts";

export interface AudiencesConfig {
  /** Topics that one user may follow; `Infinity` for no limit. */
  readonly followed: number;
}

export const audiences = slice({
  name: "audiences",
  title: "Followers",
  settings: {
    APP_LIMIT_FOLLOWED: {
      default: "1000",
      help: "Topics that one user may follow, to get notifications that are sent to followers",
      kind: limit,
    },
  },
  config: (read): AudiencesConfig => ({ followed: read.value("APP_LIMIT_FOLLOWED") }),
});
