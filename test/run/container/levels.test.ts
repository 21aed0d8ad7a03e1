import { describe, expect, test } from 'vitest'
import { dockerOrBundle } from './engines/engine.ts'
import { type Request, runIn, runsIn } from './in-container.ts'
import { asUser, privileged, settings, unconfined, unmasked } from './settings.ts'

const engine = dockerOrBundle()
const run = (flags: readonly string[], request: Request = {}) => runIn(engine, flags, request)

describe.skipIf(engine === undefined)('the levels of isolation in a container', () => {
  test.each([
    ['root', [...unconfined, ...unmasked]],
    ['a user', [...asUser, ...unconfined, ...unmasked]],
    ['root of GitLab’s executor', [...privileged, '--cap-add', 'NET_ADMIN']],
    ['root with CAP_SYS_ADMIN alone', privileged],
  ])('%s gets all namespaces with the settings of docs/containers.md', (_, flags) => {
    expect(run(flags)).toMatchObject({
      status: 'exited',
      isolation: { level: 'full', proc: 'own' },
    })
  })

  const probe =
    'unshare -U true; cat /proc/1/environ; echo 1 > /proc/self/comm; test -e /proc/self/status && echo seen'

  test.each([
    ['root', unconfined],
    ['a user', [...asUser, ...unconfined]],
  ])(
    '%s gets its own namespaces and the container’s /proc with seccomp=unconfined alone',
    (_, flags) => {
      const [refused, lowered, seen] = runsIn(engine, flags, [
        {},
        { options: { isolation: 'confined' } },
        {
          options: { isolation: 'nested', policy: { extends: 'kiss', proc: 'full' } },
          command: ['sh', '-c', probe],
        },
      ])
      expect(refused?.code).toBe('NAMESPACES_UNAVAILABLE')
      expect(refused?.message).toContain(
        'isolation: "nested" works here; with it programs see the list',
      )
      expect(lowered?.isolation).toEqual({
        level: 'nested',
        files: 'root',
        network: 'namespace',
        processes: 'namespace',
        proc: 'shared',
      })
      expect(seen?.stdout).toBe('seen\n')
      expect(seen?.stderr).toMatch(
        /unshare failed: Operation not permitted[\s\S]*Permission denied/,
      )
    },
  )

  const insisting = { extends: 'strict', require: ['isolation:full'] }

  test.each(settings)(
    '%s without any flag: full is refused with the level that works, and confined works',
    (who, flags) => {
      const [byDefault, insisted, confined, bare] = runsIn(engine, flags, [
        {},
        { options: { isolation: 'confined', policy: insisting } },
        { options: { isolation: 'confined' } },
        { options: { isolation: 'confined' }, env: { GRADEBOX_LANDLOCK_ABI: '0' } },
      ])
      expect(byDefault?.code).toBe('NAMESPACES_UNAVAILABLE')
      expect(byDefault?.message).toContain(
        'isolation: "confined" works here; with it programs see which files and processes there are in this container',
      )
      expect(insisted?.code).toBe('NAMESPACES_UNAVAILABLE')
      expect(confined).toMatchObject({
        status: 'exited',
        isolation: {
          level: 'confined',
          files: expect.stringMatching(/^landlock \d+$/),
          network: 'filter',
          processes: who === 'root' ? 'uid' : 'tracking',
          proc: 'shared',
        },
      })
      expect(bare?.code).toBe('ISOLATION_UNAVAILABLE')
      expect(bare?.message).toContain(
        'isolation: "confined" is not possible: there is no Landlock here',
      )
    },
  )

  test('root without capabilities cannot run programs confined', () => {
    const { code, message } = run(['--cap-drop', 'ALL'], { options: { isolation: 'confined' } })
    expect(code).toBe('ISOLATION_UNAVAILABLE')
    expect(message).toContain('this process is root without the capabilities')
  })

  test('confined refuses by name a request that only namespaces can serve', () => {
    const options = [
      { workdir: { source: '/tmp', mode: 'read-write' } },
      { workdir: { source: '/tmp', target: '/submission' } },
      { files: { '/etc/x': '' } },
      { mounts: [{ source: '/usr', target: '/opt/usr' }] },
      { mounts: [{ source: '/usr', target: '/usr', writable: true }] },
      { mounts: [{ source: '/tmp', target: '/tmp' }] },
      { policy: { extends: 'kiss', network: 'host' } },
      { terminal: true },
    ]
    const refused = runsIn(
      engine,
      [],
      options.map((each) => ({ options: { isolation: 'confined', ...each } })),
    )
    const shown = refused.map(({ code, status, message = '' }) =>
      [code ?? status, message.split('\n')[0]].join(': '),
    )
    const prefix = 'ISOLATION_UNAVAILABLE: isolation: "confined" cannot do this: '
    expect(shown).toEqual(
      [
        'the working directory "/tmp" read-write',
        'the working directory at "/submission"',
        'the file "/etc/x"',
        'the mount of "/usr" at "/opt/usr"',
        'the writable mount of "/usr" at "/usr"',
        'the mount of "/tmp" at "/tmp", which contains the directories of other programs',
        'network = "host"',
        'a terminal of the program’s own',
      ].map((what) => `${prefix}${what}`),
    )
  })
})
