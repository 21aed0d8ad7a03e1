import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { withRepeats } from '../../repeats.ts'
import { type Engine, startedEngines } from './engines/engine.ts'
import { runIn, runsIn } from './in-container.ts'
import { flagsOf, githubFlags, gitlabFlags, kubernetesFlags } from './page.ts'
import { profilesIn, writeProfiles } from './profiles.ts'
import { asUser, fewIds } from './settings.ts'

const home = mkdtempSync(join(tmpdir(), 'gradebox-profile-'))
const { profile, dockerLike } = profilesIn(home)
const { docker, podman, bundle } = startedEngines()
writeProfiles(home)
afterAll(() => rmSync(home, { recursive: true, force: true }))

const withProfile = (flags: readonly string[]) =>
  flags.map((flag) => flag.replace('gradebox-seccomp.json', profile))
const full = { status: 'exited', isolation: { level: 'full', proc: 'own' } }
const floor = { options: { isolation: 'confined' } }

// The flags are the same for both.
const engines: readonly [name: string, engine: Engine | undefined][] = [
  ['Docker', docker],
  ['a runtime with an OCI bundle', bundle],
]
const [first = engines[0], ...others] = engines.filter(([, engine]) => engine !== undefined)

describe.each(withRepeats(first === undefined ? [] : [first], others))(
  'the command lines of docs/containers.md, in %s',
  (_, engine) => {
    test.skipIf(engine === undefined).each([
      ['docker run', () => flagsOf('docker')],
      ['the pod of Kubernetes, as flags of Docker', kubernetesFlags],
      ['a GitHub job with a container', githubFlags],
      ['GitLab’s Docker executor', gitlabFlags],
    ] as const)('%s: all namespaces', (_, flagsOnPage) => {
      expect(runIn(engine, withProfile(flagsOnPage()))).toMatchObject(full)
    })

    test.skipIf(engine === undefined)(
      'the page adds exactly the ten calls that the profile lacks',
      () => {
        const flags = flagsOf('docker').map((flag) =>
          flag.replace('gradebox-seccomp.json', dockerLike),
        )
        const { code, message } = runIn(engine, flags)
        expect(code).toBe('NAMESPACES_UNAVAILABLE')
        expect(message).toContain('isolation: "confined" works here')
      },
    )

    test.skipIf(engine === undefined)(
      'GitLab with security_opt alone gives nested, and GitLab without any setting gives confined',
      () => {
        const options = gitlabFlags()
        const security = options.slice(options.indexOf('--security-opt'))
        expect(runIn(engine, security, floor).isolation?.level).toBe('nested')
        expect(runIn(engine, [], floor).isolation?.level).toBe('confined')
      },
    )

    test.skipIf(engine === undefined)(`doctor says which level works`, () => {
      const doctor = (engine: Engine | undefined, flags: readonly string[]) =>
        engine?.command(flags, 'node', '/gradebox/dist/cli/main.js', 'doctor')
      expect(doctor(engine, withProfile(flagsOf('docker')))).toContain('full')
      expect(doctor(engine, asUser)).toContain('confined')
    })
  },
)

describe.skipIf(podman === undefined)('Podman', () => {
  test('podman run: all namespaces', () => {
    expect(runIn(podman, withProfile(flagsOf('podman')))).toMatchObject(full)
  })

  test.each([
    ['root', []],
    ['a user', asUser],
    ['root of 65,536 ids', fewIds],
  ] as const)('without any flag: nested, as %s', (_, flags) => {
    const [byDefault, lowered] = runsIn(podman, flags, [{}, floor])
    expect(byDefault?.code).toBe('NAMESPACES_UNAVAILABLE')
    expect(lowered?.isolation?.level).toBe('nested')
  })
})

test.for([
  ['Podman', podman],
  ['a runtime with an OCI bundle', bundle],
] as const)(
  'root with 65,536 ids and no namespaces, in %s: each program is a user of its own',
  ([, engine], context) => {
    if (engine === undefined) return context.skip()
    const flags = [...fewIds, '--security-opt', `seccomp=${dockerLike}`]
    const { stdout, isolation } = runIn(engine, flags, { ...floor, command: ['id', '-u'] })
    expect(isolation).toMatchObject({ level: 'confined', processes: 'uid' })
    expect(Number(stdout)).toBeGreaterThan(50_000)
    expect(Number(stdout)).toBeLessThan(65_536)
  },
)
