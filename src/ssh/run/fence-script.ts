/** The shell's side of fencing; see fence.ts. */

/** The exit status of a fenced command that was not run. */
export const PASSED = 79

/** Defines `fence` for scripts: it ends them if the session is fenced and the file does not have the expected line. */
export const FENCE = `
fence() {
  [ -n "\${QUORATE_FENCE-}" ] || return 0
  { IFS= read -r found <"$QUORATE_FENCE"; } 2>/dev/null || found=
  [ "$found" != "$QUORATE_FENCE_LINE" ] || return 0
  echo "quorate fence passed: $found" >&2
  exit ${PASSED}
}
`
