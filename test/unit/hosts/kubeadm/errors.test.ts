import { describe, expect, it } from 'vitest'
import { kubeadmError } from '../../../../src/hosts/kubeadm/errors.js'
import { aHost } from '../../../support/clusters.js'

const TO_SEE_THE_STACK = 'To see the stack trace of this error execute with --v=5 or higher\n'

function errorOf(output: string, ordinal = 1) {
  return kubeadmError(aHost('cp2'), 'kubeadm join', { exitCode: 1, output, ordinal })
}

describe('a kubeadm error', () => {
  it.each([
    'error: error execution phase preflight: couldn\'t validate the identity of the API Server: could not find a JWS signature in the cluster-info ConfigMap for token ID "h2pkb0"',
    'error: error execution phase etcd-join: error creating local etcd static pod manifest file: context deadline exceeded',
    'error: error execution phase kubelet-wait-bootstrap: timed out waiting for the condition',
    'error: error execution phase preflight: Get "https://api:6443/api/v1/namespaces/kube-public": EOF',
    'error: error execution phase control-plane-prepare/download-certs: Get "https://api:6443/": dial tcp 10.0.0.1:6443: connect: connection refused',
    'error: error execution phase etcd-join: etcdserver: too many learner members in cluster',
    'error: error execution phase kubelet-start: Unauthorized',
  ])('is retried if time or a new token may fix it: %s', (line) => {
    expect(errorOf(`[preflight] Running pre-flight checks\n${line}\n${TO_SEE_THE_STACK}`).code).toBe(
      'KUBEADM_TIMED_OUT',
    )
  })

  it('is left to the operator the third time', () => {
    const output = 'error: error execution phase etcd-join: context deadline exceeded\n'
    expect([1, 2, 3].map((ordinal) => errorOf(output, ordinal).code)).toEqual([
      'KUBEADM_TIMED_OUT',
      'KUBEADM_TIMED_OUT',
      'KUBEADM_FAILED',
    ])
  })

  it.each([
    'error: error execution phase preflight: a Node with name "cp2" and status "Ready" already exists in the cluster',
    'error: invalid configuration: kind "JoinConfiguration" is not registered',
  ])('is left to the operator if time cannot fix it: %s', (line) => {
    expect(errorOf(`${line}\n${TO_SEE_THE_STACK}`).code).toBe('KUBEADM_FAILED')
  })

  it.each([
    'error: error execution phase preflight: no such host\n',
    'error execution phase preflight: no such host\n',
  ])('includes the phase in which it occurred: %j', (output) => {
    expect(errorOf(output).message).toBe('kubeadm join ended with 1: preflight: no such host')
  })

  it('is retried if kubeadm was killed, for example by the OOM killer', () => {
    const killed = (ordinal: number) =>
      kubeadmError(aHost('cp2'), 'kubeadm join', { exitCode: 137, output: '[etcd] …', ordinal })
    expect(killed(1)).toMatchObject({
      code: 'UNIT_INTERRUPTED',
      message: 'kubeadm join was killed by signal 9',
    })
    expect(killed(3)).toMatchObject({ code: 'KUBEADM_FAILED' })
  })

  it("is retried if etcd's log moved on while an upgrade copied it", () => {
    const output = [
      '[upgrade/apply] FATAL: error execution phase control-plane: failed to perform the upgrade',
      "fatal error when trying to upgrade the etcd cluster: cp: cannot stat '/var/lib/etcd/member/wal/1.tmp': No such file or directory",
    ].join('\n')
    expect([1, 3].map((ordinal) => errorOf(output, ordinal).code)).toEqual([
      'KUBEADM_TIMED_OUT',
      'KUBEADM_FAILED',
    ])
  })

  it('has no phase if kubeadm named none', () => {
    expect(errorOf('error: unknown flag: --foo\n').message).toBe(
      'kubeadm join ended with 1: unknown flag: --foo',
    )
  })

  it('names every failed preflight check', () => {
    const output =
      '[preflight] Some fatal errors occurred:\n\t[ERROR CRI]: container runtime is not running\n\t[ERROR Swap]: swap is on\n'
    const error = errorOf(output)
    expect(error.code).toBe('KUBEADM_PREFLIGHT_FAILED')
    expect(error.message).toBe(
      'kubeadm join preflight: CRI: container runtime is not running; Swap: swap is on',
    )
  })

  it.each([
    ['a slow runtime', 'CRI', 'rpc error: code = DeadlineExceeded desc = context deadline exceeded'],
    [
      'a runtime that is restarting',
      'CRI',
      'dial unix /run/containerd/containerd.sock: connect: connection refused',
    ],
  ])('is retried if the only preflight failure is %s', (_, check, reason) => {
    const output = `[preflight] Some fatal errors occurred:\n\t[ERROR ${check}]: ${reason}\n`
    expect(errorOf(output).code).toBe('KUBEADM_TIMED_OUT')
    expect(errorOf(`${output}\t[ERROR Swap]: swap is on\n`).code).toBe('KUBEADM_PREFLIGHT_FAILED')
    expect(errorOf(output, 3).code).toBe('KUBEADM_PREFLIGHT_FAILED')
  })

  it('includes the last output, without client log lines and colours', () => {
    const output = [
      'W1123 17:48:12.522037   17777 logging.go:55] [core] grpc: addrConn.createTransport failed',
      '{"level":"warn","logger":"etcd-client","msg":"retrying of unary invoker failed"}',
      '\u001B[0;37mCGROUPS_CPU\u001B[0m: \u001B[0;32menabled\u001B[0m',
      'error: error execution phase etcd-join: context deadline exceeded',
    ]
    expect(errorOf(output.join('\n')).context.output).toBe(
      'CGROUPS_CPU: enabled\nerror: error execution phase etcd-join: context deadline exceeded',
    )
  })
})
