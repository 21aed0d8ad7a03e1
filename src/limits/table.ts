import {
  RLIMIT_AS,
  RLIMIT_CORE,
  RLIMIT_CPU,
  RLIMIT_FSIZE,
  RLIMIT_NOFILE,
  RLIMIT_NPROC,
  RLIMIT_STACK,
} from '../linux/constants.ts'
import type { Duration } from '../units/duration.ts'
import type { Size } from '../units/size.ts'

/**
 * How a limit is enforced:
 *
 * - `cgroup`: by a control group
 * - `rlimit`: by setrlimit(2)
 * - `watch`: by a timer or thread of Gradebox
 * - `perf`: by the watch and a kernel counter (perf_event_open(2))
 * - `affinity`: by the processors to which the kernel binds the program (sched_setaffinity(2))
 */
export type Enforcement = 'cgroup' | 'rlimit' | 'perf' | 'watch' | 'affinity'

/** The kind of a limit's value, which decides units, checks and types. */
export type LimitKind = 'duration' | 'size' | 'count' | 'processors'

/**
 * The controller of a control group that can enforce a limit. `any`: no controller is necessary, because every group
 * counts the CPU time.
 */
export type LimitController = 'any' | 'memory' | 'pids'

/** A resource limit (setrlimit(2)) that enforces a limit of Gradebox, or is the backstop of such a limit. */
export interface ResourceUse {
  readonly resource: number
  /** Turns the limit's value into the soft limit; by default the value itself. */
  readonly soft?: (value: number) => number
  /** The difference between the hard limit and the soft limit; 0 by default. */
  readonly grace?: number
  /** Whether a control group replaces this resource limit. */
  readonly withoutGroupOnly?: boolean
}

/** One limit. The code, the schema, the command line and the documentation derive from this row. */
export interface LimitRow<Field extends string = string, Kind extends LimitKind = LimitKind> {
  /** The name in `result.limits`, which contains the unit. */
  readonly field: Field
  readonly kind: Kind
  /** Whether 0 is allowed and means "none at all". Most limits forbid 0, because it would stop every program. */
  readonly zero?: boolean
  /**
   * The value if neither a policy nor a call names the limit. Without `standard`, the run then has no such limit.
   */
  readonly standard?: number
  /** hakoniwa's name of the limit, in policy files and on the command line. */
  readonly hakoniwa?: string
  /** How the limit is enforced without a control group. */
  readonly held: Enforcement
  /** The controller with which a control group enforces the limit. */
  readonly controller?: LimitController
  readonly rlimit?: ResourceUse
  /** The limited quantity: a noun phrase. */
  readonly about: string
  readonly docs: LimitDocs
}

/** The text about a limit in docs/limits.md and docs/policy-keys.md. */
export interface LimitDocs {
  /** The sentence on how a control group enforces the limit; absent if `without` describes both cases. */
  readonly group?: string
  readonly without: string
  readonly hit: string
  /** The unit of a limit that is a count. */
  readonly unit?: string
  /** The value if no policy and no call names the limit. */
  readonly absent: string
  readonly protects: string
  readonly not: string
  /** A value as TOML. */
  readonly example: string
}

function limit<const Field extends string, const Kind extends LimitKind>(
  field: Field,
  kind: Kind,
  row: Omit<LimitRow, 'field' | 'kind'>,
): LimitRow<Field, Kind> {
  return { field, kind, ...row }
}

/** The init shares the program's user namespace and control group, so the init counts as one of the processes. */
export const INIT_PROCESSES = 1

