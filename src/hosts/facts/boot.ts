/** How a host is asked about its boot. */

// update-notifier and unattended-upgrades keep the two files; dnf's needs-restarting and zypper have no such mark. The
// names of kernels are those of their images, as Debian, RHEL and openSUSE all put them into /boot. Every program has libc
// open, and systemd is every program's parent: who updates them without a reboot still runs the old ones. dpkg writes a
// package's list when it unpacks it. Containers share their host's boot time, but not the age of process 1.
/** Prints lines of key<TAB>value that `facts/boot.ts` reads, with the function `say KEY VALUE`. */
export const LIST_BOOT = `
say bootId "$(cat /proc/sys/kernel/random/boot_id)"
if [ -e /run/reboot-required ]; then
  say rebootRequired "$(sort -u /run/reboot-required.pkgs 2>/dev/null | head -n 100 | tr '\\n' ' ')"
fi
for image in /boot/vmlinuz-*; do
  case $image in *'*'|*rescue*|*.hmac) ;; *) echo "\${image#/boot/vmlinuz-}" ;; esac
done | sort -V | while IFS= read -r name; do say installedKernel "$name"; done
now=$(date +%s)
age=$(ps -o etimes= -p 1 2>/dev/null | tr -d ' ')
# Without both, nothing is claimed.
case $now$age in *[!0-9]*) age= ;; esac
if [ -n "$now" ] && [ -n "$age" ]; then
  started=$((now - age))
  for list in /var/lib/dpkg/info/libc6.list /var/lib/dpkg/info/libc6:*.list /var/lib/dpkg/info/systemd.list; do
    if [ -e "$list" ] && [ "$(stat -c %Y "$list")" -gt "$started" ]; then
      name=\${list##*/}; name=\${name%.list}
      say updatedSinceBoot "\${name%:*}"
    fi
  done
  rpm -q --qf '%{INSTALLTIME} %{NAME}\\n' glibc systemd 2>/dev/null | while read -r time name; do
    case $time in *[!0-9]*) ;; *) if [ "$time" -gt "$started" ]; then say updatedSinceBoot "$name"; fi ;; esac
  done
fi
`
