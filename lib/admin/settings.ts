/** The settings of what operators see. */
import { limit, text } from "../config/kinds.ts";
import { slice } from "../config/slice.ts";

export interface AdminConfig {
  /** How operators know this node; empty: by its host and port. */
  readonly nodeName: string;
  /** How many days it is kept what was managed; `Infinity` for no limit. */
  readonly auditDays: number;
}

export const admin = slice({
  name: "admin",
  title: "Operators",
  settings: {
    APP_NODE_NAME: {
      default: "",
      help: "How operators know this node; by default its host name and `APP_PORT`",
      kind: text,
    },
    APP_AUDIT_DAYS: {
      default: "365",
      help: "Days that it is kept who has managed what; `off` for no limit",
      kind: limit,
    },
  },
  config: (read): AdminConfig => ({
    nodeName: read.value("APP_NODE_NAME"),
    auditDays: read.value("APP_AUDIT_DAYS"),
  }),
});
