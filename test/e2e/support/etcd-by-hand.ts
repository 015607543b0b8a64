/** An etcd that somebody else runs, beside a cluster: made without Quorate's own code. */
import { readdirSync } from 'node:fs'
import { cachePath } from '../../../lab/cache.js'
import type { Fleet } from '../../support/fleet.js'
import { mustRun } from '../../support/process.js'
import { addressOf } from './changed-cluster-file.js'

/** Where its owner keeps its data, certificates and keys. */
export const FILES = '/root/etcd'

/**
 * Starts an etcd of one member with an authority of its own, and clients only with certificates.
 * @returns its client URL
 */
export async function runEtcd(fleet: Fleet, holder: string): Promise<string> {
  const address = addressOf(fleet, holder)
  const build = readdirSync(cachePath('build')).find((name) => /^etcd-v3\.6\.[^.]*$/.test(name))
  if (build === undefined) throw new Error('the lab has built no etcd')
  for (const program of ['etcd', 'etcdctl']) {
    const place = `${fleet.container(holder)}:/usr/local/bin/own-${program}`
    await mustRun('docker', ['cp', cachePath('build', build, program), place])
  }
  await fleet.on(
    holder,
    `set -e; umask 077; mkdir -p ${FILES}; cd ${FILES}
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -days 30 -subj /CN=own-etcd-ca 2>/dev/null
certificate() {
  openssl req -newkey rsa:2048 -nodes -keyout $1.key -out $1.csr -subj /CN=$1 2>/dev/null
  printf 'subjectAltName=IP:${address}\\nextendedKeyUsage=serverAuth,clientAuth\\n' >$1.ext
  openssl x509 -req -in $1.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out $1.crt -days 30 -extfile $1.ext 2>/dev/null
}
certificate server
certificate client
systemd-run --quiet --unit=own-etcd --service-type=notify /usr/local/bin/own-etcd --data-dir ${FILES}/data \\
  --listen-client-urls https://${address}:2379 --advertise-client-urls https://${address}:2379 \\
  --client-cert-auth --trusted-ca-file ${FILES}/ca.crt --cert-file ${FILES}/server.crt --key-file ${FILES}/server.key`,
  )
  return `https://${address}:2379`
}
