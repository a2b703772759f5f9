/** Opens the store of the nodes' reports on whichever storage there is. */
import type { Storage } from "../../engines/storage.ts";
import { MemoryReports } from "./memory.ts";
import type { ReportStore } from "./report.ts";

export async function openReports(storage: Storage): Promise<ReportStore> {
  if (storage.kind === "sqlite") return new MemoryReports();
  const { RedisReports } = await import("./redis.ts");
  return new RedisReports(storage);
}
