/** Activity IDs say what is done where (workflows/run/activity-policies.ts): `cp2: kubeadm join (2)`. */
const ACTIVITY_ID = /^(?<host>[^:]+): (?<step>.+?)(?: \(\d+\))?$/

/** The host and the step that an activity ID names; undefined for an ID of another form. */
export function readActivityId(
  id: string | null | undefined,
): { readonly host: string; readonly step: string } | undefined {
  const { host, step } = ACTIVITY_ID.exec(id ?? '')?.groups ?? {}
  return host === undefined || step === undefined ? undefined : { host, step }
}
