/**
 * bash, for what only bash can do (`/dev/tcp`), without anybody's start-up files. Debian's bash reads `~/.bashrc` also for
 * `bash -c` where a connection of sshd is its standard input or `SSH_CLIENT` is set, and `BASH_ENV` always; what they print
 * would stand in the answer. Source: bash's `shell.c`, `run_startup_files`.
 */
export const BASH = 'env -u BASH_ENV bash --norc -c'
