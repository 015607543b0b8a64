/** Which SSH keys are gone once nobody is logged in: those that only an agent can use. */
import { readdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { agentKeys, readIdentity } from '../../ssh/index.js'

/**
 * Names of the keys in this process's SSH agent that no file in `~/.ssh` holds without a passphrase. Whoever logs in
 * with them needs the agent.
 */
export async function agentOnlyKeys(
  socket = process.env.SSH_AUTH_SOCK,
  folder = join(homedir(), '.ssh'),
): Promise<readonly string[]> {
  const held = await agentKeys(socket)
  if (held.length === 0) return []
  const files = await readdir(folder).catch(() => [])
  const identities = await Promise.all(files.map((file) => readIdentity(join(folder, file))))
  const usable = identities.flatMap(({ privateKey, publicKey }) =>
    privateKey === undefined || publicKey === undefined ? [] : [publicKey.blob],
  )
  return held
    .filter(({ type, blob }) => !type.includes('-cert-') && !usable.some((key) => key.equals(blob)))
    .map(({ comment, type }) => (comment === '' ? type : comment))
}
