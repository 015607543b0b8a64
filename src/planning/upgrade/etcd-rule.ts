/**
 * etcd's own rules about upgrades, which kubeadm does not check: a member may go to the next minor only from a late patch
 * of the one before. Sources: etcd's pages "Upgrade etcd from v3.6 to v3.7" and "Avoiding zombie members".
 */

/** A version of etcd. */
interface EtcdVersion {
  readonly minor: number
  readonly patch: number
}

interface EtcdStep {
  /** Minor of etcd 3 that members go to. */
  readonly to: number
  /** The oldest patch of the minor before from which they may. */
  readonly fromPatch: number
  /** Tag of the image between, for members that are older. */
  readonly steppingTag: string
}

/** What etcd demands of members that go to a minor. */
const ETCD_STEPS: readonly EtcdStep[] = [
  { to: 7, fromPatch: 11, steppingTag: '3.6.11-0' },
  { to: 6, fromPatch: 26, steppingTag: '3.5.26-0' },
]

/** The minor of etcd 3 that kubeadm of each Kubernetes minor deploys, newest first. kubeadm itself is asked before acting. */
const ETCD_MINORS: readonly { readonly sinceMinor: number; readonly etcd: number }[] = [
  { sinceMinor: 37, etcd: 7 },
  { sinceMinor: 34, etcd: 6 },
  { sinceMinor: 0, etcd: 5 },
]

/** The minor of etcd that an upgrade to a Kubernetes minor brings. */
export function etcdMinorOf(kubernetesMinor: number): number {
  return ETCD_MINORS.find(({ sinceMinor }) => kubernetesMinor >= sinceMinor)?.etcd ?? 5
}

/** Reads `3.6.8`, `3.6.8-0` or `v3.6.8`; undefined for anything else. */
export function parseEtcdVersion(text: string): EtcdVersion | undefined {
  const match = /^v?3\.(\d{1,3})\.(\d{1,3})(?:-\d+)?$/.exec(text)
  return match === null ? undefined : { minor: Number(match[1]), patch: Number(match[2]) }
}

/** A member and the version that it runs. */
export interface RunningMember {
  readonly name: string
  readonly version: string
}

/** What an upgrade of etcd needs first. */
interface EtcdJump {
  /** Members that are too old, with their versions. */
  readonly members: readonly RunningMember[]
  /** The tag of etcd's image that they get first. */
  readonly steppingTag: string
  /** Why, in words. */
  readonly reason: string
}

/** Whether members may go to a minor of etcd as they are; undefined if they may. */
export function etcdJump(members: readonly RunningMember[], toMinor: number): EtcdJump | undefined {
  const step = ETCD_STEPS.find(({ to }) => to === toMinor)
  if (step === undefined) return undefined
  const tooOld = members.filter(({ version }) => {
    const parsed = parseEtcdVersion(version)
    return parsed !== undefined && parsed.minor === step.to - 1 && parsed.patch < step.fromPatch
  })
  if (tooOld.length === 0) return undefined
  const names = tooOld.map(({ name, version }) => `${name} (${version})`).join(', ')
  const reason = `etcd supports an upgrade to 3.${toMinor} from 3.${toMinor - 1}.${step.fromPatch} on, and older are ${names}`
  return { members: tooOld, steppingTag: step.steppingTag, reason }
}

/** Whether a member of this version is at least as new as an image's tag. */
export function hasReached(version: string, tag: string): boolean {
  const [own, wanted] = [parseEtcdVersion(version), parseEtcdVersion(tag)]
  if (own === undefined || wanted === undefined) return false
  return own.minor > wanted.minor || (own.minor === wanted.minor && own.patch >= wanted.patch)
}
