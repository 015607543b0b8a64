/** Manifests of the control plane in memory. */
import { parse } from 'yaml'
import { renderYaml } from '../../../../src/values/yaml-output.js'

const MANIFESTS = '/etc/kubernetes/manifests'

/** An argument, without its dashes. */
export interface Named {
  readonly name: string
  readonly value: string
}

export function pathOf(component: string): string {
  return `${MANIFESTS}/${component}.yaml`
}

export function manifest(component: string, extraArgs: readonly Named[]): string {
  const command = [component, ...extraArgs.map(({ name, value }) => `--${name}=${value}`)]
  return renderYaml([{ kind: 'Pod', spec: { containers: [{ name: component, command }] } }])
}

export function commandIn(text: string): readonly string[] {
  const pod = parse(text) as { spec: { containers: readonly { command: readonly string[] }[] } } | null
  return pod?.spec.containers[0]?.command ?? []
}
