/** Says why a Redis cannot be used, by what it tells of itself (`INFO`). Nothing is sent to one that cannot. */

/** Fields of `INFO` by their names, without empty ones. None are there where this server may not ask. */
export type RedisInfo = Readonly<Record<string, string | undefined>>;

/** The oldest version that has functions. */
const OLDEST = 7;

/** Why this Redis cannot be used, as the end of "Cannot use the Redis at …:"; `undefined` if it can. */
export function flawOf(info: RedisInfo): string | undefined {
  const { redis_version: version, role, master_host: host, master_port: port } = info;
  if (info["redis_mode"] === "sentinel") {
    return "it is a Sentinel, which stores nothing: give the address of the Redis that it watches";
  }
  if (info["redis_mode"] === "cluster" || info["cluster_enabled"] === "1") {
    return "it runs in cluster mode (cluster-enabled yes), which notifyli does not support yet";
  }
  if (version !== undefined && parseInt(version) < OLDEST) {
    return `its version is ${version}, and notifyli needs Redis ${OLDEST} or newer`;
  }
  if (role === "slave" && info["slave_read_only"] !== "0") {
    return `it is a replica of ${host}:${port}, which takes no writes: give the address of the primary`;
  }
  return undefined;
}
