/** How strongly programs are kept apart; the strongest first. */
export const ISOLATION_LEVELS = ['full', 'nested', 'confined'] as const

/**
 * How strongly a program is kept apart from the machine. `full`: namespaces of its own and a `/proc` of its own.
 * `nested`: the same with the `/proc` of the container around it. `confined`: no namespaces; Landlock, a filter, and
 * a user or a session of its own. docs/isolation.md says what each promises.
 */
export type IsolationLevel = (typeof ISOLATION_LEVELS)[number]

/** How a run was kept apart from the machine. */
export interface Isolation {
  readonly level: IsolationLevel
  /** `root`: a root of its own; `landlock 4`: Landlock with that ABI. */
  readonly files: 'root' | `landlock ${number}`
  /** `namespace`: a network of its own; `filter`: no sockets; `host`: the policy shares the host's. */
  readonly network: 'namespace' | 'filter' | 'host'
  /** What ends all processes: a process namespace, a user of their own, or the tracking of their tree. */
  readonly processes: 'namespace' | 'uid' | 'tracking'
  /** `own`: shows the sandbox's processes; `shared`: those of the container; `none`: there is no /proc. */
  readonly proc: 'own' | 'shared' | 'none'
}

/** The levels from the strongest down to a floor. */
export const levelsDownTo = (floor: IsolationLevel): readonly IsolationLevel[] =>
  ISOLATION_LEVELS.slice(0, ISOLATION_LEVELS.indexOf(floor) + 1)

/** The levels below one. */
export const levelsBelow = (level: IsolationLevel): readonly IsolationLevel[] =>
  ISOLATION_LEVELS.slice(ISOLATION_LEVELS.indexOf(level) + 1)

/** The stronger of two. */
export const strongerOf = (one: IsolationLevel, other: IsolationLevel): IsolationLevel =>
  ISOLATION_LEVELS.indexOf(one) <= ISOLATION_LEVELS.indexOf(other) ? one : other

/** What each level loses, for a sentence about it. */
export const LOSSES: Readonly<Record<Exclude<IsolationLevel, 'full'>, string>> = {
  nested: 'programs see the list and the command lines of the processes in this container',
  confined:
    'programs see which files and processes there are in this container (names, sizes, command lines), though not what is in them',
}
