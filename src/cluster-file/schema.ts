/**
 * The shape of a cluster file: fields, formats, defaults, and what each means. It is the only source of the checks, of
 * what messages know about fields, and of the JSON Schema for editors. Checks across several fields are in `checks/`.
 */
import { z } from 'zod'
import { FLANNEL_IMAGES } from '../configuration/pod-network/flannel.js'
import { NETWORK_PLUGINS, pluginNames } from '../configuration/pod-network/plugins.js'
import { freeForm, port, text } from './fields.js'
import { kubernetesSchema } from './kubernetes-schema.js'
import { notificationsSchema } from './notifications-schema.js'
import { schedulesSchema } from './schedules-schema.js'
import { snapshotsSchema } from './snapshots-schema.js'
import { clusterSshSchema, hostSshSchema, jumpHostsSchema, storedSecret } from './ssh-settings/schema.js'

/** The values that mark a file as ours. */
export const API_VERSION = 'quorate.dev/v1alpha1'
export const KIND = 'Cluster'

const taint = z.strictObject({
  key: text('labelKey', 'Key of the taint.'),
  value: text('labelValue', 'Value of the taint.').optional(),
  effect: z
    .enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute'])
    .meta({ description: 'What happens to pods that do not tolerate it.' }),
})

const host = z.strictObject({
  name: text('name', "The host's name in this file and the name of its node."),
  role: z.enum(['control-plane', 'worker', 'etcd', 'load-balancer']).meta({
    description:
      'What the host is for. Control planes carry an etcd member each, unless the topology is external.',
  }),
  address: text('address', 'IP address or DNS name that Quorate connects to.'),
  internalAddress: text(
    'ipAddress',
    "IPv4 address that the cluster's components use among themselves; the same as address unless given.",
  ).optional(),
  ssh: hostSshSchema,
  prepare: z
    .boolean()
    .meta({
      description:
        "false: an apply leaves the host's packages, container runtime, kernel settings and swap as they are. quorate adopt writes it for hosts that were prepared by hand.",
      examples: [false],
    })
    .default(true),
  labels: z
    .record(text('labelKey', 'Key of the label.'), text('labelValue', 'Value of the label.'))
    .prefault({})
    .meta({ description: 'Labels of the node; not those that the kubelet or kubeadm sets.' }),
  taints: z
    .array(taint)
    .meta({ description: "Taints that the node registers with; kubeadm's choice for the role unless given." })
    .optional(),
})

const network = z
  .strictObject({
    plugin: z
      .enum(pluginNames())
      .meta({
        description: pluginNames()
          .map((name) => `${name}: ${NETWORK_PLUGINS[name].description}.`)
          .join(' '),
      })
      .optional(),
    manifest: text(
      'path',
      'Path or https URL of the manifest of a network plugin.',
      './calico.yaml',
    ).optional(),
    digest: text(
      'digest',
      'SHA-256 of the manifest (`curl -fsSL URL | sha256sum`); required with a URL, so that Quorate applies only what you have reviewed.',
    ).optional(),
    backend: z
      .enum(['vxlan', 'host-gw', 'wireguard'])
      .meta({
        description:
          "Flannel's backend: vxlan (unless given), host-gw for hosts of one subnet, wireguard to encrypt traffic between hosts.",
      })
      .optional(),
    port: port("UDP port of Flannel's vxlan (8472 unless given) or wireguard (51820).", 4789).optional(),
    vni: z
      .int()
      .min(1)
      .max(16_777_215)
      .meta({ description: "Number of Flannel's vxlan network; 1 unless given.", examples: [42] })
      .optional(),
    interface: text(
      'interface',
      "Interface for packets between hosts, if it is not the one with the host's internal address: its name, or a regular expression.",
    ).optional(),
    netConf: z
      .record(z.string(), z.unknown())
      .meta({
        description: "Merged into Flannel's net-conf.json.",
        examples: [{ Backend: { DirectRouting: true } }],
      })
      .optional(),
    image: text('image', `Flannel's image; ${FLANNEL_IMAGES.image} unless given.`).optional(),
    cniPluginImage: text(
      'image',
      `Image of Flannel's CNI plugin; ${FLANNEL_IMAGES.cniPluginImage} unless given.`,
      'registry.example.com/flannel-cni-plugin:v1.9.1-flannel1',
    ).optional(),
  })
  .prefault({})
  .meta({ description: 'The pod network; Flannel unless given.' })

