import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { asResult } from './as-result.ts'
import { type Engine, lacksEngine, startEngine } from './engine.ts'

const skipped = lacksEngine()
let engine: Engine | undefined

beforeAll(async () => {
  if (!skipped) engine = await startEngine()
}, 180_000)
afterAll(async () => engine?.stop(), 60_000)

const inContainer = (flags: readonly string[], program: string, ...args: readonly string[]) =>
  asResult(engine?.run(flags, program, ...args) ?? '')
const run = (flags: readonly string[], options: object = {}, ...command: readonly string[]) =>
  inContainer(flags, 'run.mjs', JSON.stringify(options), ...command)

const asUser = ['--user', '1000:1000']
const unconfined = ['--security-opt', 'seccomp=unconfined']
const unmasked = ['--security-opt', 'systempaths=unconfined']
const settings = [
  ['root', []],
  ['a user', asUser],
  [
    'a user without capabilities',
    [...asUser, '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'],
  ],
] as const

describe.skipIf(skipped)('in Docker', () => {
  test.each([
    ['root', [...unconfined, ...unmasked]],
    ['a user', [...asUser, ...unconfined, ...unmasked]],
    [
      'root of GitLab’s executor',
      ['--cap-add', 'SYS_ADMIN', '--cap-add', 'NET_ADMIN', ...unconfined],
    ],
    ['root with CAP_SYS_ADMIN alone', ['--cap-add', 'SYS_ADMIN', ...unconfined]],
  ])('%s gets all namespaces with the settings of docs/containers.md', (_, flags) => {
    expect(run(flags)).toMatchObject({
      status: 'exited',
      isolation: { level: 'full', proc: 'own' },
    })
  })

  test.each([
    ['root', unconfined],
    ['a user', [...asUser, ...unconfined]],
  ])(
    '%s gets its own namespaces and the container’s /proc with seccomp=unconfined alone',
    (_, flags) => {
      const refused = run(flags)
      expect(refused.code).toBe('NAMESPACES_UNAVAILABLE')
      expect(refused.message).toContain(
        'isolation: "nested" works here; with it programs see the list',
      )
      expect(run(flags, { isolation: 'confined' }).isolation).toEqual({
        level: 'nested',
        files: 'root',
        network: 'namespace',
        processes: 'namespace',
        proc: 'shared',
      })
      const probe =
        'unshare -U true; cat /proc/1/environ; echo 1 > /proc/self/comm; test -e /proc/self/status && echo seen'
      const seen = run(
        flags,
        { isolation: 'nested', policy: { extends: 'kiss', proc: 'full' } },
        'sh',
        '-c',
        probe,
      )
      expect(seen.stdout).toBe('seen\n')
      expect(seen.stderr).toMatch(/unshare failed: Operation not permitted[\s\S]*Permission denied/)
    },
  )

  test.each(settings)(
    '%s without any flag is refused, with a hint at the level that works',
    (_, flags) => {
      const { code, message } = run(flags)
      expect(code).toBe('NAMESPACES_UNAVAILABLE')
      expect(message).toContain(
        'isolation: "confined" works here; with it programs see which files and processes there are in this container',
      )
    },
  )

  test.each(settings)('%s without any flag can run confined programs', (who, flags) => {
    const { status, isolation } = run(flags, { isolation: 'confined' })
    expect(status).toBe('exited')
    expect(isolation).toEqual({
      level: 'confined',
      files: expect.stringMatching(/^landlock \d+$/),
      network: 'filter',
      processes: who === 'root' ? 'uid' : 'tracking',
      proc: 'shared',
    })
  })

  test('without Landlock no program runs confined', () => {
    const { code, message } = run(['-e', 'GRADEBOX_LANDLOCK_ABI=0'], { isolation: 'confined' })
    expect(code).toBe('ISOLATION_UNAVAILABLE')
    expect(message).toContain('isolation: "confined" is not possible: there is no Landlock here')
  })

  test('root without capabilities cannot run programs confined', () => {
    const { code, message } = run(['--cap-drop', 'ALL'], { isolation: 'confined' })
    expect(code).toBe('ISOLATION_UNAVAILABLE')
    expect(message).toContain('this process is root without the capabilities')
  })

  test.each([
    [
      'a policy',
      { isolation: 'confined', policy: { extends: 'strict', require: ['isolation:full'] } },
    ],
    ['the default', {}],
  ])('%s is never served by a weaker level', (_, options) => {
    expect(run([], options).code).toBe('NAMESPACES_UNAVAILABLE')
  })

  test.each([
    ['a read-write working directory', { workdir: { source: '/tmp', mode: 'read-write' } }],
    ['a file elsewhere', { files: { '/etc/x': '' } }],
    ['a mount elsewhere', { mounts: [{ source: '/usr', target: '/opt/usr' }] }],
    ['a writable mount', { mounts: [{ source: '/usr', target: '/usr', writable: true }] }],
    ['the directory of all runs', { mounts: [{ source: '/tmp', target: '/tmp' }] }],
  ])('a request that only namespaces can serve is refused by name: %s', (_, options) => {
    const { code, message } = run([], { isolation: 'confined', ...options })
    expect(code).toBe('ISOLATION_UNAVAILABLE')
    expect(message).toMatch(/^isolation: "confined" cannot do this: /)
  })

  test('a full disk ends the run', () => {
    const command = [
      'sh',
      '-c',
      'for name in a b; do dd if=/dev/zero of=$name bs=1M count=12; done; sleep 5',
    ]
    const options = { isolation: 'confined', limits: { disk: '16MiB', fileSize: '64MiB' } }
    const { status, reason } = run([], options, ...command)
    expect([status, reason]).toEqual([
      'signaled',
      'wrote 24 MiB of files; the disk limit is 16 MiB',
    ])
  })

  for (const abi of ['7', '4', '1']) {
    test.each(settings.slice(0, 2))(
      `no attack of %s succeeds with Landlock ${abi}`,
      (_, flags) => {
        const found = inContainer([...flags, '-e', `GRADEBOX_LANDLOCK_ABI=${abi}`], 'attack.mjs')
        expect(found).toEqual({
          status: 'exited',
          stdout: expect.stringMatching(/^tried 1\d\d\n$/),
          stderr: expect.any(String),
          isWhole: true,
          victim: null,
          shared: 0,
        })
      },
      60_000,
    )
  }

  test.each(settings.slice(0, 2))(
    'nothing of %s outlives its run, or a killed runner',
    (_, flags) => {
      for (const mode of ['runs', 'kills']) {
        expect(inContainer(flags, 'leave.mjs', mode)).toMatchObject({ left: 0, directories: [] })
      }
    },
    120_000,
  )

  test('the sample submissions get the same verdicts as with all namespaces', () => {
    const privileged = ['--cap-add', 'SYS_ADMIN', ...unconfined]
    const full = inContainer(privileged, 'grade.mjs', 'full')
    expect(Object.keys(full).length).toBeGreaterThan(20)
    for (const flags of [[], asUser]) {
      expect(inContainer(flags, 'grade.mjs', 'confined')).toEqual(full)
    }
  }, 300_000)
})
