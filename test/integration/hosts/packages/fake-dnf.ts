/**
 * dnf and rpm of a host whose repositories a test decides on. There is no such machine to try on: their words are those
 * of the manuals, of the sources, and of reports from users of dnf 4 and dnf 5.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { FakePrograms } from '../../../support/fake-programs.js'

/**
 * A repository that has `available`, lines of `name version`. `makecache` and `install`: what these commands say and end
 * with first.
 */
export function fakeDnf(folder: string, available: readonly string[]): FakePrograms {
  const dnf = new FakePrograms(folder)
  mkdirSync(join(folder, 'installed'), { recursive: true })
  dnf.put('available', `${available.join('\n')}\n`)
  dnf.add('dpkg-query', 'exit 1')
  dnf.add('systemctl', 'exit 0')
  dnf.add(
    'curl',
    'for last in "$@"; do :; done; while [ "$1" != -o ]; do shift; done; echo "key of $last" >"$2"',
  )
  dnf.add(
    'rpm',
    `for name in "$@"; do :; done
[ -e "$here/installed/$name" ] || { echo "package $name is not installed"; exit 1; }
echo "installed $name $(cat "$here/installed/$name")"`,
  )
  dnf.add(
    'dnf',
    `case " $* " in
*' makecache '*) if [ -e "$here/makecache" ]; then . "$here/makecache"; fi; exit 0 ;;
*' repoquery '*)
  for wanted in "$@"; do :; done
  while read -r name version; do
    case "$name" in $wanted) echo "$name-0:$version.x86_64"; continue ;; esac
    case "$name-$version" in $wanted) echo "$name-0:$version.x86_64" ;; esac
  done <"$here/available"
  exit 0 ;;
esac
if [ -e "$here/install" ]; then . "$here/install"; fi
while [ "$1" != install ]; do shift; done
shift
for wanted in "$@"; do
  while read -r name version; do
    case "$name" in $wanted) echo "$version" >"$here/installed/$name"; continue ;; esac
    case "$name-$version" in $wanted) echo "$version" >"$here/installed/$name" ;; esac
  done <"$here/available"
done`,
  )
  return dnf
}
