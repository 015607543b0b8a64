import type { Fleet } from '../../support/fleet.js'
import { script } from '../../../src/ssh/run/command.js'

// $1: the package, $2: what its installation runs besides. It becomes newer in a repository on the host itself.
const PUBLISH = `
set -e
work=$(mktemp -d)
cd "$work"
apt-get -qq update
apt-get -qq download "$1" 2>/dev/null
dpkg-deb -R ./*.deb tree
sed -i 's/^Version: .*/&+newer1/' tree/DEBIAN/control
if [ -n "$2" ]; then
  rest=$(tail -n +2 tree/DEBIAN/postinst 2>/dev/null || true)
  printf '#!/bin/sh\\n%s\\n%s\\n' "$2" "$rest" >tree/DEBIAN/postinst
  chmod 755 tree/DEBIAN/postinst
fi
mkdir -p /srv/newer
dpkg-deb -Zgzip -z1 -b tree "/srv/newer/$1.deb" >/dev/null
cd /srv/newer
for deb in *.deb; do
  dpkg-deb -f "$deb"
  printf 'Filename: ./%s\\nSize: %s\\nSHA256: %s\\n\\n' "$deb" "$(stat -c %s "$deb")" "$(sha256sum "$deb" | cut -d ' ' -f 1)"
done >Packages
echo 'deb [trusted=yes] file:/srv/newer ./' >/etc/apt/sources.list.d/newer.list
rm -rf "$work"`

/**
 * Makes a host's repositories have a newer build of a package that is installed there.
 * @param whenInstalled shell lines that the installation runs first.
 */
export async function publishNewer(
  fleet: Fleet,
  host: string,
  name: string,
  whenInstalled = '',
): Promise<void> {
  await fleet.on(host, script(PUBLISH, name, whenInstalled).line)
}

/** The version of a package that is installed, with the state that dpkg gives it. */
export async function stateOfPackage(fleet: Fleet, host: string, name: string): Promise<string> {
  return (await fleet.on(host, `dpkg-query -W -f '\${db:Status-Status} \${Version}' ${name}`)).trim()
}
