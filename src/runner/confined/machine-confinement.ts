import { readFileSync } from 'node:fs'
import { SandboxError } from '../../errors/sandbox-error.ts'
import { kernelLandlockAbi } from '../../ffi/confinement.ts'
import { parseIdMap } from '../../launcher/plan/flow.ts'
import { effectiveCapabilities } from '../host-machine.ts'
import type { ConfinedBy } from '../isolation/isolation-of.ts'

/** The newest ABI that the launch program makes rules for. */
const NEWEST_ABI = 7

/**
 * The Landlock ABI that is used here: the kernel's, or less where `GRADEBOX_LANDLOCK_ABI` says so, which tells
 * what an older kernel would do. 0: none.
 */
export function landlockAbi(): number {
  const most = Number(process.env.GRADEBOX_LANDLOCK_ABI ?? NEWEST_ABI)
  return Math.min(kernelLandlockAbi(), NEWEST_ABI, Number.isNaN(most) ? NEWEST_ABI : most)
}

/** linux/capability.h: CHOWN, DAC_OVERRIDE, SETGID, SETUID. */
const NEEDED = (1n << 0n) | (1n << 1n) | (1n << 6n) | (1n << 7n)

/**
 * How a run can be kept apart without namespaces by the user that this process is.
 *
 * @throws {SandboxError} ISOLATION_UNAVAILABLE where it cannot
 */
export function confinedBy(): ConfinedBy {
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

const unavailable = (why: string, hint: string): SandboxError =>
  new SandboxError(`isolation: "confined" is not possible: ${why}`, {
    code: 'ISOLATION_UNAVAILABLE',
    hint,
  })

/** A run's own user, and the user that ends it; a group of the same number goes with each. */
export interface PrivateIds {
  readonly uid: number
  readonly neighbour: number
}

const ALL_IDS = 0xffff_ffff
/** Far from the ids of users, of systemd and of containers. */
const LARGE = { first: 0x4000_0000, pairs: 0x2000_0000 }
/** How many ids below the highest are not taken: `nobody` is among them. */
const RESERVED = 16
/** In a container with 65,536 ids: so many pairs just below those. */
const FEW_PAIRS = 4096
/** A map with fewer ids has no room beside the ids of real users. */
const LEAST_IDS = 0x8000

/** Where the pairs of ids are, and how many. */
export interface IdSpace {
  readonly first: number
  readonly pairs: number
}

/**
 * The ids from which runs get theirs, by the texts of /proc/self/uid_map and gid_map.
 *
 * @throws {SandboxError} ISOLATION_UNAVAILABLE where too few are mapped
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

/** The ids from which runs of this process get theirs. */
export function ownIdSpace(): IdSpace {
  space ??= idSpace(
    readFileSync('/proc/self/uid_map', 'utf8'),
    readFileSync('/proc/self/gid_map', 'utf8'),
  )
  return space
}
