/**
 * What people do to their hosts and bare ones do not have: start-up files that talk, other shells, sshd and sudo set up
 * more strictly, other locales. `up --rough` gives each host another mix of these.
 */
import { heredoc, type HostFeature } from './feature.js'
import type { OsName } from './operating-systems.js'

/** The password of `ops` where sudo asks for one; the file beside the cluster file has it. */
export const SUDO_PASSWORD = "tr0ub4dor & 3'"

/** Name, beside the cluster file, of the file with {@link SUDO_PASSWORD}. */
export const SUDO_PASSWORD_FILE = 'sudo-password'

/** Debian's own ~/.bashrc returns early where nobody types; what people put first is run all the same. */
function firstInBashrc(line: string): string {
  return `sed -i ${quoted(`1i ${line.replaceAll('\\', '\\\\')}`)} /home/ops/.bashrc`
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

function sshd(name: string, line: string): string {
  return heredoc(`/etc/ssh/sshd_config.d/${name}.conf`, line)
}

const SUDO_ASKS = `echo ${quoted(`ops:${SUDO_PASSWORD}`)} | chpasswd
sed -i s/NOPASSWD:// /etc/sudoers.d/ops
${heredoc('/etc/sudoers.d/ops', 'Defaults lecture=always, timestamp_timeout=0', '>>')}`

/** By name. Each can be combined with each other one, but for several login shells. */
export const ROUGH_FEATURES = {
  greeting: {
    tells: 'a greeting in the first line of `~/.bashrc`, which bash reads for each command over ssh',
    install: firstInBashrc('echo "Welcome to $(hostname), managed by ACME"'),
  },
  title: {
    tells: 'a terminal title from `~/.bashrc`, without a line end',
    install: firstInBashrc(`printf '\\033]0;%s\\007' "$(hostname)"`),
  },
  chatter: {
    tells: 'complaints of `~/.bashrc` on stderr',
    install: firstInBashrc('nvm use --silent default'),
  },
  slow: {
    tells: 'start-up files that take half a second',
    install: `sed -i '1i sleep 0.5' /etc/bash.bashrc`,
  },
  logout: {
    tells: 'a `~/.bash_logout` that prints, and `~/.hushlogin`',
    install: `echo 'echo "Goodbye from $(hostname)"' >> /home/ops/.bash_logout
touch /home/ops/.hushlogin`,
  },
  dash: { tells: 'dash as the login shell', install: 'usermod --shell /bin/dash ops' },
  zsh: {
    tells: 'zsh as the login shell, with output in `.zshenv`, the last of it without a line end',
    install: `usermod --shell /usr/bin/zsh ops
${heredoc('/home/ops/.zshenv', `print -r -- "loading modules on $HOST"\nprint -rn -- "done: "`)}`,
  },
  fish: {
    tells: 'fish as the login shell, with output in `config.fish`',
    install: `usermod --shell /usr/bin/fish ops
install -d -o ops -g ops /home/ops/.config /home/ops/.config/fish
${heredoc('/home/ops/.config/fish/config.fish', 'echo "Hello from fish on $hostname"\necho "no starship" >&2')}`,
  },
  sudoPassword: {
    tells: 'a sudo that asks for the password each time, and lectures first',
    install: SUDO_ASKS,
    ssh: { sudoPasswordFrom: { file: `./${SUDO_PASSWORD_FILE}` } },
  },
  sudoRs: {
    tells: 'sudo-rs in front of sudo, as on Ubuntu 25.10 and later',
    install: 'ln -s /usr/bin/sudo-rs /usr/local/bin/sudo',
    only: ['debian-13', 'debian-14'],
  },
  rustCoreutils: {
    tells: "Rust's coreutils in front of GNU's, as on Ubuntu 25.10 and later",
    install: `for program in /usr/lib/cargo/bin/coreutils/*; do ln -s "$program" /usr/local/bin/; done`,
    only: ['debian-13', 'debian-14'],
  },
  umask: {
    tells: 'umask 077 for everybody, root by way of sudo included',
    install: "echo 'session optional pam_umask.so umask=077' >> /etc/pam.d/common-session",
  },
  locale: {
    tells: 'German for everybody who logs in (`LC_ALL=de_DE.UTF-8`)',
    install: heredoc('/etc/default/locale', 'LANG=de_DE.UTF-8\nLC_ALL=de_DE.UTF-8'),
  },
  oneSession: { tells: '`MaxSessions 1`', install: sshd('sessions', 'MaxSessions 1') },
  twoSessions: { tells: '`MaxSessions 2`', install: sshd('sessions', 'MaxSessions 2') },
  noForwarding: { tells: '`AllowTcpForwarding no`', install: sshd('forwarding', 'AllowTcpForwarding no') },
  banner: {
    tells: 'a `Banner` before the login',
    install: `${sshd('banner', 'Banner /etc/issue.net')}
${heredoc('/etc/issue.net', 'Authorized use only. Everything is logged.')}`,
  },
  noHome: {
    tells: "no home folder; sshd has the user's keys elsewhere",
    install: `install -D -m 0644 /home/ops/.ssh/authorized_keys /etc/ssh/authorized_keys/ops
${sshd('keys', 'AuthorizedKeysFile /etc/ssh/authorized_keys/%u')}
rm -rf /home/ops`,
  },
  noexecTmp: { tells: '`/tmp` mounted noexec', atBoot: 'mount -o remount,noexec,nosuid,nodev /tmp' },
  hidepid: { tells: '`/proc` with hidepid=2', atBoot: 'mount -o remount,hidepid=2 /proc' },
} as const satisfies Record<string, HostFeature>

/** Name of a feature of rough hosts. */
export type RoughFeature = keyof typeof ROUGH_FEATURES

/**
 * What each host of a rough fleet has, by its place in the cluster file; the seventh has again what the first has. With
 * `--os debian-12,debian-13` every second one is a Debian 13.
 */
export const ROUGH_HOSTS: readonly (readonly RoughFeature[])[] = [
  ['greeting', 'chatter', 'locale', 'twoSessions'],
  ['zsh', 'oneSession', 'noexecTmp', 'banner'],
  ['fish', 'sudoPassword', 'noForwarding', 'hidepid'],
  ['dash', 'sudoRs', 'rustCoreutils', 'umask'],
  ['noHome', 'slow', 'oneSession', 'umask'],
  ['title', 'logout', 'sudoPassword', 'locale'],
]

/** The features of the host at this place that its operating system has. */
export function roughFeatures(index: number, os: OsName): readonly RoughFeature[] {
  const names = ROUGH_HOSTS[index % ROUGH_HOSTS.length] ?? []
  return names.filter((name) => {
    const { only }: HostFeature = ROUGH_FEATURES[name]
    return only === undefined || only.includes(os)
  })
}

/** Hosts that no cluster can come up on: what is to be said of them is part of the tests, not of `--rough`. */
export const REFUSING_FEATURES = {
  cloudRoot: {
    tells: "root's key as in cloud images, which only says which user to log in as",
    install: `install -d -m 0700 /root/.ssh
sed 's/^/no-port-forwarding,no-agent-forwarding,command="echo '"'"'Please login as the user \\\\"debian\\\\" rather than the user \\\\"root\\\\".'"'"';echo;sleep 10;exit 142" /' /home/ops/.ssh/authorized_keys > /root/.ssh/authorized_keys
chmod 0600 /root/.ssh/authorized_keys`,
  },
  requireTty: {
    tells: 'a sudo with `requiretty`',
    install: heredoc('/etc/sudoers.d/tty', 'Defaults requiretty'),
  },
} as const satisfies Record<string, HostFeature>
