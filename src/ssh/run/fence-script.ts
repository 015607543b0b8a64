/** The shell's side of fencing; see fence.ts. */

/** The exit status by which a fenced command says that it was not run. */
export const PASSED = 79

/** Defines `fence` for scripts: it ends them where the session is fenced and the file says another thing. */
export const FENCE = `
fence() {
  [ -n "\${QUORATE_FENCE-}" ] || return 0
  { IFS= read -r found <"$QUORATE_FENCE"; } 2>/dev/null || found=
  [ "$found" != "$QUORATE_FENCE_LINE" ] || return 0
  echo "quorate fence passed: $found" >&2
  exit ${PASSED}
}
`
