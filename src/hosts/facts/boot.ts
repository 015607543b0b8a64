/** How a host is asked about its boot. */

// update-notifier and unattended-upgrades keep the two files; dnf's needs-restarting and zypper have no such mark. The
// names of kernels are those of their images, as Debian, RHEL and openSUSE all put them into /boot.
/** Prints lines of key<TAB>value that `facts/boot.ts` reads, with the function `say KEY VALUE`. */
export const LIST_BOOT = `
say bootId "$(cat /proc/sys/kernel/random/boot_id)"
if [ -e /run/reboot-required ]; then
  say rebootRequired "$(sort -u /run/reboot-required.pkgs 2>/dev/null | head -n 100 | tr '\\n' ' ')"
fi
for image in /boot/vmlinuz-*; do
  case $image in *'*'|*rescue*|*.hmac) ;; *) echo "\${image#/boot/vmlinuz-}" ;; esac
done | sort -V | while IFS= read -r name; do say installedKernel "$name"; done
`
