/** Errors of a host's state: what must be true before Kubernetes can be installed on it. */
import type { ErrorDefinition } from './definition.js'

export const HOST_ERRORS = {
  PREFLIGHT_FAILED: {
    source: 'user',
    remedy: 'operator',
    hint: 'fix the problems listed above and apply again; nothing was changed on any host',
  },
  SUDO_DENIED: {
    source: 'user',
    remedy: 'operator',
    hint: 'let the user run sudo without a password (NOPASSWD in /etc/sudoers.d), say where its password is (ssh.sudoPasswordFrom), or log in as root',
  },
  SYSTEMD_MISSING: {
    source: 'user',
    remedy: 'operator',
    hint: 'kubelet and the long steps need systemd as the init system; use a host that runs it',
  },
  OPERATING_SYSTEM_UNSUPPORTED: {
    source: 'user',
    remedy: 'operator',
    hint: 'use a Debian or Ubuntu host, or prepare it by hand and set packages.install: false',
  },
  FACTS_UNREADABLE: {
    source: 'user',
    remedy: 'operator',
    hint: "run the command named above on the host as root; a program of another make (busybox, an early uutils) may come before the system's own in its PATH",
  },
  ANSWER_UNREADABLE: {
    source: 'environment',
    remedy: 'retry',
    hint: 'run the program named above on the host as root, and see what it prints',
  },
  PROGRAM_UNFIT: {
    source: 'user',
    remedy: 'operator',
    hint: "install the program named above from Debian's package, and let no other of its name come before it in the PATH of root",
  },
  SAME_MACHINE_TWICE: {
    source: 'user',
    remedy: 'operator',
    hint: 'two hosts of the cluster file are one machine (same machine-id); correct the address, or make /etc/machine-id again on a cloned machine',
  },
  CLOCK_SKEW: {
    source: 'user',
    remedy: 'operator',
    hint: 'synchronise the clocks (chrony or systemd-timesyncd); certificates are refused when clocks differ',
  },
  PORT_BUSY: {
    source: 'user',
    remedy: 'operator',
    hint: 'stop the program that listens on the port, or use another host',
  },
  DISK_FULL: {
    source: 'user',
    remedy: 'operator',
    hint: 'free space on the file system named above',
  },
  FOREIGN_CLUSTER: {
    source: 'user',
    remedy: 'operator',
    hint: 'the host belongs to another cluster; take it out there (`kubeadm reset`) or correct the cluster file',
  },
  HOST_LOCKED: {
    source: 'user',
    remedy: 'operator',
    hint: 'wait for that operation; if it cannot go on any more (its Temporal server is gone), `quorate unlock` breaks its lock',
  },
  LOCK_LOST: {
    source: 'user',
    remedy: 'operator',
    hint: 'another operation has the host now, or its lock was broken with `quorate unlock`; abort this operation, and apply again when no other runs',
  },
  HOST_CHANGED: {
    source: 'user',
    remedy: 'operator',
    hint: 'another machine answers at this address than when the operation began; correct the address, or abort and apply again',
  },
  PACKAGES_FAILED: {
    source: 'environment',
    remedy: 'retry',
    hint: 'read the output above; check packages.repository and that the host reaches it',
  },
  PACKAGE_MISSING: {
    source: 'user',
    remedy: 'operator',
    hint: 'check kubernetes.version and packages.repository, or give the host a repository that has the package',
  },
  REPOSITORY_KEY_INVALID: {
    source: 'environment',
    remedy: 'operator',
    hint: "the repository's key has expired, or is another: check packages.repository and the host's clock; once the repository offers a renewed key, retry",
  },
  PROGRAM_MISSING: {
    source: 'user',
    remedy: 'operator',
    hint: 'install the program on the host, then retry',
  },
  IMAGES_FAILED: {
    source: 'environment',
    remedy: 'retry',
    hint: 'check kubernetes.imageRepository, containerRuntime.registries and that the host reaches the registry',
  },
  STEP_TIMED_OUT: {
    source: 'environment',
    remedy: 'retry',
    hint: 'what runs on the host goes on, and a retry attaches to it; look at the load of the host and at what it waits for',
  },
  SERVICE_NOT_RUNNING: {
    source: 'environment',
    remedy: 'operator',
    hint: 'look at the service on the host with `systemctl status` and `journalctl -u`',
  },
  KERNEL_NOT_PREPARED: {
    source: 'user',
    remedy: 'operator',
    hint: 'load the modules and set the kernel parameters by hand to see why the kernel refuses them',
  },
  HOST_NOT_PREPARED: {
    source: 'user',
    remedy: 'operator',
    hint: 'packages.install is false, so what is missing must be installed by hand on the host',
  },
} as const satisfies Record<string, ErrorDefinition>
