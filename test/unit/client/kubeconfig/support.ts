/** What a control plane has in admin.conf. */
import { stringify } from 'yaml'

interface Changes {
  readonly cluster?: object
  readonly user?: object
}

export function adminConf({ cluster, user }: Changes = {}): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'kubernetes',
        cluster: { server: 'https://api.prod.lab:6443', 'certificate-authority-data': 'CA', ...cluster },
      },
    ],
    users: [
      {
        name: 'kubernetes-admin',
        user: { 'client-certificate-data': 'CERT', 'client-key-data': 'KEY', ...user },
      },
    ],
    contexts: [
      { name: 'kubernetes-admin@kubernetes', context: { cluster: 'kubernetes', user: 'kubernetes-admin' } },
    ],
    'current-context': 'kubernetes-admin@kubernetes',
  })
}
