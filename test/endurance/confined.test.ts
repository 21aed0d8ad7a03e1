import { mkdtempSync, rmSync } from 'node:fs'
import { release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dockerOrBundle, type Engine, startedEngines } from '../run/container/engines/engine.ts'
import { asResult, runIn } from '../run/container/in-container.ts'
import { profilesIn, writeProfiles } from '../run/container/profiles.ts'
import { fewIds, privileged, settings } from '../run/container/settings.ts'

// Everything that docs/isolation.md promises of `confined`, in every setting and with every Landlock.
const LANDLOCKS = ['7', '4', '1']
/** The runs and the killed test runners for each kind of leaver in each of 12 settings: 504 and 24 in all. */
const RUNS = Number(process.env.GRADEBOX_LEAVERS ?? 42)
const KILLS = Number(process.env.GRADEBOX_KILLS ?? 2)
const home = mkdtempSync(join(tmpdir(), 'gradebox-profile-'))
writeProfiles(home)
afterAll(() => rmSync(home, { recursive: true, force: true }))

const docker = dockerOrBundle()
const { podman, bundle } = startedEngines()
const withFewIds = [...fewIds, '--security-opt', `seccomp=${profilesIn(home).dockerLike}`]

interface Setting {
  readonly who: string
  readonly engine: Engine | undefined
  readonly flags: readonly string[]
}
const all: readonly Setting[] = [
  ...settings.map(([who, flags]) => ({ who, engine: docker, flags })),
  { who: 'root of 65,536 ids', engine: podman ?? bundle, flags: withFewIds },
]
const inContainer = ({ engine, flags }: Setting, program: string, ...args: readonly string[]) =>
  asResult(engine?.run(flags, program, ...args) ?? '')

let full: unknown
beforeAll(() => {
  console.log(`Linux ${release()}, ${docker?.name ?? 'no engine'}`)
  if (docker !== undefined) full = asResult(docker.run(privileged, 'grade.mjs', 'full'))
})

describe.each(all.map((each) => [each.who, each] as const))('confined as %s', (who, setting) => {
  const { engine, flags } = setting
  const withAbi = (abi: string): Setting => ({
    ...setting,
    flags: [...flags, '-e', `GRADEBOX_LANDLOCK_ABI=${abi}`],
  })

  test.skipIf(engine === undefined)('no Landlock: every level is refused', () => {
    const bare = withAbi('0').flags
    const byDefault = runIn(engine, bare)
    expect(byDefault.code).toBe('NAMESPACES_UNAVAILABLE')
    expect(byDefault.message).toContain(
      'No weaker isolation works here either: isolation: "confined" is not possible: there is no Landlock here',
    )
    const confined = runIn(engine, bare, { options: { isolation: 'confined' } })
    expect(confined.code).toBe('ISOLATION_UNAVAILABLE')
  })

  describe.skipIf(engine === undefined).each(LANDLOCKS)('Landlock %s', (abi) => {
    const capped = withAbi(abi)

    test('the default is refused, and the error names the level that works', () => {
      const { code, message } = runIn(engine, capped.flags)
      expect(code).toBe('NAMESPACES_UNAVAILABLE')
      expect(message).toContain('isolation: "confined" works here; with it')
    })

    test('no attack succeeds', () => {
      const found = inContainer(capped, 'attack.mjs')
      console.log(`${who}, Landlock ${abi}: ${found.stdout.trim()}`)
      expect(found).toMatchObject({
        status: 'exited',
        changed: [],
        victim: null,
        rival: 'whole',
        shared: 0,
      })
      expect(found.stdout).toMatch(/^tried \d{3}\n$/)
    })

    test('the sample submissions get the same verdicts as with full', () => {
      expect(inContainer(capped, 'grade.mjs', 'confined')).toEqual(full)
      console.log(`${who}, Landlock ${abi}: the verdicts of full`)
    })

    test('5,000 nested directories are removed', () => {
      const left = inContainer(capped, 'tree-left.mjs')
      expect(left).toEqual({ status: 'exited', directories: [] })
    })

    test.each([
      ['runs of each kind', 'runs', RUNS],
      ['killed test runners of each kind', 'kills', KILLS],
    ] as const)('nothing outlives %s', (what, mode, count) => {
      const { left, directories, kinds, tried } = inContainer(capped, 'leave.mjs', mode, `${count}`)
      console.log(`${who}, Landlock ${abi}: ${tried} ${what}, ${kinds} kinds, ${left.length} left`)
      expect({ left, directories }).toEqual({ left: [], directories: [] })
    })
  })
})
