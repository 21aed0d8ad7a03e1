import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { deniedByDefault } from '../cli/container-filter.ts'
import { addedRule } from './page.ts'

/** The default profile of a real engine, Podman. Debian's Docker has its profile only inside its program. */
const PROFILE = '/usr/share/containers/seccomp.json'

/** The paths of the two profiles that {@link writeProfiles} writes. */
export const profilesIn = (home: string) => ({
  dockerLike: join(home, 'default.json'),
  profile: join(home, 'gradebox-seccomp.json'),
})

interface Conditions {
  readonly caps?: readonly string[]
  readonly arches?: readonly string[]
}

interface Rule {
  readonly names: readonly string[]
  readonly action: string
  readonly errnoRet?: number
  readonly args?: readonly object[] | null
  readonly includes?: Conditions
  readonly excludes?: Conditions
}

/** A seccomp profile in the form of Docker and Podman. */
export interface Profile {
  readonly defaultAction: string
  readonly defaultErrnoRet?: number
  readonly syscalls: readonly Rule[]
}

// The CLONE_NEW flags of clone(2): linux/sched.h.
const NAMESPACE_FLAGS = [
  ...[0x2_0000, 0x200_0000, 0x400_0000, 0x800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000],
]
const ALL_FLAGS = NAMESPACE_FLAGS.reduce((all, flag) => all | flag, 0)
const whenFlags = (mask: number, value: number) => [
  { index: 0, value: mask, valueTwo: value, op: 'SCMP_CMP_MASKED_EQ' },
]
const EPERM = 1
const ENOSYS = 38
const denies = (names: readonly string[], errnoRet: number, args?: readonly object[]): Rule => ({
  names,
  action: 'SCMP_ACT_ERRNO',
  errnoRet,
  ...(args === undefined ? {} : { args }),
})

/** A profile that denies the calls that Docker's default denies. */
export function dockerLikeProfile(): Profile {
  const podmans = podmanProfile()
  const cloneWithoutNamespaces = {
    names: ['clone'],
    action: 'SCMP_ACT_ALLOW',
    args: whenFlags(ALL_FLAGS, 0),
  }
  if (podmans !== undefined) {
    return { ...podmans, syscalls: [...withoutAdded(podmans), cloneWithoutNamespaces] }
  }
  return {
    defaultAction: 'SCMP_ACT_ALLOW',
    syscalls: [
      denies(
        deniedByDefault.filter((name) => name !== 'clone'),
        EPERM,
      ),
      ...NAMESPACE_FLAGS.map((flag) => denies(['clone'], EPERM, whenFlags(flag, flag))),
      denies(['clone3'], ENOSYS),
    ],
  }
}

/** The same profile with the calls that docs/containers.md adds. */
function pageProfile(): Profile {
  const podmans = podmanProfile()
  const added = addedRule() as Rule
  if (podmans !== undefined) return { ...podmans, syscalls: [...withoutAdded(podmans), added] }
  const { syscalls, ...own } = dockerLikeProfile()
  const rules = syscalls.map((rule) => ({
    ...rule,
    names: rule.names.filter((name) => !added.names.includes(name)),
  }))
  return { ...own, syscalls: rules.filter(({ names }) => names.length > 0) }
}

/** Writes both profiles. */
export function writeProfiles(home: string): void {
  const { profile, dockerLike } = profilesIn(home)
  writeFileSync(dockerLike, JSON.stringify(dockerLikeProfile()))
  writeFileSync(profile, JSON.stringify(pageProfile()))
}

const podmanProfile = (): Profile | undefined =>
  existsSync(PROFILE) ? JSON.parse(readFileSync(PROFILE, 'utf8')) : undefined

// Podman's profile allows some of the calls that Docker's leaves to CAP_SYS_ADMIN.
function withoutAdded({ syscalls }: Profile): Rule[] {
  const { names: added } = addedRule() as Rule
  return syscalls
    .map((rule) =>
      rule.includes?.caps?.length
        ? rule
        : { ...rule, names: rule.names.filter((name) => !added.includes(name)) },
    )
    .filter(({ names }) => names.length > 0)
}

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' }
const TABLES: Readonly<Record<string, readonly string[]>> = {
  x64: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
  arm64: ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM'],
}

/** The filter of a profile for a container with these capabilities, in the form of the OCI runtimes. */
export function rulesFor({ syscalls, ...profile }: Profile, capabilities: readonly string[]) {
  const arch = ARCHITECTURES[process.arch] ?? process.arch
  const has = (name: string) => capabilities.includes(name)
  const applies = ({ includes = {}, excludes = {} }: Rule) =>
    (includes.caps ?? []).every(has) &&
    !(excludes.caps ?? []).some(has) &&
    (includes.arches === undefined || includes.arches.includes(arch)) &&
    !(excludes.arches ?? []).includes(arch)
  const { defaultAction, defaultErrnoRet } = profile
  return {
    ...{ defaultAction, defaultErrnoRet, architectures: TABLES[process.arch] },
    syscalls: syscalls.filter(applies).map(({ names, action, errnoRet, args }) => ({
      ...{ names, action, errnoRet },
      ...(args?.length ? { args } : {}),
    })),
  }
}
