/** apt and dpkg of a host with repositories chosen by the test; their output is that of apt 2.6. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { FakePrograms } from '../../../support/fake-programs.js'

/** `update`: what apt-get update says and ends with; a repository that has `available`, lines of `name version`. */
export function fakeApt(folder: string, available: readonly string[]): FakePrograms {
  const apt = new FakePrograms(folder)
  mkdirSync(join(folder, 'installed'), { recursive: true })
  apt.put('available', `${available.join('\n')}\n`)
  apt.add('dpkg', 'exit 0')
  apt.add('apt-mark', 'exit 0')
  apt.add(
    'dpkg-query',
    'for name in "$@"; do :; done; [ -e "$here/installed/$name" ] || exit 1; echo "installed $name $(cat "$here/installed/$name")"',
  )
  apt.add('rpm', 'exit 1')
  apt.add(
    'apt-cache',
    'awk -v name="$2" \'$1 == name { printf "%10s | %s | http://mirror.lab/debian stable/main amd64 Packages\\n", $1, $2 }\' "$here/available"',
  )
  apt.add(
    'apt-get',
    `case " $* " in
*' update '*) if [ -e "$here/update" ]; then . "$here/update"; fi; exit 0 ;;
esac
case " $* " in
*' purge '*)
  while [ "$1" != purge ]; do shift; done
  shift
  for name in "$@"; do rm -f "$here/installed/$name"; done
  exit 0 ;;
esac
if [ -e "$here/install" ]; then . "$here/install"; fi
while [ "$1" != install ]; do shift; done
shift
for wanted in "$@"; do
  name=\${wanted%%=*}
  awk -v name="$name" '$1 == name { print $2; exit }' "$here/available" >"$here/installed/$name"
done`,
  )
  return apt
}
