/** Errors of reboots and updates: hosts that do not come back, or are not as they were. */
import type { ErrorDefinition } from './definition.js'

export const REBOOT_ERRORS = {
  HOST_NOT_BACK: {
    meaning: 'A host that reboots has not come back in time.',
    source: 'environment',
    remedy: 'operator',
    hint: 'look at its console: a file system check, a boot loader that asks, a network that is missing; a retry waits for it again. No other host is begun meanwhile',
  },
  ETCD_DATA_MISSING: {
    meaning: "After a boot, the data of a host's etcd member are not where they were.",
    source: 'environment',
    remedy: 'operator',
    hint: 'mount that file system (`systemctl --failed`, /etc/fstab), then retry: its kubelet does not start before, so that no member starts without data. If the data are lost, abort and run `quorate replace`',
  },
  OWN_FILES_REPLACED: {
    meaning: 'An update of packages has replaced a file that Quorate wrote.',
    source: 'environment',
    remedy: 'operator',
    hint: 'put the file back (the package manager keeps the old one beside it, as .dpkg-old or .rpmsave) and restart its service, then retry; or abort and run `quorate apply`, which writes it again. No other host is begun meanwhile',
  },
} as const satisfies Record<string, ErrorDefinition>
