/** Who builds the sandbox, and who the program is to the kernel. */
export type Flow =
  /** An ordinary user: the init starts with a user namespace, and the program keeps the user's ids. */
  | { readonly kind: 'user'; readonly uid: number; readonly gid: number }
  /**
   * Root: the init builds the root as real root, becomes these unprivileged ids, and only then makes
   * the user namespace.
   */
  | {
      readonly kind: 'root'
      readonly uid: number
      readonly gid: number
      /** Whether root is the initial user namespace's: only there may overlayfs use `trusted.*`. */
      readonly initial: boolean
    }

interface IdRange {
  readonly first: number
  readonly count: number
}

/** Ids that exist in this user namespace, from the text of /proc/self/uid_map or gid_map. */
export function parseIdMap(map: string): IdRange[] {
  return map
    .trim()
    .split('\n')
    .map((line) => {
      const [first, , count] = line.trim().split(/\s+/).map(Number)
      return { first: first ?? 0, count: count ?? 0 }
    })
}

const ALL_IDS = 0xffff_ffff
/** From here up we give each run an id of its own: far from users', systemd's and containers' ranges. */
const PRIVATE_IDS = 0x4000_0000
const RUNS_PER_PROCESS = 0x8000

let runs = 0

/**
 * Decides the flow. As root of the initial user namespace each run gets a uid and gid that no other
 * has, so that two sandboxes share no quota, keyring or permission; in a nested one, the highest id
 * that is mapped.
 */
export function chooseFlow(process: {
  readonly euid: number
  readonly egid: number
  readonly pid: number
  readonly uidMap: string
  readonly gidMap: string
}): Flow {
  if (process.euid !== 0) return { kind: 'user', uid: process.euid, gid: process.egid }
  const uids = parseIdMap(process.uidMap)
  const gids = parseIdMap(process.gidMap)
  const initial = isWhole(uids) && isWhole(gids)
  if (!initial) return { kind: 'root', uid: highest(uids), gid: highest(gids), initial }
  runs = (runs + 1) % RUNS_PER_PROCESS
  const id = PRIVATE_IDS + (process.pid % RUNS_PER_PROCESS) * RUNS_PER_PROCESS + runs
  return { kind: 'root', uid: id, gid: id, initial }
}

const isWhole = (ranges: readonly IdRange[]): boolean =>
  ranges.length === 1 && ranges[0]?.first === 0 && ranges[0].count === ALL_IDS

const highest = (ranges: readonly IdRange[]): number =>
  Math.max(...ranges.map(({ first, count }) => first + count - 1))