const loadBalancer = z
  .strictObject({
    type: z.enum(['haproxy', 'external']).meta({
      description: 'haproxy: Quorate runs HAProxy on your hosts. external: you have a load balancer.',
    }),
    hosts: z
      .array(text('name', 'Name of a host with the role load-balancer or control-plane.', 'lb1'))
      .meta({
        description:
          'Where HAProxy runs; every host with the role load-balancer unless given. Control planes may run it themselves.',
      })
      .optional(),
    virtualAddress: text(
      'virtualAddress',
      "Address that keepalived moves to a working HAProxy host; the endpoint resolves to it. A free address in the hosts' network.",
    ).optional(),
    interface: text(
      'interfaceName',
      "Network interface that gets the virtual address; the one with the host's internal address unless given.",
    ).optional(),
    virtualRouterId: z
      .int()
      .min(1)
      .max(255)
      .meta({
        description:
          'VRRP router ID of this group of HAProxy hosts, unique in the network; the last number of the virtual address unless given.',
        examples: [51],
      })
      .optional(),
  })
  .meta({
    description:
      'The load balancer behind controlPlaneEndpoint; haproxy if hosts have the role load-balancer, otherwise external.',
  })
  .optional()

const etcd = z
  .strictObject({
    topology: z.enum(['stacked', 'external']).default('stacked').meta({
      description:
        'stacked: an etcd member on each control plane. external: on hosts with the role etcd, or an etcd of your own at endpoints.',
    }),
    endpoints: z
      .array(text('url', 'Client URL of a member.', 'https://10.0.0.31:2379'))
      .min(1)
      .meta({ description: 'An etcd that you run yourself: the client URLs of its members.' })
      .optional(),
    caFile: text('path', 'With endpoints: CA certificate of that etcd.', './etcd/ca.crt').optional(),
    certFile: text(
      'path',
      'With endpoints: client certificate for the API servers.',
      './etcd/client.crt',
    ).optional(),
    keyFile: text(
      'path',
      'With endpoints: key of certFile; only its owner may read it. The paths are on the machine where the worker runs.',
      './etcd/client.key',
    ).optional(),
    snapshots: snapshotsSchema,
  })
  .prefault({})
  .meta({ description: 'Where etcd runs, and its snapshots.' })

const packages = z
  .strictObject({
    install: z
      .boolean()
      .default(true)
      .meta({ description: 'false: install nothing, only verify that everything is there.' }),
    repository: text('url', 'Base URL of the Kubernetes packages, laid out as pkgs.k8s.io is.').default(
      'https://pkgs.k8s.io',
    ),
    signingKeyFile: text(
      'path',
      "The repository's public key, ASCII-armored; fetched from the repository over https unless given.",
      './packages.asc',
    ).optional(),
  })
  .prefault({})
  .meta({ description: 'Where kubeadm, kubelet and kubectl come from.' })

const containerRuntime = z
  .strictObject({
    registries: z
      .array(
        z.strictObject({
          registry: text('registry', 'Registry as written in image names: host and port.'),
          endpoint: text('url', 'URL to use instead.', 'https://mirror.example.com'),
          username: text(
            'registryUser',
            'User who logs in to endpoint by HTTP basic authentication, with the password of passwordFrom.',
          ).optional(),
          passwordFrom: storedSecret(
            'Where the password for the registry is.',
            'REGISTRY_PASSWORD',
            '~/.quorate/registry-password',
          ).optional(),
        }),
      )
      .default([])
      .meta({ description: 'Registries that are not reached over https at their own name.' }),
    config: freeForm("Merged into containerd's CRI plugin section.", { max_container_log_line_size: 32_768 }),
  })
  .prefault({})
  .meta({ description: 'containerd.' })

/** The whole file. */
export const clusterFileSchema = z.strictObject({
  apiVersion: z.literal(API_VERSION).meta({ description: 'Version of this format.' }),
  kind: z.literal(KIND).meta({ description: 'What the file describes.' }),
  metadata: z
    .strictObject({ name: text('name', 'Name of the cluster.', 'prod') })
    .meta({ description: 'What the cluster is called.' }),
  spec: z
    .strictObject({
      kubernetes: kubernetesSchema,
      network,
      loadBalancer,
      etcd,
      schedules: schedulesSchema,
      notifications: notificationsSchema,
      packages,
      containerRuntime,
      ssh: clusterSshSchema,
      jumpHosts: jumpHostsSchema,
      hosts: z.array(host).min(1).meta({ description: 'The machines, at least one control plane.' }),
    })
    .meta({ description: 'What the cluster should be.' }),
})

/** A cluster file whose shape has been checked and whose defaults are filled in. */
export type ClusterFile = z.output<typeof clusterFileSchema>
