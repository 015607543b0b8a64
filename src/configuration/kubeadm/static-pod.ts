/** Manifests of kubeadm's static pods: the arguments and volumes in them that the cluster file sets. */
import { isPlainObject, type PlainObject } from '../../values/merge.js'

/** What of a manifest follows kubeadm's rendering; everything else in it stays as it is. */
export interface ManagedParts {
  /** Names of arguments, without dashes. */
  readonly arguments: ReadonlySet<string>
  readonly volumes: ReadonlySet<string>
}

/** Program and arguments of a manifest's only container. */
export function commandOf(pod: PlainObject): readonly string[] {
  const command = containerOf(pod)['command']
  return Array.isArray(command) ? command.map(String) : []
}

/** The manifest with those parts as kubeadm renders them; the same object if it has them already. */
export function withManagedParts(
  pod: PlainObject,
  rendered: PlainObject,
  managed: ManagedParts,
): PlainObject {
  const command = mergedCommand(commandOf(pod), commandOf(rendered), managed.arguments)
  const spec = isPlainObject(pod['spec']) ? pod['spec'] : {}
  const renderedSpec = isPlainObject(rendered['spec']) ? rendered['spec'] : {}
  const container = containerOf(pod)
  const changed: PlainObject = {
    ...pod,
    spec: {
      ...spec,
      containers: [
        {
          ...container,
          command,
          volumeMounts: merged(
            container['volumeMounts'],
            containerOf(rendered)['volumeMounts'],
            managed.volumes,
          ),
        },
      ],
      volumes: merged(spec['volumes'], renderedSpec['volumes'], managed.volumes),
    },
  }
  return isEqual(changed, pod) ? pod : changed
}

function containerOf(pod: PlainObject): PlainObject {
  const spec = isPlainObject(pod['spec']) ? pod['spec'] : {}
  const containers: readonly unknown[] = Array.isArray(spec['containers']) ? spec['containers'] : []
  return isPlainObject(containers[0]) ? containers[0] : {}
}

/** kubeadm writes arguments in the order of their names. */
function mergedCommand(
  current: readonly string[],
  rendered: readonly string[],
  managed: ReadonlySet<string>,
): readonly string[] {
  const isManaged = (argument: string) => managed.has(argument.replace(/^--/, '').split('=')[0] ?? '')
  const [before, after] = [current.filter(isManaged), rendered.filter(isManaged)]
  if (isEqual(before.toSorted(), after.toSorted())) return current
  const [program = '', ...others] = current.filter((argument) => !isManaged(argument))
  return [program, ...[...others, ...after].sort()]
}

function merged(current: unknown, rendered: unknown, managed: ReadonlySet<string>): readonly unknown[] {
  const isManaged = (item: unknown) => isPlainObject(item) && managed.has(String(item['name']))
  const [now, then]: (readonly unknown[])[] = [current, rendered].map((list) =>
    Array.isArray(list) ? list : [],
  )
  const wanted = (then ?? []).filter(isManaged)
  if (isEqual((now ?? []).filter(isManaged), wanted)) return now ?? []
  return [...(now ?? []).filter((item) => !isManaged(item)), ...wanted]
}

function isEqual(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
