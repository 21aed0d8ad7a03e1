import { randomInt } from 'node:crypto'

/** The user who builds the sandbox, and the user as whom the kernel runs the program. */
export type Flow =
  /** An ordinary user: the init starts with a user namespace, and the program keeps the user's ids. */
  | {
      readonly kind: 'user'
      readonly uid: number
      readonly gid: number
      /** Set for root without CAP_SYS_ADMIN: the starter first takes these ids, which no other run has. */
      readonly fromRoot?: true
    }
  /**
   * Root: the init builds the root file system as real root. Then the init takes these unprivileged ids, and only
   * then makes the user namespace.
   */
  | {
      readonly kind: 'root'
      readonly uid: number
      readonly gid: number
      /** Whether root belongs to the initial user namespace. Only this root may use `trusted.*` with overlayfs. */
      readonly initial: boolean
    }

interface IdRange {
  readonly first: number
  readonly count: number
}

const idMaps = new Map<string, readonly IdRange[]>()

/** Ids that exist in this user namespace, from the text of /proc/self/uid_map or gid_map. */
export function parseIdMap(map: string): readonly IdRange[] {
  const ranges = idMaps.get(map) ?? rangesOf(map)
  idMaps.set(map, ranges)
  return ranges
}

function rangesOf(map: string): IdRange[] {
  return map
    .trim()
    .split('\n')
    .map((line) => {
      const [first, , count] = line.trim().split(/\s+/).map(Number)
      return { first: first ?? 0, count: count ?? 0 }
    })
}

const ALL_IDS = 0xffff_ffff
/** Gradebox gives each run an id from here up, far from the ranges of users, systemd and containers. */
const PRIVATE_IDS = 0x4000_0000
const ID_BLOCKS = 0x8000
const RUNS_PER_BLOCK = 0x8000

// Each thread draws a random block of ids. A pid could not select the block, because pids repeat among containers.
let block: number | undefined
let runs = 0

/** Bits of a capability set, linux/capability.h. */
const CAPABILITY = { CAP_SETGID: 6, CAP_SETUID: 7, CAP_SYS_ADMIN: 21 } as const

/** Whether a set of capabilities, in the form of /proc/pid/status, includes all the named capabilities. */
export const hasCapabilities = (
  set: bigint,
  ...names: readonly (keyof typeof CAPABILITY)[]
): boolean => names.every((name) => ((set >> BigInt(CAPABILITY[name])) & 1n) === 1n)

/**
 * Decides the flow. Under root of the initial user namespace, each run gets a uid and gid that no other run has. Two
 * sandboxes then share no quota, keyring or permission. In a nested namespace each run gets the highest mapped id. Root
 * without CAP_SYS_ADMIN, as in a container, first takes the ids of the run, and builds the sandbox with these ids.
 */
export function chooseFlow(process: {
  readonly euid: number
  readonly egid: number
  readonly uidMap: string
  readonly gidMap: string
  /** The text of /proc/self/setgroups: `allow` or `deny`. */
  readonly setgroups: string
  /** The effective capabilities, CapEff of /proc/self/status. */
  readonly capabilities: bigint
}): Flow {
  const user = { kind: 'user', uid: process.euid, gid: process.egid } as const
  if (process.euid !== 0) return user
  const uids = parseIdMap(process.uidMap)
  const gids = parseIdMap(process.gidMap)
  const initial = isWhole(uids) && isWhole(gids)
  if (!initial) {
    const [uid, gid] = [highest(uids), highest(gids)]
    // Root of a namespace without a second user counts as an ordinary user.
    if (uid === 0 || gid === 0 || process.setgroups.trim() === 'deny') return user
    return asRoot({ uid, gid }, initial, process.capabilities) ?? user
  }
  block ??= randomInt(ID_BLOCKS)
  runs = (runs + 1) % RUNS_PER_BLOCK
  const id = PRIVATE_IDS + block * RUNS_PER_BLOCK + runs
  return asRoot({ uid: id, gid: id }, initial, process.capabilities) ?? user
}

function asRoot(
  ids: { readonly uid: number; readonly gid: number },
  initial: boolean,
  capabilities: bigint,
): Flow | undefined {
  if (!hasCapabilities(capabilities, 'CAP_SETUID', 'CAP_SETGID')) return undefined
  if (hasCapabilities(capabilities, 'CAP_SYS_ADMIN')) return { kind: 'root', ...ids, initial }
  return { kind: 'user', ...ids, fromRoot: true }
}

/** Ids without a mapping appear as this id by default (user_namespaces(7)). */
const OVERFLOW_ID = 65534

/**
 * Whether the program would be root for the kernel, even if its uid in this namespace is not 0. The kernel's root can
 * write /proc/sys without a capability, so the program could escape through core_pattern. The program would be root if
 * root made a user namespace with no other user (`unshare --map-root-user` as root).
 *
 * @param systemOwner the uid of the kernel's root in this namespace, which is the owner of /proc/sys/kernel
 */
export const isKernelRoot = ({ uid }: Flow, systemOwner: number): boolean =>
  uid === systemOwner && uid !== OVERFLOW_ID

const isWhole = (ranges: readonly IdRange[]): boolean =>
  ranges.length === 1 && ranges[0]?.first === 0 && ranges[0].count === ALL_IDS

const highest = (ranges: readonly IdRange[]): number =>
  Math.max(...ranges.map(({ first, count }) => first + count - 1))
