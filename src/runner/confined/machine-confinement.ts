import { readFileSync } from 'node:fs'
import { SandboxError } from '../../errors/sandbox-error.ts'
import { kernelLandlockAbi } from '../../ffi/confinement.ts'
import { parseIdMap } from '../../launcher/plan/flow.ts'
import { effectiveCapabilities } from '../host-machine.ts'
import type { ConfinedBy, Separation } from '../isolation/isolation-of.ts'
import type { IsolationLevel } from '../isolation/level.ts'

/** The newest Landlock ABI for which the launch program makes rules. */
const NEWEST_ABI = 7

/**
 * The Landlock ABI in use: the kernel's ABI, or a lower ABI that `GRADEBOX_LANDLOCK_ABI` names. A lower ABI shows what
 * an older kernel would do. 0 means that there is no Landlock.
 */
export function landlockAbi(): number {
  const most = Number(process.env.GRADEBOX_LANDLOCK_ABI ?? NEWEST_ABI)
  return Math.min(kernelLandlockAbi(), NEWEST_ABI, Number.isNaN(most) ? NEWEST_ABI : most)
}

/** linux/capability.h: CHOWN, DAC_OVERRIDE, SETGID, SETUID. */
const NEEDED = (1n << 0n) | (1n << 1n) | (1n << 6n) | (1n << 7n)

/**
 * How this user can separate a run without namespaces.
 *
 * @throws {SandboxError} ISOLATION_UNAVAILABLE if this user cannot separate a run
 */
function confinedBy(): ConfinedBy {
  const abi = landlockAbi()
  if (abi === 0) {
    throw unavailable(
      'there is no Landlock here',
      'It needs Linux 5.13 or newer with "landlock" among the modules in /sys/kernel/security/lsm, and no container filter that denies its calls.',
    )
  }
  if (process.geteuid?.() !== 0) return { as: 'user', landlockAbi: abi }
  if ((effectiveCapabilities() & NEEDED) !== NEEDED) {
    throw unavailable(
      'this process is root without the capabilities to give each program a user of its own (SETUID, SETGID, CHOWN, DAC_OVERRIDE)',
      'Run the tests as an ordinary user (docker run --user 1000:1000), or leave root these capabilities.',
    )
  }
  return { as: 'root', landlockAbi: abi }
}

/**
 * How a run at a level is separated from this machine.
 *
 * @throws {SandboxError} ISOLATION_UNAVAILABLE if the level is `confined`, which is impossible here
 */
export const separationAt = (level: IsolationLevel): Separation =>
  level === 'confined' ? { level, by: confinedBy() } : { level }

const unavailable = (why: string, hint: string): SandboxError =>
  new SandboxError(`isolation: "confined" is not possible: ${why}`, {
    code: 'ISOLATION_UNAVAILABLE',
    hint,
  })

/** A run's private user, and the user that ends the run. Each user has a group of the same number. */
export interface PrivateIds {
  readonly uid: number
  readonly neighbour: number
}

const ALL_IDS = 0xffff_ffff
/** The ids for runs if all ids are mapped. These ids are far from the ids of users, of systemd and of containers. */
const LARGE = { first: 0x4000_0000, pairs: 0x2000_0000 }
/** The number of highest ids that runs do not use. `nobody` is one of these ids. */
const RESERVED = 16
/** The number of pairs in a container with 65,536 ids. The pairs lie just below the reserved ids. */
const FEW_PAIRS = 4096
/** The smallest map with ids for runs. A smaller map has room only for the ids of real users. */
const LEAST_IDS = 0x8000

/** The ids for runs: the first id, and the number of pairs. */
export interface IdSpace {
  readonly first: number
  readonly pairs: number
}

/**
 * The ids that runs may get, from the texts of /proc/self/uid_map and gid_map.
 *
 * @throws {SandboxError} ISOLATION_UNAVAILABLE if too few ids are mapped
 */
export function idSpace(uidMap: string, gidMap: string): IdSpace {
  const maps = [parseIdMap(uidMap), parseIdMap(gidMap)]
  const isWhole = maps.every(([range]) => range?.first === 0 && range.count === ALL_IDS)
  if (isWhole) return LARGE
  const ends = maps.map((ranges) => {
    const { first, count } = ranges.toSorted((a, b) => a.first - b.first).at(-1) ?? {
      first: 0,
      count: 0,
    }
    return count < LEAST_IDS ? 0 : first + count
  })
  const end = Math.min(...ends) - RESERVED
  if (end > FEW_PAIRS * 2) return { first: end - (end % 2) - FEW_PAIRS * 2, pairs: FEW_PAIRS }
  throw unavailable(
    'this user namespace has too few ids to give each program a user of its own',
    'Map 65,536 ids (newuidmap, userns-remap), or run the tests as an ordinary user.',
  )
}

let space: IdSpace | undefined

/** The ids that runs of this process may get. */
export function ownIdSpace(): IdSpace {
  space ??= idSpace(
    readFileSync('/proc/self/uid_map', 'utf8'),
    readFileSync('/proc/self/gid_map', 'utf8'),
  )
  return space
}
