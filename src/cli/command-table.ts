/** The commands: name, place in the help, summary. Only what is called is loaded. */
import type { CommandUnknownOpts } from '@commander-js/extra-typings'

/** Headings of the help, in their order. */
export const GROUPS = {
  file: 'Cluster file:',
  cluster: 'Cluster:',
  hosts: 'Hosts:',
  running: 'Operations:',
  engine: 'Temporal:',
  more: 'More:',
} as const

/** What the program knows of a command before it is loaded. */
export interface CommandEntry {
  readonly name: string
  readonly group: keyof typeof GROUPS
  readonly summary: string
  /** Whether it reads the cluster file without taking its name as an argument. */
  readonly fileOption?: true
  /** The command itself; only what is called is loaded. */
  readonly load: () => Promise<CommandUnknownOpts>
}

/** In the order in which users meet them. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'init',
    group: 'file',
    summary: 'write a new cluster file',
    load: async () => (await import('./commands/init.js')).initCommand(),
  },
  {
    name: 'validate',
    group: 'file',
    summary: 'check the cluster file; touches no host',
    load: async () => (await import('./commands/validate.js')).validateCommand(),
  },
  {
    name: 'schema',
    group: 'file',
    summary: 'print the JSON Schema of the cluster file, for editors',
    load: async () => (await import('./commands/schema.js')).schemaCommand(),
  },
  {
    name: 'explain',
    group: 'file',
    summary: 'explain a field of the cluster file, or an error code',
    load: async () => (await import('./commands/look/explain.js')).explainCommand(),
  },
  {
    name: 'preflight',
    group: 'cluster',
    fileOption: true,
    summary: 'check that every host is ready; changes nothing',
    load: async () => (await import('./commands/preflight.js')).preflightCommand(),
  },
  {
    name: 'plan',
    group: 'cluster',
    fileOption: true,
    summary: 'look at the hosts and show what apply would change',
    load: async () => (await import('./commands/plan.js')).planCommand(),
  },
  {
    name: 'apply',
    group: 'cluster',
    fileOption: true,
    summary: 'build the cluster that the file describes',
    load: async () => (await import('./commands/apply.js')).applyCommand(),
  },
  {
    name: 'adopt',
    group: 'cluster',
    summary: 'write a cluster file for a cluster that runs already',
    load: async () => (await import('./commands/adopt.js')).adoptCommand(),
  },
  {
    name: 'upgrade',
    group: 'cluster',
    fileOption: true,
    summary: 'bring the cluster to another version of Kubernetes',
    load: async () => (await import('./commands/upgrade.js')).upgradeCommand(),
  },
  {
    name: 'reboot',
    group: 'cluster',
    fileOption: true,
    summary: 'reboot hosts of the cluster, one after the other',
    load: async () => (await import('./commands/hosts/reboot.js')).rebootCommand(),
  },
  {
    name: 'update-hosts',
    group: 'cluster',
    fileOption: true,
    summary: 'update the packages of hosts, one host after the other',
    load: async () => (await import('./commands/hosts/update-hosts.js')).updateHostsCommand(),
  },
  {
    name: 'remove',
    group: 'cluster',
    fileOption: true,
    summary: 'take hosts out of the cluster, dead or alive',
    load: async () => (await import('./commands/remove.js')).removeCommand(),
  },
  {
    name: 'replace',
    group: 'cluster',
    fileOption: true,
    summary: 'exchange the machine of a host',
    load: async () => (await import('./commands/replace.js')).replaceCommand(),
  },
  {
    name: 'reset',
    group: 'cluster',
    fileOption: true,
    summary: 'make hosts bare again, or destroy the whole cluster',
    load: async () => (await import('./commands/reset.js')).resetCommand(),
  },
  {
    name: 'certificates',
    group: 'cluster',
    summary: 'show when certificates end, and renew them',
    load: async () => (await import('./commands/certificates.js')).certificatesCommand(),
  },
  {
    name: 'etcd',
    group: 'cluster',
    summary: 'take snapshots of etcd, and look after its members',
    load: async () => (await import('./commands/etcd/etcd.js')).etcdCommand(),
  },
  {
    name: 'schedule',
    group: 'cluster',
    summary: 'what is done by the clock: list, pause and trigger it',
    load: async () => (await import('./commands/schedule/schedule.js')).scheduleCommand(),
  },
  {
    name: 'notifications',
    group: 'cluster',
    fileOption: true,
    summary: 'try who is told when a run needs somebody or has ended',
    load: async () => (await import('./commands/notifications/notifications.js')).notificationsCommand(),
  },
  {
    name: 'kubeconfig',
    group: 'cluster',
    summary: "print or store the administrator's kubeconfig",
    load: async () => (await import('./commands/kubeconfig.js')).kubeconfigCommand(),
  },
  {
    name: 'known-hosts',
    group: 'hosts',
    summary: 'show the keys of hosts that are not known yet, and add them',
    load: async () => (await import('./commands/by-hand/known-hosts.js')).knownHostsCommand(),
  },
  {
    name: 'kubectl',
    group: 'hosts',
    summary: 'run kubectl on a control plane',
    load: async () => (await import('./commands/by-hand/kubectl.js')).kubectlCommand(),
  },
  {
    name: 'exec',
    group: 'hosts',
    summary: 'run a command on hosts of the cluster',
    load: async () => (await import('./commands/by-hand/exec.js')).execCommand(),
  },
  {
    name: 'ssh',
    group: 'hosts',
    summary: 'log in to a host, on the way that the cluster file describes',
    load: async () => (await import('./commands/by-hand/ssh.js')).sshCommand(),
  },
  {
    name: 'logs',
    group: 'hosts',
    summary: 'show what operations wrote on hosts',
    load: async () => (await import('./commands/look/logs.js')).logsCommand(),
  },
  {
    name: 'status',
    group: 'running',
    summary: 'show the state of the latest apply of a cluster',
    load: async () => (await import('./commands/status.js')).statusCommand(),
  },
  {
    name: 'history',
    group: 'running',
    summary: 'list the operations on a cluster',
    load: async () => (await import('./commands/look/history.js')).historyCommand(),
  },
  {
    name: 'attach',
    group: 'running',
    summary: 'follow the latest apply of a cluster',
    load: async () => (await import('./commands/attach.js')).attachCommand(),
  },
  {
    name: 'resume',
    group: 'running',
    summary: 'decide what a run waits for: retry, skip, abort or approve',
    load: async () => (await import('./commands/resume.js')).resumeCommand(),
  },
  {
    name: 'signal',
    group: 'running',
    summary: 'pause or continue a running operation, or say that the load balancer is ready',
    load: async () => (await import('./commands/signal.js')).signalCommand(),
  },
  {
    name: 'cancel',
    group: 'running',
    summary: 'stop a running operation',
    load: async () => (await import('./commands/cancel.js')).cancelCommand(),
  },
  {
    name: 'unlock',
    group: 'running',
    summary: 'show the locks of the hosts, and break them',
    load: async () => (await import('./commands/unlock.js')).unlockCommand(),
  },
  {
    name: 'ui',
    group: 'running',
    summary: "open Temporal's UI, with every step of every run",
    load: async () => (await import('./commands/ui.js')).uiCommand(),
  },
  {
    name: 'engine',
    group: 'engine',
    summary: 'start, stop, install and inspect the embedded engine',
    load: async () => (await import('./commands/engine/engine.js')).engineCommand(),
  },
  {
    name: 'worker',
    group: 'engine',
    summary: 'run a worker for an existing Temporal server',
    load: async () => (await import('./commands/worker.js')).workerCommand(),
  },
  {
    name: 'seal',
    group: 'engine',
    summary: 'create and rotate the key that workers obey',
    load: async () => (await import('./commands/seal.js')).sealCommand(),
  },
  {
    name: 'doctor',
    group: 'engine',
    summary: 'check this machine and its Temporal server',
    load: async () => (await import('./commands/doctor.js')).doctorCommand(),
  },
]
