import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { dockerLikeProfile, type Profile, rulesFor } from '../profiles.ts'
import type { BundleEngine } from './engine.ts'
import { settingsOf } from './flags.ts'
import { makeImage } from './image.ts'
import { capabilitiesOf, ociSpec } from './oci-spec.ts'

/** Runs a command by a runtime and an OCI bundle, in a container as Docker makes it; returns its output. */
export function inBundle(
  { runtime, home, cgroupsPath }: BundleEngine,
  flags: readonly string[],
  args: readonly string[],
): string {
  const settings = settingsOf(flags)
  const { seccomp, firstHostId } = settings
  const bundle = mkdtempSync(join(home, 'bundle-'))
  // The container's root may be another user.
  chmodSync(bundle, 0o711)
  const root = join(bundle, 'rootfs')
  mkdirSync(root)
  makeImage(root, firstHostId)
  const profile = seccomp === undefined ? dockerLikeProfile() : profileAt(seccomp)
  const spec = ociSpec(settings, {
    ...{ root, args, cgroupsPath: `${cgroupsPath}/${basename(bundle)}` },
    seccomp: profile && rulesFor(profile, capabilitiesOf(settings)),
  })
  writeFileSync(join(bundle, 'config.json'), JSON.stringify(spec))
  const [name = '', ...own] = runtime
  const call = [...own, 'run', '--bundle', bundle, basename(bundle)]
  const { stdout, stderr } = spawnSync(name, call, { encoding: 'utf8' })
  rmSync(bundle, { recursive: true, force: true })
  return `${stdout}${stderr}`.trim()
}

const profileAt = (seccomp: string): Profile | undefined =>
  seccomp === 'unconfined' ? undefined : JSON.parse(readFileSync(seccomp, 'utf8'))

/** The reason why a runtime runs no bundles on this machine; undefined if it runs them. */
export function whyNoBundles(engine: BundleEngine): string | undefined {
  const output = inBundle(engine, ['-v', '/usr:/usr:ro'], ['echo', 'it runs'])
  return output === 'it runs' ? undefined : output
}
