/** The shape of `spec.kubernetes`. */
import { z } from 'zod'
import { freeForm, text } from './fields.js'

/** The cluster's networks, unless the file gives others. */
export const DEFAULT_NETWORKS = { podSubnet: '10.244.0.0/16', serviceSubnet: '10.96.0.0/12' } as const

const networking = z
  .strictObject({
    podSubnet: text('network', 'Addresses of pods; a /24 of it for each node, so a /8 to a /24.').default(
      DEFAULT_NETWORKS.podSubnet,
    ),
    serviceSubnet: text(
      'network',
      'Addresses of services; a /12 to a /28.',
      DEFAULT_NETWORKS.serviceSubnet,
    ).default(DEFAULT_NETWORKS.serviceSubnet),
    dnsDomain: text('dnsName', "Domain of the cluster's own DNS, in lowercase.").default('cluster.local'),
  })
  .prefault({})
  .meta({
    description:
      "The cluster's networks, of IPv4: IPv6 and dual stack are not supported yet. They must not overlap with each other or with the hosts'.",
  })

const kubeadm = z
  .strictObject({
    clusterConfiguration: freeForm("Merged into kubeadm's ClusterConfiguration.", {
      apiServer: { extraArgs: { 'audit-log-maxage': '30' } },
    }),
    initConfiguration: freeForm("Merged into kubeadm's InitConfiguration.", {
      nodeRegistration: { ignorePreflightErrors: ['NumCPU'] },
    }),
    joinConfiguration: freeForm("Merged into kubeadm's JoinConfiguration of every host that joins.", {
      nodeRegistration: { ignorePreflightErrors: ['NumCPU'] },
    }),
    kubeletConfiguration: freeForm('Merged into the KubeletConfiguration.', { maxPods: 200 }),
    kubeProxyConfiguration: freeForm('Merged into the KubeProxyConfiguration.', {
      conntrack: { maxPerCore: 65536 },
    }),
  })
  .prefault({})
  .meta({
    description:
      'Merged into what Quorate gives kubeadm: objects merge, lists and values replace, null removes. Extra arguments may be a map or a list. A setting that belongs to another field, or that Quorate relies on, is refused with the reason.',
  })

const encryptionAtRest = z
  .strictObject({
    resources: z
      .array(
        text('encryptedResource', 'secrets, configmaps, or a custom resource with its group.', 'secrets'),
      )
      .min(1)
      .default(['secrets'])
      .meta({ description: 'The resources whose values are encrypted; secrets unless given.' }),
    provider: z
      .enum(['secretbox', 'aescbc'])
      .default('secretbox')
      .meta({ description: 'secretbox: XSalsa20 and Poly1305. aescbc: AES-CBC, where a rule asks for AES.' }),
    rotation: z.int().min(1).max(999).default(1).meta({
      description: 'Number of the key. Another number is another key, and all values are written with it.',
    }),
  })
  .meta({
    description:
      'Encrypts values in etcd. Quorate makes the key on the first control plane; docs/reconfigure.md says where it is. Taken out, everything is decrypted again.',
  })

/** Kubernetes itself. */
export const kubernetesSchema = z
  .strictObject({
    version: text('version', 'Kubernetes release; stable and stable-1.Y are resolved once, then pinned.'),
    controlPlaneEndpoint: text(
      'endpoint',
      'host[:port] of the API, which leads to the load balancer; best a DNS name, in lowercase. The port is 6443 unless given.',
    ),
    certSANs: z
      .array(text('subjectName', 'An IP address or DNS name.'))
      .default([])
      .meta({ description: "Further names and addresses for the API server's certificate." }),
    auditPolicy: text(
      'path',
      'Path of an audit policy (audit.k8s.io/v1). Every control plane gets it, and the API server writes /var/log/kubernetes/audit/audit.log by it. Rotation is set by audit-log-maxage, -maxbackup and -maxsize in kubeadm.clusterConfiguration.',
      './audit-policy.yaml',
    ).optional(),
    encryptionAtRest: encryptionAtRest.optional(),
    networking,
    imageRepository: text('imageRepository', "Where the images of Kubernetes' components come from.").default(
      'registry.k8s.io',
    ),
    kubeadm,
  })
  .meta({ description: 'Kubernetes itself.' })
