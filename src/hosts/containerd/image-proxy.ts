/** Looks for the proxy between a host and its registries after images could not be pulled. */
import { script, type Session } from '../../ssh/index.js'

// Prints `containerd URL` for what containerd runs with, and `FILE URL` for what the host's files say.
const LOOK = `
value() { sed -n "s/^[[:space:]]*\\(export[[:space:]]\\{1,\\}\\)\\{0,1\\}[Hh][Tt][Tt][Pp][Ss]\\{0,1\\}_[Pp][Rr][Oo][Xx][Yy]=[\\"']\\{0,1\\}\\([^\\"']*\\).*/\\2/p" | head -n 1; }
pid=$(systemctl show --property=MainPID --value containerd 2>/dev/null || true)
used=$(tr '\\0' '\\n' <"/proc/\${pid:-0}/environ" 2>/dev/null | value || true)
if [ -n "$used" ]; then echo "containerd $used"; fi
for file in /etc/environment /etc/profile.d/*.sh; do
  named=$(value <"$file" 2>/dev/null || true)
  if [ -n "$named" ]; then echo "$file $named"; fi
done`

/** What is known of the proxy, for the message; and a hint, if there is more to do than check it. */
export interface ImageProxy {
  readonly message: string
  readonly hint?: string
}

/** Looks at the host; undefined where no proxy is named anywhere. */
export async function imageProxy(session: Session): Promise<ImageProxy | undefined> {
  const { stdout } = await session.run(script(LOOK), { root: true })
  const found = stdout.split('\n').flatMap((line): (readonly [place: string, url: string])[] => {
    const blank = line.indexOf(' ')
    return blank < 0 ? [] : [[line.slice(0, blank), withoutCredentials(line.slice(blank + 1))]]
  })
  const used = found.find(([place]) => place === 'containerd')
  if (used !== undefined) return { message: `containerd goes through the proxy ${used[1]}` }
  const [named] = found
  if (named === undefined) return undefined
  const [file, url] = named
  return {
    message: `${file} names the proxy ${url}, but containerd runs without it`,
    hint: `give containerd the proxy: Environment=HTTPS_PROXY=… and NO_PROXY=… under [Service] in /etc/systemd/system/containerd.service.d/proxy.conf, then \`systemctl daemon-reload\` and \`systemctl restart containerd\` on the host, and retry`,
  }
}

function withoutCredentials(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//')
}
