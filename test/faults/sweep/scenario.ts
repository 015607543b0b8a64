/** What the sweep runs and breaks: an operation, and what there is when it begins. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Operation } from '../../../src/client/operation.js'
import type { Quorate } from '../../../src/client.js'
import type { Cluster } from '../../../src/cluster/model.js'
import { DRAIN_DEFAULTS } from '../../../src/operations/drain.js'
import { addSecrets } from './model-values.js'

export interface Scenario {
  /** What the names of its cases begin with. */
  readonly name: string
  /** What has happened before, without faults; missing: it begins with bare hosts. */
  readonly after?: Scenario
  /** Changes the model of the cluster before the operation begins. */
  readonly prepare?: (model: string) => void
  /** Mutations that an attempt may make again, because nothing shows whether the one before has made them. */
  readonly repeatable?: RegExp
  readonly start: (quorate: Quorate, cluster: Cluster) => Promise<Operation>
}

export const APPLY: Scenario = {
  name: 'apply',
  start: (quorate, cluster) => quorate.start('apply', cluster),
}

const removal = (host: string): Scenario => ({
  name: `remove-${host}`,
  after: APPLY,
  start: (quorate, cluster) =>
    quorate.start('remove', cluster, {
      review: false,
      request: { hosts: [host], dead: [], drain: DRAIN_DEFAULTS },
    }),
})

/** Of a worker whose node somebody has deleted: it is no part of the cluster any more, but has its traces. */
const RESET_OF_HOST: Scenario = {
  name: 'reset-w1',
  after: APPLY,
  prepare: (model) => rmSync(join(model, 'nodes', 'w1'), { recursive: true }),
  start: (quorate, cluster) =>
    quorate.start('reset', cluster, {
      review: false,
      request: { hosts: ['w1'], all: false, packages: false },
    }),
}

const RESET_OF_ALL: Scenario = {
  name: 'reset-all',
  after: APPLY,
  start: (quorate, cluster) =>
    quorate.start('reset', cluster, {
      review: false,
      request: { hosts: [], all: true, confirmed: cluster.name, packages: false },
    }),
}

const REPLACEMENT: Scenario = {
  name: 'replace-w1',
  after: APPLY,
  start: (quorate, cluster) =>
    quorate.start('replace', cluster, {
      review: false,
      request: { host: 'w1', isDead: false, inPlace: true, drain: DRAIN_DEFAULTS },
    }),
}

const ROLLOUT = { drain: DRAIN_DEFAULTS, returnTimeoutMs: 120_000, windows: [] } as const

const UPGRADE: Scenario = {
  name: 'upgrade',
  after: APPLY,
  start: (quorate, cluster) =>
    quorate.start('upgrade', cluster, { review: false, request: { to: 'v1.37.2' } }),
}

/** Of a control plane and a worker. */
const REBOOT: Scenario = {
  name: 'reboot',
  after: APPLY,
  start: (quorate, cluster) =>
    quorate.start('reboot', cluster, {
      review: false,
      request: { ...ROLLOUT, hosts: ['cp2', 'w1'], required: false },
    }),
}

/** The same hosts, for which there is a newer containerd: each is drained, and none needs a reboot. */
const UPDATE: Scenario = {
  name: 'update-hosts',
  after: APPLY,
  prepare: (model) => {
    for (const host of ['cp2', 'w1']) {
      mkdirSync(join(model, 'newer', host), { recursive: true })
      writeFileSync(join(model, 'newer', host, 'containerd'), '2.0-1\n')
    }
  },
  start: (quorate, cluster) =>
    quorate.start('update-hosts', cluster, {
      review: false,
      request: { ...ROLLOUT, hosts: ['cp2', 'w1'], reboot: 'required' },
    }),
}

const SNAPSHOT: Scenario = {
  name: 'snapshot',
  after: APPLY,
  start: (quorate, cluster) =>
    quorate.start('snapshot', cluster, { request: { clusterFile: 'kind: Cluster\n', mayBeBehind: false } }),
}

/** All that kubeadm has issued ends in a month. */
const RENEWAL: Scenario = {
  name: 'renew',
  after: APPLY,
  start: (quorate, cluster) =>
    quorate.start('renew', cluster, { review: false, request: { hosts: [], all: false } }),
}

/** An apply with other arguments of two components. */
const RECONFIGURATION: Scenario = {
  name: 'reconfigure',
  after: APPLY,
  start: (quorate, cluster) =>
    quorate.start('apply', {
      ...cluster,
      kubernetes: {
        ...cluster.kubernetes,
        kubeadm: {
          ...cluster.kubernetes.kubeadm,
          clusterConfiguration: {
            apiServer: { extraArgs: { profiling: 'false' } },
            scheduler: { extraArgs: { v: '4' } },
          },
        },
      },
    }),
}

const encryption = (rotation: number): Pick<Scenario, 'start'> => ({
  start: (quorate, cluster) =>
    quorate.start('apply', {
      ...cluster,
      kubernetes: {
        ...cluster.kubernetes,
        encryptionAtRest: { resources: ['secrets'], provider: 'secretbox', rotation },
      },
    }),
})

/** Of Secrets that etcd has as they are. */
const ENCRYPTION: Scenario = { name: 'encryption', after: APPLY, prepare: addSecrets, ...encryption(1) }

const ROTATION: Scenario = { name: 'rotation', after: ENCRYPTION, ...encryption(2) }

/** Secrets are there when the snapshot is taken; afterwards one is lost, and etcd goes on. */
const RESTORE: Scenario = {
  name: 'restore',
  after: { ...SNAPSHOT, name: 'saved', prepare: addSecrets },
  prepare: (model) => {
    rmSync(join(model, 'values', 'secrets', 'default', 'one'))
    writeFileSync(join(model, 'revision'), '77\n')
  },
  // By which clock would it have started since? A restart too many does no harm, one too few does.
  repeatable: / systemctl restart kubelet$/,
  start: (quorate, cluster) =>
    quorate.start('restore', cluster, {
      request: {
        from: { kind: 'snapshot' },
        dead: [],
        mayBeOfOtherEtcd: false,
        withoutSaving: false,
        confirmed: cluster.name,
      },
    }),
}

/** Operations on a cluster that runs. */
export const DAY_2: readonly Scenario[] = [
  removal('w1'),
  removal('cp2'),
  RESET_OF_HOST,
  RESET_OF_ALL,
  REPLACEMENT,
  UPGRADE,
  REBOOT,
  UPDATE,
  SNAPSHOT,
  RECONFIGURATION,
  RENEWAL,
  ENCRYPTION,
  ROTATION,
  RESTORE,
]
