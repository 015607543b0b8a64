import { homedir } from 'node:os'
import { describe, expect, it } from 'vitest'
import { unitEnvironment, unitPlace, unitText } from '../../../../src/engine/unit/unit-file.js'

const content = {
  scope: 'user',
  file: '/home/eve/.config/systemd/user/quorate-engine.service',
  program: { command: '/usr/bin/node', args: ['/opt/quorate/main.js'] },
  folder: '/home/eve/state',
  environment: { QUORATE_HOME: '/home/eve/state', PATH: '/usr/bin:/bin' },
  environmentFile: '/home/eve/state/engine.env',
  log: '/home/eve/state/supervisor.log',
} as const

describe("the engine's unit", () => {
  it('runs this copy, whenever it ends, from the start of the user manager on', () => {
    const lines = unitText(content).split('\n')
    expect(lines).toContain(
      'ExecStart="/usr/bin/node" "/opt/quorate/main.js" "engine" "run" "--unit" "/home/eve/.config/systemd/user/quorate-engine.service" "--scope" "user"',
    )
    expect(lines).toContain('Environment="QUORATE_HOME=/home/eve/state" "PATH=/usr/bin:/bin"')
    expect(lines).toContain('EnvironmentFile=-/home/eve/state/engine.env')
    expect(lines).toContain('Restart=always')
    expect(lines).toContain('WantedBy=default.target')
    expect(lines).not.toContain('After=network-online.target')
  })

  it('starts with the machine and after its network if it is of the machine', () => {
    const lines = unitText({ ...content, scope: 'system' }).split('\n')
    expect(lines).toContain('WantedBy=multi-user.target')
    expect(lines).toContain('After=network-online.target')
  })

  it('takes paths literally that hold what systemd expands, splits or ends words at', () => {
    const folder = '/home/eve/100% "mine" \\ $HOME'
    const program = { command: '/usr/bin/node', args: [folder] }
    const text = unitText({ ...content, program, folder, environment: { QUORATE_HOME: folder } })
    expect(text).toContain('"/usr/bin/node" "/home/eve/100%% \\"mine\\" \\\\ $$HOME" "engine"')
    expect(text).toContain('Environment="QUORATE_HOME=/home/eve/100%% \\"mine\\" \\\\ $HOME"\n')
    expect(text).toContain('WorkingDirectory=/home/eve/100%% "mine" \\ $HOME\n')
  })

  it("is root's in the machine's folder, and anybody else's in their own", () => {
    expect(unitPlace(0, {})).toEqual({ scope: 'system', file: '/etc/systemd/system/quorate-engine.service' })
    const file = 'systemd/user/quorate-engine.service'
    expect(unitPlace(1000, {})).toEqual({ scope: 'user', file: `${homedir()}/.config/${file}` })
    expect(unitPlace(1000, { XDG_CONFIG_HOME: '/c' })).toEqual({ scope: 'user', file: `/c/${file}` })
    expect(unitPlace(1000, { XDG_CONFIG_HOME: 'relative' }).file).toBe(`${homedir()}/.config/${file}`)
  })

  it("keeps nothing of the caller's environment but where things are", () => {
    const environment = { PATH: '/bin', QUORATE_TEMPORAL_CLI: '/t', SUDO_PASSWORD: 'x', SSH_AUTH_SOCK: '/a' }
    expect(unitEnvironment('/state', environment)).toEqual({
      HOME: homedir(),
      QUORATE_HOME: '/state',
      PATH: '/bin',
      QUORATE_TEMPORAL_CLI: '/t',
    })
  })
})
