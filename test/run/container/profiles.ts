import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { addedRule } from './page.ts'

/** The default profile of a real engine, Podman. Debian's Docker has its profile only inside its program. */
export const PROFILE = '/usr/share/containers/seccomp.json'

export const hasProfile = (): boolean => existsSync(PROFILE)

/**
 * A profile that denies the calls that Docker's default denies, and the same profile with the additions of
 * docs/containers.md.
 */
export const profilesIn = (home: string) => ({
  dockerLike: join(home, 'default.json'),
  profile: join(home, 'gradebox-seccomp.json'),
})

interface Rule {
  readonly names: readonly string[]
  readonly action: string
  readonly includes?: { readonly caps?: readonly string[] }
}

// Every CLONE_NEW flag of clone(2), linux/sched.h.
const cloneWithoutNamespaces = {
  names: ['clone'],
  action: 'SCMP_ACT_ALLOW',
  args: [{ index: 0, value: 0x7e02_0000, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }],
}

/** Writes both profiles, made from Podman's profile, which allows some calls that Docker's leaves to CAP_SYS_ADMIN. */
export function writeProfiles(home: string): void {
  if (!hasProfile()) return
  const { profile, dockerLike } = profilesIn(home)
  const whole = JSON.parse(readFileSync(PROFILE, 'utf8')) as { syscalls: Rule[] }
  const added = addedRule() as Rule
  const syscalls = whole.syscalls.map((rule) =>
    rule.includes?.caps?.length
      ? rule
      : { ...rule, names: rule.names.filter((name) => !added.names.includes(name)) },
  )
  const withNames = syscalls.filter(({ names }) => names.length > 0)
  const dockers = [...withNames, cloneWithoutNamespaces]
  writeFileSync(dockerLike, JSON.stringify({ ...whole, syscalls: dockers }))
  writeFileSync(profile, JSON.stringify({ ...whole, syscalls: [...withNames, added] }))
}
