/** What the route of backups is to its caller. */
import type { Abouts } from "../http/openapi/about.ts";

export const BACKUP_API: Abouts = {
  "GET /backup": {
    id: "getBackup",
    tag: "operations",
    summary: "Get a backup of what this server keeps on its disk; the operator's key alone may",
    answers: {
      200: {
        description: "An archive, as `notifyli restore` takes it.",
        others: { "application/x-tar": { type: "string", format: "binary" } },
      },
    },
    errors: ["not_found"],
  },
};
