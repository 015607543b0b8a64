/**
 * bash without start-up files, for what only bash can do (`/dev/tcp`). For `bash -c`, Debian's bash also reads
 * `~/.bashrc` if its standard input is a connection of sshd or `SSH_CLIENT` is set, and it always reads `BASH_ENV`.
 * Whatever those print would end up in the answer. Source: bash's `shell.c`, `run_startup_files`.
 */
export const BASH = 'env -u BASH_ENV bash --norc -c'