/** Every limit under its name in the `limits` option and in a policy's `[limits]`. */
export const limitTable = {
  /** Real time from the program's start. A number is milliseconds; text has a unit: `'2s'`. */
  walltime: limit('wallTimeMs', 'duration', {
    held: 'watch',
    about: "real time from the program's start",
    docs: {
      without: "a kernel timer in the sandbox's init",
      hit: 'the init kills every process: `walltime`. Set-up and clean-up do not count',
      absent: 'none',
      protects:
        'Programs that hang, sleep or wait for input. The kernel holds the limit, also while Node is busy.',
      not: 'A slow machine: the limit counts real time. Set-up and clean-up do not count.',
      example: '"1.5s"',
    },
  }),
  /** Processor time, user and system, of all processes together. A number is milliseconds. */
  cpu: limit('cpuTimeMs', 'duration', {
    held: 'watch',
    controller: 'any',
    rlimit: {
      resource: RLIMIT_CPU,
      // RLIMIT_CPU counts whole seconds in scheduler ticks and can fire early (setrlimit(2)), so it is one second
      // higher. RLIMIT_CPU is a backstop if Node is too busy to check. The kernel sends SIGXCPU, and SIGKILL a second
      // later.
      soft: (ms) => Math.ceil(ms / 1000) + 1,
      grace: 1,
    },
    about: 'processor time, user and system',
    docs: {
      group: 'the watch reads cpu.stat',
      without:
        'the watch reads the CPU clocks of all processes, and at the end a kernel counter if there is one (`perf`). RLIMIT_CPU is a backstop per process, a second or more later',
      hit: 'the init kills every process: `cpu`',
      absent: 'none',
      protects: 'Endless loops, on a busy machine too: the time of other programs does not count.',
      not: 'Programs that sleep. Without a control group and a counter, the time of a child that nobody waits for counts only while the child lives.',
      example: '"2s"',
    },
  }),
  /** Memory of all processes together. A number is bytes; text has a unit: `'64MiB'`. */
  memory: limit('memoryBytes', 'size', {
    held: 'watch',
    controller: 'memory',
    about: 'memory',
    docs: {
      group: 'memory.max, no swap',
      without:
        'the watch reads every few milliseconds how much memory all processes together have touched. Reserved memory does not count',
      hit: 'the kernel or the watch kills: `memory`',
      absent: 'half of the memory that the machine or container has, which the watch holds',
      protects: "Exhaustion of the machine's memory.",
      not: 'Without a control group: excess for some milliseconds, until the watch reads again.',
      example: '"64MiB"',
    },
  }),
  /** stdout and stderr together. A number is bytes. The run ends when there is more output. */
  output: limit('outputBytes', 'size', {
    zero: true,
    held: 'watch',
    about: 'output, stdout and stderr together',
    docs: {
      without: 'Node counts the output as it arrives',
      hit: 'the init kills every process: `output`. The result keeps the output up to the limit',
      absent: 'none, but at most 512 MiB per stream whose result is text',
      protects: "Exhaustion of the test runner's memory, which keeps the output.",
      not: 'Output to files, and streams that are `inherit` or `ignore`.',
      example: '"1MiB"',
    },
  }),
  /** The largest file that the program may write. A number is bytes. */
  fileSize: limit('fileSizeBytes', 'size', {
    zero: true,
    hakoniwa: 'fsize',
    held: 'rlimit',
    rlimit: { resource: RLIMIT_FSIZE },
    about: 'the largest file that the program may write',
    docs: {
      without: 'RLIMIT_FSIZE',
      hit: 'SIGXFSZ',
      absent: 'none',
      protects: 'A single large file, also on the host in a mount with `rw`.',
      not: 'Many files: see `disk`. A memory file (memfd_create(2)) may be reserved at any size, as .NET and the JVM with ZGC do; writes to it count.',
      example: '"16MiB"',
    },
  }),
  /** The total size of the sandbox's own files. A number is bytes. */
  disk: limit('diskBytes', 'size', {
    // The kernel enforces the size of the sandbox's tmpfs as strictly as a resource limit. A tmpfs of size 0 has no
    // limit.
    held: 'rlimit',
    about: "all of the sandbox's own files",
    docs: {
      without:
        'the size and the number of files of the tmpfs that `/work`, `/tmp` and `/dev/shm` share',
      hit: 'ENOSPC',
      absent: "half of the machine's memory, which is the kernel's own limit",
      protects:
        'Exhaustion of memory by the size and the number of files in /work, /tmp, /dev/shm, overlays and copies.',
      not: 'Mounts with `rw`, and each tmpfs with its own `size`.',
      example: '"64MiB"',
    },
  }),
  /** The main thread's stack. A number is bytes. */
  stack: limit('stackBytes', 'size', {
    held: 'rlimit',
    rlimit: { resource: RLIMIT_STACK },
    about: "the main thread's stack",
    docs: {
      without: 'RLIMIT_STACK, for the main thread',
      hit: 'SIGSEGV',
      absent: "the host's",
      protects: 'Endless recursion: it ends in SIGSEGV sooner.',
      not: 'Use of memory in general. Each new thread gets a stack of this size too, so a large stack makes threads expensive.',
      example: '"8MiB"',
    },
  }),
  /** Virtual memory. A number is bytes. Runtimes that reserve much (Java, Go, Node) break under this limit. */
  addressSpace: limit('addressSpaceBytes', 'size', {
    hakoniwa: 'as',
    held: 'rlimit',
    rlimit: { resource: RLIMIT_AS },
    about: 'virtual memory, of which Java, Go and Node reserve much',
    docs: {
      without: 'RLIMIT_AS, per process',
      hit: 'ENOMEM. Java, Go and Node reserve far more than they use',
      absent: 'none',
      protects: 'Memory that the program maps but does not touch.',
      not: 'Use of memory: set `memory` for that. Java, Go and Node reserve many GiB and do not start with less.',
      example: '"4GiB"',
    },
  }),
  /** Processors on which the program may run at once: a whole number, or `'all'`. Default 1. */
  cpus: limit('cpus', 'processors', {
    standard: 1,
    held: 'affinity',
    about: 'processors that the program may use at once',
    docs: {
      without:
        'the kernel binds the program to the processors of its turn. The filter lets sched_setaffinity(2) return 0 without effect',
      hit: 'threads share the processors; `nproc`, `os.cpu_count()` and `os.cpus()` give this number',
      unit: 'processors',
      absent: '1',
      protects:
        'Use of the processors of other runs, and grades that depend on the number of processors.',
      not: 'Knowledge of the machine: /proc/cpuinfo lists every processor.',
      example: '2',
    },
  }),
  /** Processes and threads at once. */
  processes: limit('processes', 'count', {
    held: 'rlimit',
    controller: 'pids',
    rlimit: {
      resource: RLIMIT_NPROC,
      soft: (count) => count + INIT_PROCESSES,
      withoutGroupOnly: true,
    },
    about: 'processes and threads',
    docs: {
      group: 'pids.max',
      without: 'RLIMIT_NPROC (Linux 5.14 or newer counts per sandbox; older ones per user)',
      hit: 'fork(2) fails with EAGAIN',
      unit: 'processes and threads together',
      absent: 'none',
      protects: 'Fork bombs.',
      not: 'Misuse by few processes. Language runtimes need some: Node eleven, a JVM about twenty.',
      example: '16',
    },
  }),
  /** Open descriptors of one process. */
  openFiles: limit('openFiles', 'count', {
    hakoniwa: 'nofile',
    held: 'rlimit',
    rlimit: { resource: RLIMIT_NOFILE },
    about: 'open descriptors of one process',
    docs: {
      without: 'RLIMIT_NOFILE',
      hit: 'EMFILE',
      unit: 'descriptors of one process',
      absent: "the host's",
      protects: "Exhaustion of the kernel's memory for open files.",
      not: 'Many processes: each may open that many.',
      example: '64',
    },
  }),
  /** The largest core file. A number is bytes. */
  core: limit('coreBytes', 'size', {
    zero: true,
    held: 'rlimit',
    // Only a limit of 1 keeps the kernel from passing a core to a handler of the host (core(5), "Piping core dumps").
    rlimit: { resource: RLIMIT_CORE, soft: (bytes) => Math.max(1, bytes) },
    about: 'the largest core file',
    docs: {
      without: 'RLIMIT_CORE',
      hit: "no core file, and none for the host's core handler",
      absent: "the host's",
      protects: 'Core files in the working directory of a program that crashes.',
      not: 'A host whose core_pattern starts with a pipe: the program behind the pipe gets every core, whatever its size (core(5)).',
      example: '0',
    },
  }),
} as const

