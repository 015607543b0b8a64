/** The etcd of cp1 alone, as its host answers once it founds no other cluster. */
import { aHost } from './clusters.js'
import { ETCD_COMMAND } from './etcd-manifest.js'
import type { Answers } from './scripted-session.js'

const command = Buffer.from(ETCD_COMMAND.join('\n')).toString('base64')
const address = `https://${aHost('cp1').internalAddress}`

export const FOUNDED_ETCD: Answers = [
  ['pidof', `command 7 ${command}\npod /var/log/pods/etcd 0\n`],
  ['member list', `1, started, cp1, ${address}:2380, ${address}:2379, false`],
  ['endpoint health', JSON.stringify([{ endpoint: `${address}:2379`, health: true }])],
]
