/** The program in docs/api.md, as somebody else's: against the built package, compiled strictly, and run to its end. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { failing, fakeActivities } from '../../support/fake-activities.js'
import { PROJECT, runProgram } from '../../support/process.js'
import { startSshd, type TestSshd } from '../../support/sshd.js'
import { TemporalScene } from '../../support/temporal-scene.js'

const ADMIN_CONF = `apiVersion: v1
kind: Config
clusters: [{ name: kubernetes, cluster: { server: 'https://api.prod.lab:6443' } }]
users: [{ name: kubernetes-admin, user: { token: of-the-administrator } }]
`

const folder = mkdtempSync(join(tmpdir(), 'quorate-api-'))
const temporal = TemporalScene.forFile()
let cp1: TestSshd

beforeAll(async () => {
  writeFileSync(join(folder, 'admin.conf'), ADMIN_CONF)
  writeFileSync(
    join(folder, 'login'),
    `exec sh -c "$(printf %s "$SSH_ORIGINAL_COMMAND" | sed "s#/etc/kubernetes/admin.conf#${folder}/admin.conf#g")"`,
  )
  cp1 = await startSshd({ config: [`ForceCommand sh ${join(folder, 'login')}`] })
  writeFileSync(
    join(folder, 'cluster.yaml'),
    `apiVersion: quorate.dev/v1alpha1
kind: Cluster
metadata: { name: prod }
spec:
  kubernetes: { version: v1.36.3, controlPlaneEndpoint: 'api.prod.lab:6443' }
  loadBalancer: { type: external }
  ssh: { user: ${userInfo().username}, port: ${cp1.port}, knownHostsFile: ${cp1.knownHostsFile}, identityFile: ${cp1.identityFile} }
  hosts:
    - { name: cp1, role: control-plane, address: 127.0.0.1, internalAddress: 192.0.2.11 }
`,
  )
  // A project that depends on the package.
  mkdirSync(join(folder, 'node_modules', '@types'), { recursive: true })
  symlinkSync(PROJECT, join(folder, 'node_modules', 'quorate'))
  symlinkSync(join(PROJECT, 'node_modules', '@types', 'node'), join(folder, 'node_modules', '@types', 'node'))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  const page = readFileSync(join(PROJECT, 'docs', 'api.md'), 'utf8')
  writeFileSync(join(folder, 'program.ts'), /```ts\n(.*?)```/s.exec(page)?.[1] ?? '')
})
afterAll(async () => {
  await cp1.stop()
  rmSync(folder, { recursive: true })
})

/** Compiles the program as strictly as TypeScript can; what the compiler says against it. */
function compile(): readonly string[] {
  const program = ts.createProgram([join(folder, 'program.ts')], {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2023,
    types: ['node'],
    typeRoots: [join(folder, 'node_modules', '@types')],
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    verbatimModuleSyntax: true,
    skipLibCheck: true,
  })
  const said = [...ts.getPreEmitDiagnostics(program), ...program.emit().diagnostics]
  return said.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
}

describe('the program in docs/api.md', () => {
  it('compiles, reviews, tries a parked step again, and ends with the kubeconfig', async () => {
    expect(compile()).toEqual([])

    const { activities } = fakeActivities()
    const worker = await temporal.worker({
      ...activities,
      prepareHost: failing(activities.prepareHost, 'cp1'),
    })
    const { stdout, stderr, exitCode } = await worker.runUntil(
      runProgram(
        process.execPath,
        [join(folder, 'program.js')],
        { TEMPORAL_ADDRESS: temporal.environment.address, QUORATE_SEAL_KEY_FILE: 'none' },
        folder,
      ),
    )
    expect({ stderr, exitCode }).toEqual({
      stderr: 'line 8: one control plane is not highly available\nline 8: no host has the role worker\n',
      exitCode: 0,
    })
    expect(stdout).toMatch(/^cp1: install /m)
    expect(stdout).toContain(
      'prepare-hosts/cp1 is parked: preflight failed on cp1 (KUBEADM_PREFLIGHT_FAILED)',
    )
    expect(stdout).toContain('prod: Kubernetes v1.36.3, 0 nodes')

    const kubeconfig = join(folder, 'kubeconfig.yaml')
    expect(readFileSync(kubeconfig, 'utf8')).toContain('current-context: prod')
    expect(statSync(kubeconfig).mode & 0o777).toBe(0o600)
  }, 600_000)
})
