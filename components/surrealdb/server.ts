/** How the bundled SurrealDB server is started and asked how it is. */
import type * as k8s from "@pulumi/kubernetes";
import { bytesOf } from "../../config/schema/quantity";
import type { Bundled } from "../../config/schema/data-services";
import { httpGet } from "../../kubernetes/probes";
import { DATA_DIR } from "../../kubernetes/store";

/** Where the start-up file is mounted. */
export const INIT_DIR = "/etc/surrealdb";
export const INIT_FILE = "init.surql";
export const HTTP_PORT = 8000;
const WRITE_BUFFERS = 8;

/**
 * Arguments of `surreal`. The start-up file is run with the owner's rights at every start, before any login.
 * @see https://surrealdb.com/docs/surrealdb/cli/start
 */
export function surrealArguments(): string[] {
  return [
    "start",
    "--bind",
    `0.0.0.0:${String(HTTP_PORT)}`,
    "--log",
    "info",
    "--import-file",
    `${INIT_DIR}/${INIT_FILE}`,
    `rocksdb://${DATA_DIR}/vapora.db`,
  ];
}

/** The server's settings. By variables, since a server refuses an argument that it does not know. */
export function surrealEnv(resources: Bundled["resources"]): k8s.types.input.core.v1.EnvVar[] {
  const variables = {
    // the start-up file makes all there is to be
    SURREAL_NO_DEFAULTS: "true",
    // longer than a migration takes, shorter than the startup probe waits: a file that cannot be run is logged
    SURREAL_STARTUP_OPERATION_TIMEOUT: "5m",
    // no look-up of newer versions on the internet: without an answer it costs seconds at each start
    SURREAL_ONLINE_VERSION_CHECK: "false",
    SURREAL_NO_IDENTIFICATION_HEADERS: "true",
    // what the platform does not use
    SURREAL_CAPS_DENY_GUESTS: "true",
    SURREAL_CAPS_DENY_SCRIPT: "true",
    SURREAL_CAPS_DENY_NET: "",
    SURREAL_CAPS_DENY_HTTP: "api,graphql,ml",
    ...memorySettings(resources),
  };
  return Object.entries(variables).map(([name, value]) => ({ name, value }));
}

/**
 * Ready once the start-up file has run, and while the server can write its own heartbeat, which `/ready` looks for every
 * nine seconds. Alive as long as it answers anything: it must not be killed for a full disk, on which it serves reads
 * and would not start again.
 */
export const PROBES = {
  readinessProbe: httpGet("/ready", HTTP_PORT, { periodSeconds: 5 }),
  livenessProbe: httpGet("/status", HTTP_PORT, { periodSeconds: 30, timeoutSeconds: 10, failureThreshold: 6 }),
};

/**
 * Shares of the memory limit for RocksDB. It keeps `WRITE_BUFFERS` write buffers that are on disk already, for the
 * checks of optimistic transactions, and stops all writers for good once these, the one being filled, and nothing else
 * reach buffers and block cache together: so the cache must be larger than one buffer and the largest transaction.
 * The server's own values for small memory have it smaller (see docs/decisions/0016-database-memory.md).
 */
function memorySettings({ limits }: Bundled["resources"]): Record<string, string> {
  return {
    SURREAL_ROCKSDB_BLOCK_CACHE_SIZE: String(bytesOf(limits.memory, 1 / 4)),
    SURREAL_ROCKSDB_WRITE_BUFFER_SIZE: String(bytesOf(limits.memory, 1 / (8 * WRITE_BUFFERS))),
    SURREAL_ROCKSDB_MAX_WRITE_BUFFER_NUMBER: String(WRITE_BUFFERS),
  };
}
