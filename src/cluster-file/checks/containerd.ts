/** Checks the overrides of containerd's configuration: kubelet and kubeadm must find what they expect. */
import { REGISTRIES_FOLDER } from '../../configuration/containerd/config.js'
import { isPlainObject } from '../../values/merge.js'
import { networkNeeds, objectAt, textAt, type Outline } from '../lenient.js'
import type { FieldPath, Finding } from '../problem.js'
import { problem } from './finding.js'
import { reliedFields, type Reliance, type Reliances } from './relied-on.js'

const CONFIG: FieldPath = ['spec', 'containerRuntime', 'config']

const SANDBOX = 'the Kubernetes version sets it, with kubernetes.imageRepository'
const REGISTRIES = 'containerRuntime.registries sets how registries are reached'

function cniFolder(folder: string): Reliance {
  return {
    reason: `the pod network relies on ${folder}`,
    allows: (value, file) => value === folder || !networkNeeds(file, 'usualCniFolders'),
  }
}

const RELIED: Reliances = {
  'containerd.runtimes.runc.options.SystemdCgroup': {
    reason: 'the kubelet uses the systemd cgroup driver',
    allows: (value) => value === true,
    isRendered: true,
  },
  'containerd.runtimes.runc.runtime_type': {
    reason: 'kubelet needs a runtime of containerd 1.5 or later',
    allows: (value) => value === 'io.containerd.runc.v2',
    isRendered: true,
  },
  sandbox_image: SANDBOX,
  sandbox: SANDBOX,
  'pinned_images.sandbox': SANDBOX,
  'registry.config_path': {
    reason: `Quorate writes the registries into ${REGISTRIES_FOLDER}`,
    allows: (value) => value === REGISTRIES_FOLDER,
    isRendered: true,
  },
  'registry.mirrors': REGISTRIES,
  'cni.bin_dir': cniFolder('/opt/cni/bin'),
  'cni.conf_dir': cniFolder('/etc/cni/net.d'),
  disable_cgroup: { reason: 'the kubelet limits pods by cgroups', allows: (value) => value === false },
}

export function checkContainerd(file: Outline): readonly Finding[] {
  return [
    ...reliedFields(RELIED, file.containerdConfig, CONFIG, file),
    ...defaultRuntime(file),
    ...registryTls(file),
  ]
}

/** A different default runtime also runs kubeadm's pods, so it must use systemd's cgroups. */
function defaultRuntime({ containerdConfig }: Outline): readonly Finding[] {
  const containerd = objectAt(containerdConfig, 'containerd')
  const name = textAt(containerd, 'default_runtime_name')
  if (name === undefined || name === 'runc') return []
  const options = objectAt(objectAt(objectAt(containerd, 'runtimes'), name), 'options')
  if (options['SystemdCgroup'] === true) return []
  return [
    problem(
      [...CONFIG, 'containerd', 'default_runtime_name'],
      `the runtime "${name}" does not use the systemd cgroup driver, which the kubelet uses`,
      `give runtimes.${name}.options SystemdCgroup: true`,
    ),
  ]
}

/** containerd does not start with both a folder of registries and TLS settings of the old kind. */
function registryTls({ containerdConfig }: Outline): readonly Finding[] {
  const configs = objectAt(objectAt(containerdConfig, 'registry'), 'configs')
  return Object.entries(configs)
    .filter(([, config]) => isPlainObject(config) && config['tls'] !== undefined)
    .map(([registry]) =>
      problem(
        [...CONFIG, 'registry', 'configs', registry, 'tls'],
        'containerd refuses it together with registry.config_path',
        `write ${REGISTRIES_FOLDER}/${registry}/hosts.toml on the hosts`,
      ),
    )
}
