/** The settings of what operators see. */
import { text } from "../config/kinds.ts";
import { slice } from "../config/slice.ts";

export interface AdminConfig {
  /** How operators know this node; empty: by its host and port. */
  readonly nodeName: string;
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
  },
  config: (read): AdminConfig => ({ nodeName: read.value("APP_NODE_NAME") }),
});
