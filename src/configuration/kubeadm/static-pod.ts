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

/** Image of a manifest's only container; undefined if it names none. */
export function imageOf(pod: PlainObject): string | undefined {
  const image = containerOf(pod)['image']
  return typeof image === 'string' ? image : undefined
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
          ...merged('volumeMounts', container, containerOf(rendered), managed.volumes),
        },
      ],
      ...merged('volumes', spec, renderedSpec, managed.volumes),
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

/** The list of that name, if it becomes another. */
function merged(
  name: string,
  current: PlainObject,
  rendered: PlainObject,
  managed: ReadonlySet<string>,
): PlainObject {
  const isManaged = (item: unknown) => isPlainObject(item) && managed.has(String(item['name']))
  const [now, then] = [listIn(current, name), listIn(rendered, name)]
  const wanted = then.filter(isManaged)
  if (isEqual(now.filter(isManaged), wanted)) return {}
  return { [name]: [...now.filter((item) => !isManaged(item)), ...wanted] }
}

function listIn(object: PlainObject, name: string): readonly unknown[] {
  const list = object[name]
  return Array.isArray(list) ? list : []
}

function isEqual(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
