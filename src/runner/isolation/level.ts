/** The levels of isolation, the strongest first. */
export const ISOLATION_LEVELS = ['full', 'nested', 'confined'] as const

/**
 * How strongly a program is isolated from the machine. `full`: its own namespaces and its own `/proc`. `nested`: its
 * own namespaces, with the `/proc` of the surrounding container. `confined`: no namespaces, but Landlock, a filter, and
 * a private user or session. docs/isolation.md says what each level promises.
 */
export type IsolationLevel = (typeof ISOLATION_LEVELS)[number]

/** How a run was isolated from the machine. */
export interface Isolation {
  readonly level: IsolationLevel
  /** `root`: the run has its own root. `landlock 4`: Landlock with ABI 4. */
  readonly files: 'root' | `landlock ${number}`
  /** `namespace`: the run has its own network. `filter`: no sockets. `host`: the policy shares the host's network. */
  readonly network: 'namespace' | 'filter' | 'host'
  /**
   * The means that ends all processes: a process namespace, a private user, or the tracking of the process tree.
   */
  readonly processes: 'namespace' | 'uid' | 'tracking'
  /** `own`: /proc shows the sandbox's processes. `shared`: the container's processes. `none`: there is no /proc. */
  readonly proc: 'own' | 'shared' | 'none'
}

/** The levels from the strongest level down to the level `floor`. */
export const levelsDownTo = (floor: IsolationLevel): readonly IsolationLevel[] =>
  ISOLATION_LEVELS.slice(0, ISOLATION_LEVELS.indexOf(floor) + 1)

/** The levels that are weaker than a level. */
export const levelsBelow = (level: IsolationLevel): readonly IsolationLevel[] =>
  ISOLATION_LEVELS.slice(ISOLATION_LEVELS.indexOf(level) + 1)

/** The stronger of two levels. */
export const strongerOf = (one: IsolationLevel, other: IsolationLevel): IsolationLevel =>
  ISOLATION_LEVELS.indexOf(one) <= ISOLATION_LEVELS.indexOf(other) ? one : other

/** The protection that each level lacks, for a sentence about the level. */
export const LOSSES: Readonly<Record<Exclude<IsolationLevel, 'full'>, string>> = {
  nested: 'programs see the list and the command lines of the processes in this container',
  confined:
    'programs see which files and processes there are in this container (names, sizes, command lines), though not what is in them',
}
