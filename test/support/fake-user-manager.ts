/**
 * A stand-in for `systemctl --user` with one unit, quorate-engine.service: it really runs what the unit says, and starts
 * it again when it ends. Unlike systemd, it does not end what the unit's main process leaves behind.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { FakePrograms } from './fake-programs.js'

const SYSTEMCTL = String.raw`
unit="$here/config/systemd/user/quorate-engine.service"
verb='' now='' version=''
for word in "$@"; do
  case $word in
    --now) now=1 ;;
    --property=Version) version=1 ;;
    -*) ;;
    *) [ -n "$verb" ] || verb=$word ;;
  esac
done
alive() { [ -f "$here/main" ] && kill -0 "$(cat "$here/main")" 2>/dev/null; }
stop_unit() {
  rm -f "$here/wanted"
  alive || return 0
  kill -TERM "$(cat "$here/main")"
  for i in $(seq 400); do alive || return 0; sleep 0.05; done
  kill -KILL "$(cat "$here/main")"
}
start_unit() {
  if [ -f "$here/broken" ]; then echo 'Job for quorate-engine.service failed.' >&2; exit 1; fi
  if [ -f "$here/wanted" ]; then return 0; fi
  echo $$ >"$here/wanted"
  eval "set -- $(sed -n 's/^Environment=//p' "$unit") $(sed -n 's/^ExecStart=//p' "$unit")"
  log=$(sed -n 's/^StandardOutput=append://p' "$unit")
  setsid sh -c 'here=$1 log=$2 start=$3; shift 3
    while [ "$(cat "$here/wanted" 2>/dev/null)" = "$start" ]; do
      env -i "$@" >>"$log" 2>&1 </dev/null & echo $! >"$here/main"; wait $!; sleep 0.5
    done' loop "$here" "$log" $$ "$@" >/dev/null 2>&1 </dev/null &
}
case $verb in
  daemon-reload) ;;
  enable) touch "$here/enabled" ;;
  disable) rm -f "$here/enabled"; [ -z "$now" ] || stop_unit ;;
  start) start_unit ;;
  stop) stop_unit ;;
  restart) stop_unit; start_unit ;;
  show)
    if [ -n "$version" ]; then echo Version=252; exit 0; fi
    if alive; then state=active; else state=inactive; fi
    if [ -f "$here/enabled" ]; then kind=enabled; else kind=disabled; fi
    case "$*" in *--value*) echo $state ;; *) echo ActiveState=$state; echo UnitFileState=$kind ;; esac ;;
  *) echo "unknown verb $verb" >&2; exit 1 ;;
esac
`

/** Its unit's file is `config/systemd/user/quorate-engine.service` in its folder. */
export class FakeUserManager {
  readonly programs: FakePrograms
  readonly unit: string

  constructor(folder: string) {
    this.programs = new FakePrograms(folder)
    this.programs.add('systemctl', SYSTEMCTL)
    this.programs.add('loginctl', 'echo no')
    this.unit = join(folder, 'config', 'systemd', 'user', 'quorate-engine.service')
  }

  /** For the environment of commands that should meet it. */
  get path(): string {
    return `${this.programs.folder}:${process.env.PATH ?? ''}`
  }

  /** Process id of the unit's main process. */
  get mainPid(): number | undefined {
    const file = join(this.programs.folder, 'main')
    return existsSync(file) ? Number(readFileSync(file, 'utf8')) : undefined
  }
}
