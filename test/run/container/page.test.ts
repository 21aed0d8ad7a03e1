import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { asResult } from './as-result.ts'
import { type Engine, lacksEngine, startEngine, startPodman } from './engine.ts'
import { flagsOf, githubFlags, gitlabFlags, kubernetesFlags } from './page.ts'
import { hasProfile, PROFILE, profilesIn, writeProfiles } from './profiles.ts'

const skipped = lacksEngine()
const home = mkdtempSync(join(tmpdir(), 'gradebox-profile-'))
const { profile, dockerLike } = profilesIn(home)
let docker: Engine | undefined
let podman: Engine | undefined

beforeAll(async () => {
  if (skipped) return
  writeProfiles(home)
  docker = await startEngine()
  podman = startPodman()
}, 180_000)
afterAll(async () => {
  await docker?.stop()
  await podman?.stop()
  rmSync(home, { recursive: true, force: true })
}, 60_000)

const withProfile = (flags: readonly string[]) =>
  flags.map((flag) => flag.replace('gradebox-seccomp.json', profile))
const levelOf = (engine: Engine | undefined, flags: readonly string[], options: object = {}) =>
  asResult(engine?.run(flags, 'run.mjs', JSON.stringify(options)) ?? '')
const full = { status: 'exited', isolation: { level: 'full', proc: 'own' } }

/** Returns whether a test is skipped because an engine or its default profile is missing, and prints the reason. */
function lacks(what: Engine | undefined, flags: readonly string[] = []): boolean {
  const isWithout = flags.join().includes('seccomp=/') && !hasProfile()
  if (isWithout) console.warn(`SKIPPED: it needs ${PROFILE}, which Podman brings`)
  return what === undefined || isWithout
}

describe.skipIf(skipped)('the command lines of docs/containers.md', () => {
  test.for([
    ['docker run', () => flagsOf('docker')],
    ['the pod of Kubernetes, as flags of Docker', kubernetesFlags],
    ['a GitHub job with a container', githubFlags],
    ['GitLab’s Docker executor', gitlabFlags],
  ] as const)('%s: all namespaces', ([, flagsOnPage], context) => {
    const flags = withProfile(flagsOnPage())
    if (lacks(docker, flags)) return context.skip()
    expect(levelOf(docker, flags)).toMatchObject(full)
  })

  test('the page adds exactly the ten calls that the profile lacks', (context) => {
    const flags = flagsOf('docker').map((flag) => flag.replace('gradebox-seccomp.json', dockerLike))
    if (lacks(docker, flags)) return context.skip()
    const { code, message } = levelOf(docker, flags)
    expect(code).toBe('NAMESPACES_UNAVAILABLE')
    expect(message).toContain('isolation: "confined" works here')
  })

  test('GitLab with security_opt alone: nested; without security_opt too: confined', (context) => {
    if (lacks(docker)) return context.skip()
    const options = gitlabFlags()
    const security = options.slice(options.indexOf('--security-opt'))
    const floor = { isolation: 'confined' }
    expect(levelOf(docker, security, floor).isolation.level).toBe('nested')
    expect(levelOf(docker, [], floor).isolation.level).toBe('confined')
  })

  test('podman run: all namespaces', (context) => {
    const flags = withProfile(flagsOf('podman'))
    if (lacks(podman, flags)) return context.skip()
    expect(levelOf(podman, flags)).toMatchObject(full)
  })

  const manyIds = ['--uidmap', '0:100000:65536', '--gidmap', '0:100000:65536']

  test.for([
    ['root', []],
    ['a user', ['--user', '1000:1000']],
    ['root of 65,536 ids', manyIds],
  ] as const)('Podman without any flag: nested, as %s', ([, flags], context) => {
    if (lacks(podman)) return context.skip()
    expect(levelOf(podman, flags).code).toBe('NAMESPACES_UNAVAILABLE')
    expect(levelOf(podman, flags, { isolation: 'confined' }).isolation.level).toBe('nested')
  })

  test('root with 65,536 ids and no namespaces: each program is a user of its own', (context) => {
    const flags = [...manyIds, '--security-opt', `seccomp=${dockerLike}`]
    if (lacks(podman, flags)) return context.skip()
    const output = podman?.run(flags, 'run.mjs', '{"isolation":"confined"}', 'id', '-u') ?? ''
    const { stdout, isolation } = asResult(output)
    expect(isolation).toMatchObject({ level: 'confined', processes: 'uid' })
    expect(Number(stdout)).toBeGreaterThan(50_000)
    expect(Number(stdout)).toBeLessThan(65_536)
  })
})