type Table = typeof limitTable

/** A limit's name in the `limits` option, in policies and in `result.enforcement`. */
export type LimitOption = keyof Table

/** A limit's name in `result.limits`. */
export type LimitName = Table[LimitOption]['field']

interface ValueOfKind {
  readonly duration: Duration
  readonly size: Size
  readonly count: number | 'unlimited'
  readonly processors: number | 'all' | 'unlimited'
}

/**
 * The amounts that the program may use. `'unlimited'` lifts a limit of the policy. docs/limits.md describes how
 * Gradebox enforces each limit.
 */
export type LimitOptions = {
  readonly [Option in LimitOption]?: ValueOfKind[Table[Option]['kind']]
}

/** The names of limits in hakoniwa. A policy may use these names too. */
export interface HakoniwaLimitOptions {
  readonly as?: LimitOptions['addressSpace']
  readonly fsize?: LimitOptions['fileSize']
  readonly nofile?: LimitOptions['openFiles']
}

/** Limits after validation. The names contain the units. An absent limit has no bound. */
export type Limits = { readonly [Field in LimitName]?: number }

/** How each of a run's limits is enforced, by the names of the `limits` option. */
export type EnforcementByLimit = { readonly [Option in LimitOption]?: Enforcement }

/** Every limit with its name in the `limits` option, in the order of the table. */
export const limitRows: readonly (readonly [LimitOption, LimitRow<LimitName>])[] = Object.entries(
  limitTable,
) as [LimitOption, LimitRow<LimitName>][]

const optionByField = new Map(limitRows.map(([option, { field }]) => [field, option]))

/** A limit's name in the `limits` option: `walltime` for `wallTimeMs`. */
export const limitOption = (name: LimitName): LimitOption => optionByField.get(name) as LimitOption

/** The entries of a policy's `require`: limits that a control group can enforce. */
export const groupRequirements: readonly string[] = limitRows.flatMap(([option, { controller }]) =>
  controller === undefined ? [] : [`${option}:cgroup`],
)

/** The values of the limits that neither a policy nor a call names. */
export const standardLimits: Limits = Object.fromEntries(
  limitRows.flatMap(([, { field, standard }]) =>
    standard === undefined ? [] : [[field, standard]],
  ),
)

/** The limits that have a bound. */
export const boundedLimits = (limits: Limits): Limits =>
  Object.values(limits).includes(UNLIMITED)
    ? Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== UNLIMITED))
    : limits

/** The value of a limit without a bound, after Gradebox has read the limits and before Gradebox applies the limits. */
export const UNLIMITED = Number.POSITIVE_INFINITY
