/** Ways to break the lab's hosts, and to fix them again. */
import type { Fleet } from '../../../support/fleet.js'
import { mustRun, runProgram } from '../../../support/process.js'
import { WAITER } from './point.js'

/** The power fails and returns: files stay, everything else is gone, and the boot id is new. */
export async function crashAndBoot(fleet: Fleet, host: string): Promise<void> {
  await mustRun('docker', ['kill', fleet.container(host)])
  await mustRun('docker', ['start', fleet.container(host)])
}

/** A clean reboot, in which systemd stops what is running. */
export async function reboot(fleet: Fleet, host: string): Promise<void> {
  await mustRun('docker', ['restart', '--time', '20', fleet.container(host)])
}

/** Freezes every process of the host; its connections stay open. */
export async function freezeHost(fleet: Fleet, host: string): Promise<void> {
  await mustRun('docker', ['pause', fleet.container(host)])
}

export async function thawHost(fleet: Fleet, host: string): Promise<void> {
  await mustRun('docker', ['unpause', fleet.container(host)])
}

const CHAINS = ['INPUT -i', 'OUTPUT -o', 'FORWARD -i', 'FORWARD -o'] as const

/** Pulls the cable: drops every packet to and from the host, including SSH. */
export async function cutNetwork(fleet: Fleet, host: string): Promise<void> {
  await fleet.on(host, CHAINS.map((rule) => `iptables -w -I ${rule} eth0 -j DROP`).join(' && '))
}

export async function restoreNetwork(fleet: Fleet, host: string): Promise<void> {
  await fleet.on(host, CHAINS.map((rule) => `iptables -w -D ${rule} eth0 -j DROP`).join('; '))
}

/**
 * Holds dpkg's locks for some seconds, as an upgrade in the background would, using only what a bare host has. The
 * C struct is the one for fcntl(2) locks on 64-bit Linux.
 */
export async function holdPackageLock(fleet: Fleet, host: string, seconds: number): Promise<void> {
  const program = `use Fcntl; my $whole = pack("s s x4 q q i x4", F_WRLCK, 0, 0, 0, 0); my @held;
    for ("lock-frontend", "lock") { open(my $file, "+>", "/var/lib/dpkg/$_") or die; fcntl($file, F_SETLK, $whole) or die;
    push @held, $file } open(my $ready, ">", "/run/lock-held"); sleep ${seconds}`
  await fleet.on(
    host,
    `rm -f /run/lock-held; systemd-run --quiet --unit=unattended-upgrade perl -e '${program.replaceAll('$', '$$$$')}'
    until [ -e /run/lock-held ]; do sleep 0.1; done`,
  )
}

const IMAGE_STORE = '/var/lib/containerd'

/** Moves the images of a host that is in no cluster to a separate disk with enough room. */
export async function imageDisk(fleet: Fleet, host: string): Promise<void> {
  await fleet.on(
    host,
    `systemctl stop containerd; mount -t tmpfs -o size=6g tmpfs ${IMAGE_STORE} && systemctl start containerd`,
  )
}

/** Leaves the disk of {@link imageDisk} no more room than for a small part of an image. */
export async function fillImageDisk(fleet: Fleet, host: string): Promise<void> {
  // A disk never becomes smaller than what is on it, and images arrive meanwhile.
  await fleet.on(
    host,
    `for attempt in $(seq 50); do
      used=$(df -k --output=used ${IMAGE_STORE} | tail -1)
      mount -o remount,size=$((used + 4096))k ${IMAGE_STORE} && exit 0
      sleep 0.1
    done; exit 1`,
  )
}

/** Frees space on the disk again. */
export async function enlargeImageDisk(fleet: Fleet, host: string): Promise<void> {
  await fleet.on(host, `mount -o remount,size=2g ${IMAGE_STORE}`)
}

/** Undoes every fault that a failed test may have left behind. */
export async function fix(fleet: Fleet, hosts: readonly string[]): Promise<void> {
  // The pattern does not match the command line that contains it.
  const waiters = `[${WAITER.slice(0, 1)}]${WAITER.slice(1)}`
  await Promise.all(
    hosts.map(async (host) => {
      await runProgram('docker', ['unpause', fleet.container(host)])
      await runProgram('docker', ['start', fleet.container(host)])
      await fleet.on(
        host,
        `pkill -f '${waiters}'; pkill -CONT -x kubeadm; systemctl stop unattended-upgrade 2>/dev/null
        ${CHAINS.map((rule) => `while iptables -w -D ${rule} eth0 -j DROP 2>/dev/null; do :; done`).join('; ')}
        if grep -q '^tmpfs ${IMAGE_STORE} ' /proc/mounts; then
          systemctl stop kubelet; crictl rmp --all --force >/dev/null 2>&1
          systemctl stop containerd; umount -l ${IMAGE_STORE}; systemctl start containerd
        fi; true`,
      )
    }),
  )
}
