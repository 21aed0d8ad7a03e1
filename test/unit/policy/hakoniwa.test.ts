import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { loadPolicy } from '../../../src/policy/load.ts'

const load = (name: string) =>
  loadPolicy(fileURLToPath(new URL(`../../../fixtures/policies/hakoniwa/${name}`, import.meta.url)))

beforeEach(() => {
  vi.stubEnv('HOME', '/home/jo "&" <co>')
  vi.stubEnv('DISPLAY', ':0')
  vi.stubEnv('TERM', 'xterm-256color')
})
afterEach(() => {
  vi.unstubAllEnvs()
})

describe("a policy in hakoniwa's language", () => {
  test('limits in whole seconds and bytes, and lists the allowed calls', () => {
    const { limits, seccomp, network } = load('c.toml')
    expect(limits).toEqual({
      addressSpaceBytes: 256_000_000,
      coreBytes: 0,
      cpuTimeMs: 2000,
      fileSizeBytes: 0,
      openFiles: 32,
      wallTimeMs: 5000,
    })
    expect(seccomp).toMatchObject({ default: 'kill', rules: [{ action: 'allow' }] })
    expect(network).toBe('loopback')
  })

  test('lists the calls that end the run, with dismatch_action = "allow"', () => {
    expect(load('denylist.toml').seccomp).toEqual({
      default: 'allow',
      rules: [{ action: 'kill', syscalls: ['listen', 'ptrace'] }],
    })
  })

  test('logs every call that it does not list, with dismatch_action = "log"', () => {
    expect(load('audit.toml').seccomp).toEqual({
      default: 'log',
      rules: [{ action: 'allow', syscalls: [] }],
    })
  })

  test('inserts the text of a file unchanged, and a variable as TOML text', () => {
    const { files, env, mounts } = load('files.toml')
    expect(files).toEqual([
      { target: '/etc/motd', contents: `Be kind: <small> & "quoted" 'steps'.\n` },
    ])
    expect(env).toEqual({ TERM: 'xterm-256color', HOME: '/scratch' })
    expect(mounts.at(-1)).toEqual({ type: 'tmpfs', target: '/scratch' })
  })

  test('inserts the home directory, also in comments', () => {
    const { mounts, env, shareUts, network } = load('desktop.toml')
    expect(mounts.slice(-2)).toEqual([
      {
        type: 'bind',
        source: '/home/jo "&" <co>/.mozilla',
        target: '/home/jo "&" <co>/.mozilla',
        writable: true,
        optional: false,
      },
      {
        type: 'bind',
        source: '/home/jo "&" <co>/.Xauthority',
        target: '/hako/.Xauthority',
        writable: false,
        optional: false,
      },
    ])
    expect(env.HOME).toBe('/home/jo "&" <co>')
    expect({ shareUts, network }).toEqual({ shareUts: true, network: 'host' })
  })

  test('is read again when a variable or a file that it uses has changed', () => {
    const first = load('files.toml')
    expect(load('files.toml')).toBe(first)
    vi.stubEnv('TERM', 'dumb')
    expect(load('files.toml').env.TERM).toBe('dumb')
  })
})
