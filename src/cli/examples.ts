/** What the help of `quorate` ends with. */

export const EXAMPLES = `
First steps:
  $ quorate init                        write cluster.yaml, from questions or flags
  $ quorate validate                    check it; no host is touched
  $ quorate known-hosts                 the keys of new hosts: compare them, then confirm
  $ quorate preflight                   is every host ready? what is not, and how to fix it
  $ quorate plan                        look at the hosts and show what would change
  $ quorate apply                       do it; Ctrl-C leaves it running
  $ quorate kubeconfig --merge          the administrator's kubeconfig, into ~/.kube/config

While it runs, and after:
  $ quorate status prod                 where it is, and what went wrong
  $ quorate attach prod                 follow it again, from any terminal
  $ quorate resume prod                 after a failure: what waits for you, and why; retry, skip or abort
  $ quorate logs prod w1 kubeadm-join   what a step wrote on its host
  $ quorate explain HOST_LOCKED         what an error code or a field means
  $ quorate ui prod                     every step of it in Temporal's UI, in your browser
  $ quorate doctor                      is everything there that is needed?

Temporal:
  Without a server configured, quorate runs one of its own on this machine (quorate engine).
  TEMPORAL_ADDRESS and the other variables and profiles of the Temporal CLI name another.

Exit codes:
  0 done   1 failed   2 bad usage or configuration   3 waits for you (quorate resume)
  4 a certificate ends within the time of certificates --within, or no snapshot is younger than list --max-age
  5 plan --detailed-exitcode: something would change
  130 left with Ctrl-C, or by a closed pipe while an apply goes on   141 a closed pipe
`
