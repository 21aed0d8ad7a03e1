import {
  MFD_CLOEXEC,
  O_CLOEXEC,
  O_DIRECTORY,
  O_RDONLY,
  SEEK_SET,
  SIGKILL,
  WNOHANG,
} from '../../../linux/constants.ts'
import type { Arch } from '../../machine/machine.ts'
import { type Area, at, FAIL, load, type Step, stepsOf, text, words } from '../../step.ts'
import type { Ending } from '../end-steps.ts'
import { FD } from '../fd-numbers.ts'

const init = stepsOf('init')

/** The memory for the user ids of the run. The run's request stores the ids: see {@link storeOwnIdsSteps}. */
export const ownAreas: readonly Area[] = [
  {
    name: 'own',
    fields: ['uid', 'neighbour'].map((name) => ({ name, size: 8 })),
  },
]

/** Steps by which a request stores the run's ids in the image. lseek(2) returns the new position, which is the id. */
export const storeOwnIdsSteps = (ids: {
  readonly uid: number
  readonly neighbour: number
}): Step[] =>
  (['uid', 'neighbour'] as const).map((name) =>
    init('lseek', [FD.request, ids[name], SEEK_SET], { store: `own.${name}` }),
  )

/**
 * To end a run, root's init takes other user ids. The effective uid becomes the uid of the run, so kill(-1) reaches
 * only the run's processes (kill(2)). The real and the saved uid become the neighbour's uid, which no other process
 * has. The run's processes therefore cannot signal the init. If a step before kill(-1) fails, the init kills only the
 * target.
 */
export const endAsNeighbour: Ending = {
  kill: (at) => {
    const failed = { onError: { goto: `end.${at}.alone` } } as const
    const differs = (value: string) => ({
      whenDifferent: { value: load(value), goto: `end.${at}.alone` },
      ...failed,
    })
    return [
      init('setresuid', [load('own.neighbour'), load('own.uid'), load('own.neighbour')], failed),
      init('geteuid', [], differs('own.uid')),
      init('getuid', [], { ...differs('own.neighbour'), next: { goto: `end.${at}.all` } }),
      init('kill', [load('watch.target'), SIGKILL], {
        label: `end.${at}.alone`,
        onError: 'continue',
        next: { goto: FAIL },
      }),
      init('kill', [-1, SIGKILL], { label: `end.${at}.all`, onError: 'continue' }),
    ]
  },
  // No process of the run is left. access(2) checks the real uid, so all uids of the init become the run's uid.
  gone: [
    init('setresuid', [load('own.uid'), load('own.uid'), load('own.uid')], { onError: 'continue' }),
  ],
}

/** The memory of an ordinary user's init while it ends a run. */
export const childAreas: readonly Area[] = [
  {
    name: 'child',
    fields: [
      { name: 'made', size: 8 },
      { name: 'character', size: 8 },
      { name: 'name', size: 16 },
      { name: 'fd', size: 8 },
    ],
  },
]

/** Steps that open the list of the init's children, and a memfd for the text of a pid. */
export function openChildrenSteps(): Step[] {
  const made = load('child.made')
  return [
    init('openat', [FD.proc, text('thread-self/children'), O_RDONLY | O_CLOEXEC, 0], {
      store: 'child.made',
      failure: {
        code: 'ISOLATION_UNAVAILABLE',
        hint: 'isolation: "confined" as an ordinary user needs a kernel with CONFIG_PROC_CHILDREN.',
      },
    }),
    init('dup3', [made, FD.children, O_CLOEXEC]),
    init('close', [made]),
    init('memfd_create', [text('gradebox-pid'), MFD_CLOEXEC], { store: 'child.made' }),
    init('dup3', [made, FD.childName, O_CLOEXEC]),
    init('close', [made]),
  ]
}

const SPACE = 0x20
/** The pause before the init checks for killed processes again. */
const PAUSE_NS = 200_000

/**
 * An ordinary user's init cannot signal the whole run at once, because kill(-1) means every process of the
 * user. The init first closes the listener. Every later clone(2) of the run fails (seccomp_unotify(2)), so the
 * tree is finite. Then the init kills its children until none is left. Orphans become children of the init,
 * because the init is their subreaper (prctl(2)). The init reads the pids as text, character by character. To signal
 * a process, the init opens the directory of the process in /proc. The descriptor of this directory serves as a pidfd
 * (pidfd_send_signal(2)).
 */
export const endTree = (arch: Arch): Ending => ({
  kill: () => [
    init('close', [FD.listener], { onError: 'continue' }),
    // The call fails if the init has already reaped the target.
    init('kill', [load('watch.target'), SIGKILL], { onError: 'continue' }),
  ],
  orphans: [
    init('lseek', [FD.children, 0, SEEK_SET], { label: 'watch.orphans' }),
    init('read', [FD.children, at('child.character'), 1], {
      label: 'tree.read',
      whenEqual: { value: 0, goto: 'tree.reap' },
      onError: { goto: 'tree.reap' },
    }),
    // The step machine can compare only results. lseek(2) returns the new position, which is the character.
    init('lseek', [FD.scratch, load('child.character'), SEEK_SET], {
      whenEqual: { value: SPACE, goto: 'tree.signal' },
    }),
    init('write', [FD.childName, at('child.character'), 1], { next: { goto: 'tree.read' } }),
    // Adds the NUL at the end of the name.
    init('write', [FD.childName, text(''), 1], { label: 'tree.signal' }),
    init('pread64', [FD.childName, at('child.name'), 16, 0]),
    init('ftruncate', [FD.childName, 0]),
    init('lseek', [FD.childName, 0, SEEK_SET]),
    init('openat', [FD.proc, at('child.name'), O_RDONLY | O_DIRECTORY[arch] | O_CLOEXEC, 0], {
      store: 'child.fd',
      onError: { goto: 'tree.read' },
    }),
    init('pidfd_send_signal', [load('child.fd'), SIGKILL, 0, 0], { onError: 'continue' }),
    init('close', [load('child.fd')], { next: { goto: 'tree.read' } }),
    // The call fails when no child is left. The list of children may be incomplete while processes end (proc(5)).
    init('wait4', [-1, 0, WNOHANG, 0], {
      label: 'tree.reap',
      onError: { goto: 'watch.end' },
      whenDifferent: { value: 0, goto: 'tree.reap' },
    }),
    init('ppoll', [0, 0, words(0, PAUSE_NS), 0, 8], { next: { goto: 'watch.orphans' } }),
  ],
  gone: [],
})
