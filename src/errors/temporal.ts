/** Errors of Temporal, the engine and operations on it. */
import type { ErrorDefinition } from './definition.js'

export const TEMPORAL_ERRORS = {
  TEMPORAL_UNREACHABLE: {
    source: 'environment',
    remedy: 'retry',
    hint: 'start the server, correct TEMPORAL_ADDRESS, or unset it to use the embedded engine',
  },
  TEMPORAL_ACCESS_DENIED: {
    source: 'user',
    remedy: 'operator',
    hint: 'check the API key or client certificate, and its rights in the namespace (`temporal config`, TEMPORAL_API_KEY)',
  },
  TEMPORAL_NAMESPACE_NOT_FOUND: {
    source: 'user',
    remedy: 'operator',
    hint: 'correct TEMPORAL_NAMESPACE or --namespace, or make it with `temporal operator namespace create`',
  },
  TEMPORAL_CLI_MISSING: {
    source: 'environment',
    remedy: 'operator',
    hint: 'install the Temporal CLI (https://docs.temporal.io/cli), name it in QUORATE_TEMPORAL_CLI, or set TEMPORAL_ADDRESS to a server that runs',
  },
  TEMPORAL_CLI_OUTDATED: {
    source: 'environment',
    remedy: 'operator',
    hint: 'install the latest Temporal CLI (https://docs.temporal.io/cli), name another one in QUORATE_TEMPORAL_CLI, or set TEMPORAL_ADDRESS to a server that runs',
  },
  ENGINE_FAILED: {
    source: 'environment',
    remedy: 'operator',
    hint: 'read the log with `quorate engine logs`',
  },
  ENGINE_FOLDER_UNSAFE: {
    source: 'environment',
    remedy: 'operator',
    hint: 'name a folder of your own on a local disk in QUORATE_HOME',
  },
  ENGINE_ELSEWHERE: {
    source: 'environment',
    remedy: 'operator',
    hint: 'use quorate on the machine that has the engine, or name a folder of this machine in QUORATE_HOME',
  },
  ENGINE_DATABASE_IN_USE: {
    source: 'environment',
    remedy: 'operator',
    hint: 'end the process that has the database open, then once more',
  },
  ENGINE_DATABASE_DAMAGED: {
    source: 'environment',
    remedy: 'operator',
    hint: 'move the database away; the hosts know enough: `quorate unlock`, then `quorate apply` goes on from where they are',
  },
  ENGINE_IN_USE: {
    source: 'user',
    remedy: 'operator',
    hint: 'let the open runs end with the release that started them, or end them with `quorate cancel --force`',
  },
  SEAL_KEY_MISSING: {
    source: 'user',
    remedy: 'operator',
    hint: 'make a key file with `quorate seal create FILE` and name it in QUORATE_SEAL_KEY_FILE, the same for commands and workers; QUORATE_SEAL_KEY_FILE=none goes without seals, where nobody else reaches the Temporal server',
  },
  SEAL_KEY_UNUSABLE: {
    source: 'user',
    remedy: 'operator',
    hint: 'restore the key file, or make another with `quorate seal create FILE`; runs that were sealed with the old one then end, and `quorate apply` goes on from where the hosts are',
  },
  SEAL_KEY_WRONG: {
    source: 'user',
    remedy: 'operator',
    hint: 'give commands and workers the same key file; where the key is lost, `quorate cancel --force`, `quorate unlock` and `quorate apply` go on from where the hosts are',
  },
  UNSEALED: {
    source: 'environment',
    remedy: 'operator',
    hint: 'it was sent by somebody without the key, or before payloads were sealed: nothing of it was done. `quorate unlock`, then `quorate apply` go on from where the hosts are',
  },
  NO_WORKER: {
    source: 'environment',
    remedy: 'operator',
    hint: 'start a worker with `quorate worker` (or `quorate engine start` for the embedded engine)',
  },
  RUN_STUCK: {
    source: 'environment',
    remedy: 'operator',
    hint: 'start workers of the release that started the run, or end it with `quorate cancel --force` and apply again',
  },
  WORKER_LOST: {
    source: 'environment',
    remedy: 'retry',
    hint: 'the step goes on where it stands on the host as soon as a worker is there; `quorate doctor` tells whether one is',
  },
  OPERATION_RUNNING: {
    source: 'user',
    remedy: 'operator',
    hint: 'follow it with `quorate attach`; a cluster has one operation at a time',
  },
  OPERATION_NOT_FOUND: {
    source: 'user',
    remedy: 'operator',
    hint: 'check the name of the cluster; `quorate status --all` lists the clusters that are known',
  },
  OPERATION_LOST: {
    source: 'environment',
    remedy: 'operator',
    hint: 'the hosts are as the operation left them, and still locked by it: `quorate unlock` shows who holds them and frees them, then `quorate apply` goes on from where they are',
  },
  OPERATION_FAILED: {
    source: 'environment',
    remedy: 'operator',
    hint: 'fix the cause and apply again: what is done stays done',
  },
  OPERATION_ENDED: {
    source: 'user',
    remedy: 'operator',
    hint: 'a run that has ended takes no decisions; `quorate apply` goes on from where the hosts are',
  },
  OPERATION_NOT_BLOCKED: {
    source: 'user',
    remedy: 'operator',
    hint: '`quorate status` shows what the operation does; `quorate cancel` stops it',
  },
  OPERATION_ABORTED: {
    source: 'user',
    remedy: 'operator',
    hint: 'apply again to go on from where the hosts are',
  },
  STEP_UNKNOWN: {
    source: 'user',
    remedy: 'operator',
    hint: '`quorate resume` without an option lists the steps that wait for a decision',
  },
  STEP_NOT_SKIPPABLE: {
    source: 'user',
    remedy: 'operator',
    hint: 'fix the cause and retry the step, or abort the operation',
  },
  OPERATION_CANCELLED: {
    source: 'user',
    remedy: 'operator',
    hint: 'apply again to go on from where the hosts are',
  },
  USAGE: {
    source: 'user',
    remedy: 'operator',
    hint: 'see `quorate --help`',
  },
} as const satisfies Record<string, ErrorDefinition>
