import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { asResult } from '../run/container/as-result.ts'
import { type Engine, lacksEngine, startEngine, startPodman } from '../run/container/engine.ts'
import { hasProfile, profilesIn, writeProfiles } from '../run/container/profiles.ts'

// Everything that docs/isolation.md promises of `confined`, in every setting and with every Landlock.
const LANDLOCKS = ['7', '4', '1']
const RUNS = 500
const KILLS = 100
const home = mkdtempSync(join(tmpdir(), 'gradebox-profile-'))
const skipped = lacksEngine()
let docker: Engine | undefined
let podman: Engine | undefined

beforeAll(async () => {
  if (skipped) return
  writeProfiles(home)
  docker = await startEngine()
  podman = startPodman()
}, 120_000)
afterAll(async () => {
  await docker?.stop()
  await podman?.stop()
  rmSync(home, { recursive: true, force: true })
}, 60_000)

const user = ['--user', '1000:1000']
const settings = [
  ['root', []],
  ['a user', user],
  ['a bare user', [...user, '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges']],
] as const
const run = (flags: readonly string[], program: string, ...args: readonly string[]) =>
  asResult(docker?.run(flags, program, ...args) ?? '')

describe.skipIf(skipped)('confined', () => {
  let full: unknown
  beforeAll(() => {
    const privileged = ['--cap-add', 'SYS_ADMIN', '--security-opt', 'seccomp=unconfined']
    full = run(privileged, 'grade.mjs', 'full')
  }, 300_000)

  for (const abi of LANDLOCKS) {
    test.each(settings)(
      `%s, Landlock ${abi}: no attack succeeds, and verdicts are those of full`,
      (who, own) => {
        const flags = [...own, '-e', `GRADEBOX_LANDLOCK_ABI=${abi}`]
        const attacked = run(flags, 'attack.mjs')
        expect(attacked).toMatchObject({ status: 'exited', isWhole: true, victim: null, shared: 0 })
        expect(attacked.stdout).toMatch(/^tried 1\d\d\n$/)
        expect(run(flags, 'grade.mjs', 'confined')).toEqual(full)
        console.log(
          `${who}, Landlock ${abi}: ${attacked.stdout.trim()}, 0 succeeded; verdicts as full`,
        )
      },
    )
  }

  test.each(settings)('%s, no Landlock: both levels are refused', (_, own) => {
    const flags = [...own, '-e', 'GRADEBOX_LANDLOCK_ABI=0']
    expect(run(flags, 'run.mjs').message).toContain('No weaker isolation works here either')
    const { code } = run(flags, 'run.mjs', '{"isolation":"confined"}')
    expect(code).toBe('ISOLATION_UNAVAILABLE')
  })

  test.each(settings.slice(0, 2))(
    `%s: nothing outlives ${RUNS} runs of each kind and ${KILLS} kills`,
    (who, own) => {
      for (const [mode, count] of [
        ['runs', RUNS],
        ['kills', Math.ceil(KILLS / 9)],
      ] as const) {
        const { left, directories, tried } = run(own, 'leave.mjs', mode, `${count}`)
        console.log(`${who}: ${tried} ${mode}, ${left} left`)
        expect({ left, directories }).toEqual({ left: 0, directories: [] })
      }
    },
  )

  test('root of 65,536 ids', (context) => {
    if (podman === undefined || !hasProfile()) return context.skip()
    const ids = ['--uidmap', '0:100000:65536', '--gidmap', '0:100000:65536']
    const level = ['--security-opt', `seccomp=${profilesIn(home).dockerLike}`]
    expect(asResult(podman.run([...ids, ...level], 'grade.mjs', 'confined'))).toEqual(full)
  })
})
