/**
 * containerd's configuration file for Kubernetes: systemd's cgroups, the sandbox image that kubeadm expects,
 * registries by folder, and the user's settings of the CRI plugin.
 */
import { stringify } from 'smol-toml'
import { HEADER } from '../host-prerequisites.js'
import { mergeDeep, type PlainObject } from '../../values/merge.js'

/** Where containerd reads it, and the mode of the file. */
export const CONTAINERD_CONFIG_FILE = { path: '/etc/containerd/config.toml', mode: 0o644 } as const

/**
 * Files that containerd reads in addition to its own. Settings that others put there (an operator for accelerators, a
 * person) survive an apply. None of the files has to exist.
 */
export const DROP_IN_CONFIGS = '/etc/containerd/conf.d/*.toml'

/** Folder with one folder per registry; see `registries.ts`. */
export const REGISTRIES_FOLDER = '/etc/containerd/certs.d'

/** containerd's majors whose configuration is known. */
export type ContainerdMajor = 1 | 2

/** What the file depends on. */
export interface ContainerdConfigOptions {
  /** Major version of the containerd installed on the host. */
  readonly majorVersion: ContainerdMajor
  /** E.g. `registry.k8s.io/pause:3.10.2`. */
  readonly sandboxImage: string
  /** The cluster file's `containerRuntime.config`: keys of the CRI plugin's section, deep-merged. */
  readonly config: PlainObject
}

const CRI_PLUGIN = 'io.containerd.grpc.v1.cri'
const CRI_RUNTIME_PLUGIN = 'io.containerd.cri.v1.runtime'
const CRI_IMAGES_PLUGIN = 'io.containerd.cri.v1.images'

// containerd 2 splits the CRI plugin in two. These keys moved to the part that handles images.
const IMAGE_KEYS: ReadonlySet<string> = new Set([
  'snapshotter',
  'disable_snapshot_annotations',
  'discard_unpacked_layers',
  'pinned_images',
  'registry',
  'runtime_platforms',
  'image_decryption',
  'max_concurrent_downloads',
  'concurrent_layer_fetch_buffer',
  'image_pull_progress_timeout',
  'image_pull_with_sync_fs',
  'stats_collect_period',
  'use_local_image_pull',
])

// Set explicitly, although it is the default elsewhere. Since 1.7, Debian's containerd looks only in /usr/lib/cni,
// where neither the package kubernetes-cni nor a pod network puts its plugins. containerd 2.1 calls it `bin_dirs`, and
// accepts both.
const RUNTIME: PlainObject = {
  cni: { bin_dir: '/opt/cni/bin', conf_dir: '/etc/cni/net.d' },
  containerd: {
    default_runtime_name: 'runc',
    runtimes: { runc: { runtime_type: 'io.containerd.runc.v2', options: { SystemdCgroup: true } } },
  },
}
const REGISTRY: PlainObject = { registry: { config_path: REGISTRIES_FOLDER } }

/** The whole file, in the version of the format that the major reads. */
export function renderContainerdConfig(options: ContainerdConfigOptions): string {
  const file = options.majorVersion === 1 ? versionTwo(options) : versionThree(options)
  return `${HEADER}\n# What is to stay goes to conf.d.\n${stringify(file)}\n`
}

// Format 2. containerd 1.3 and later read it, and 2.x still does, but without the settings that moved.
function versionTwo({ sandboxImage, config }: ContainerdConfigOptions): PlainObject {
  const ours = { sandbox_image: sandboxImage, ...REGISTRY, ...RUNTIME }
  return { version: 2, imports: [DROP_IN_CONFIGS], plugins: { [CRI_PLUGIN]: mergeDeep(ours, config) } }
}

function versionThree({ sandboxImage, config }: ContainerdConfigOptions): PlainObject {
  const entries = Object.entries(config)
  const forImages = Object.fromEntries(entries.filter(([key]) => IMAGE_KEYS.has(key)))
  const forRuntime = Object.fromEntries(entries.filter(([key]) => !IMAGE_KEYS.has(key)))
  return {
    version: 3,
    imports: [DROP_IN_CONFIGS],
    plugins: {
      [CRI_IMAGES_PLUGIN]: mergeDeep({ pinned_images: { sandbox: sandboxImage }, ...REGISTRY }, forImages),
      [CRI_RUNTIME_PLUGIN]: mergeDeep(RUNTIME, forRuntime),
    },
  }
}
