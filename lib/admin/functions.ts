/** The Lua of what operators see. */
import { ALLOW_OOM, type Functions, lua, question } from "../engines/redis/functions.ts";
import NODE_REPORT from "./nodes/node_report.lua" with { type: "text" };
import NODE_REPORTS from "./nodes/node_reports.lua" with { type: "text" };

export const ADMIN_FUNCTIONS = {
  nodeReport: lua(NODE_REPORT, ALLOW_OOM),
  nodeReports: question(NODE_REPORTS, ALLOW_OOM),
} satisfies Functions;
