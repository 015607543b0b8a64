/** Errors of a host's state: what must be true before Kubernetes can be installed on it. */
import type { ErrorDefinition } from './definition.js'

export const HOST_ERRORS = {
  PREFLIGHT_FAILED: {
    meaning: 'Preflight found problems, and nothing was changed.',
    source: 'user',
    remedy: 'operator',
    hint: 'fix the problems listed above and apply again; nothing was changed on any host',
  },
  SUDO_DENIED: {
    meaning: 'The user cannot become root with sudo.',
    source: 'user',
    remedy: 'operator',
    hint: 'let the user run sudo without a password (NOPASSWD in /etc/sudoers.d), say where its password is (ssh.sudoPasswordFrom), or log in as root',
  },
  SYSTEMD_MISSING: {
    meaning: 'The host does not run systemd.',
    source: 'user',
    remedy: 'operator',
    hint: 'use a host that runs systemd; kubelet and long steps need it as the init system',
  },
  OPERATING_SYSTEM_UNSUPPORTED: {
    meaning: 'Quorate cannot install packages on this operating system.',
    source: 'user',
    remedy: 'operator',
    hint: 'use a Debian or Ubuntu host, or prepare it by hand and set packages.install: false',
  },
  FACTS_UNREADABLE: {
    meaning: 'A program of the host answers in a form that Quorate cannot read.',
    source: 'user',
    remedy: 'operator',
    hint: "run the command named above on the host as root; another implementation (busybox, an early uutils) may come first in root's PATH",
  },
  ANSWER_UNREADABLE: {
    meaning: 'A program did not answer in the form that it should.',
    source: 'environment',
    remedy: 'retry',
    hint: 'run the program named above on the host as root, and see what it prints',
  },
  PROGRAM_UNFIT: {
    meaning: 'A program is missing, or lacks an option that Quorate needs.',
    source: 'user',
    remedy: 'operator',
    hint: "install the program named above from Debian's package, and make sure that no other program of that name comes first in root's PATH",
  },
  SAME_MACHINE_TWICE: {
    meaning: 'Two hosts of the cluster file have the same machine-id.',
    source: 'user',
    remedy: 'operator',
    hint: 'correct the address; on a cloned machine, create a new /etc/machine-id (two hosts of the cluster file have the same one)',
  },
  CLOCK_SKEW: {
    meaning: 'The clock of the host differs too much from those of the other hosts.',
    source: 'user',
    remedy: 'operator',
    hint: 'synchronise the clocks (chrony or systemd-timesyncd); certificates are refused when clocks differ',
  },
  PORT_BUSY: {
    meaning: 'Another program listens on a port that Kubernetes needs.',
    source: 'user',
    remedy: 'operator',
    hint: 'stop the program that listens on the port, or use another host',
  },
  DISK_FULL: {
    meaning: 'A file system has too little free space.',
    source: 'user',
    remedy: 'operator',
    hint: 'free space on the file system named above',
  },
  FOREIGN_CLUSTER: {
    meaning: 'The host belongs to another cluster.',
    source: 'user',
    remedy: 'operator',
    hint: 'remove the host from the other cluster first (`kubeadm reset`), or correct the cluster file',
  },
  HOST_LOCKED: {
    meaning: 'Another operation holds the host.',
    source: 'user',
    remedy: 'operator',
    hint: 'wait for that operation to end; if it can no longer continue (its Temporal server is gone), break its lock with `quorate unlock`',
  },
  LOCK_LOST: {
    meaning: 'The operation no longer holds the lock of the host.',
    source: 'user',
    remedy: 'operator',
    hint: 'abort this operation, and apply again when no other one runs: another operation has the host now, or its lock was broken with `quorate unlock`',
  },
  HOST_CHANGED: {
    meaning: 'Another machine answers at the address than when the operation started.',
    source: 'user',
    remedy: 'operator',
    hint: 'correct the address, or abort and apply again: this is not the machine that answered when the operation started',
  },
  PACKAGES_FAILED: {
    meaning: 'Packages could not be installed.',
    source: 'environment',
    remedy: 'retry',
    hint: 'read the output above; check packages.repository, and that the host can reach it',
  },
  PACKAGE_MISSING: {
    meaning: 'No package repository of the host has the package or version.',
    source: 'user',
    remedy: 'operator',
    hint: 'check kubernetes.version and packages.repository, or add a repository that has the package to the host',
  },
  REPOSITORY_KEY_INVALID: {
    meaning: 'The signature of the package repository cannot be verified.',
    source: 'environment',
    remedy: 'operator',
    hint: "check packages.repository and the host's clock; if the repository's key has expired, retry once the repository offers a renewed one",
  },
  PROGRAM_MISSING: {
    meaning: 'A program that Quorate needs is not installed on the host.',
    source: 'user',
    remedy: 'operator',
    hint: 'install the program on the host, then retry',
  },
  IMAGES_FAILED: {
    meaning: 'Container images could not be pulled.',
    source: 'environment',
    remedy: 'retry',
    hint: 'check kubernetes.imageRepository and containerRuntime.registries, and that the host can reach the registry',
  },
  STEP_TIMED_OUT: {
    meaning: 'The step did not end in time.',
    source: 'environment',
    remedy: 'retry',
    hint: 'check the load of the host and what it waits for, then retry: the command is still running there, and a retry attaches to it',
  },
  SERVICE_NOT_RUNNING: {
    meaning: 'A service does not run or does not answer.',
    source: 'environment',
    remedy: 'operator',
    hint: 'look at the service on the host with `systemctl status` and `journalctl -u`',
  },
  KERNEL_NOT_PREPARED: {
    meaning: 'Kernel modules, kernel parameters or swap could not be set as Kubernetes needs them.',
    source: 'user',
    remedy: 'operator',
    hint: 'load the modules and set the kernel parameters by hand to see why the kernel refuses them',
  },
  HOST_NOT_PREPARED: {
    meaning: 'Something that the host needs is missing or has the wrong version.',
    source: 'user',
    remedy: 'operator',
    hint: 'install what is missing on the host, then retry',
  },
} as const satisfies Record<string, ErrorDefinition>
