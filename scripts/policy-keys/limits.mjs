/**
 * Of limits.
 *
 * @type {import('./notes.mjs').KeyNotes}
 */
export const limitsNotes = {
  require: {
    default: 'none: each limit is held in the strongest way that the machine has',
    protects: 'Grades that depend on where a test ran: nothing is run where the way is weaker.',
    not: 'Limits that the policy does not have: they are not held at all.',
    example: 'require = ["memory:cgroup"]\n\n[limits]\nmemory = "64MiB"',
  },
  limits: {
    default: 'none: nothing is limited',
    protects: 'See its keys.',
    not: "What no key names: memory bandwidth, heat, the kernel's own work for the program.",
    example: '[limits]\nwalltime = "2s"\nmemory = "64MiB"',
  },
  'limits.walltime': {
    unit: 'time',
    default: 'none',
    protects:
      'Programs that hang, sleep or wait for input. The kernel holds it, also while Node is busy.',
    not: 'A slow machine: it counts real time. Set-up and clean-up do not count.',
    example: 'limits.walltime = "1.5s"',
  },
  'limits.cpu': {
    unit: 'time',
    default: 'none',
    protects: 'Endless loops, on a busy machine too: time in which others ran does not count.',
    not: 'Programs that sleep. Without a control group: what children used that nobody waited for counts while they live.',
    example: 'limits.cpu = "2s"',
  },
  'limits.memory': {
    unit: 'size',
    default: 'none',
    protects: "The machine's memory.",
    not: 'Without a control group: some milliseconds over the limit, for the whole tree is looked at every 20 ms, and files in a tmpfs, which `disk` limits.',
    example: 'limits.memory = "64MiB"',
  },
  'limits.output': {
    unit: 'size',
    default: 'none, but 512 MiB of each stream whose result is text',
    protects: 'The memory of the test runner, which keeps what a program prints.',
    not: 'Output into files, and streams that are `inherit` or `ignore`.',
    example: 'limits.output = "1MiB"',
  },
  'limits.fileSize': {
    unit: 'size',
    default: 'none',
    protects: 'A single large file, also on the host where a mount is `rw`.',
    not: 'Many files: `disk`.',
    example: 'limits.fileSize = "16MiB"',
  },
  'limits.disk': {
    unit: 'size',
    default: "half of the memory, which is the kernel's own limit",
    protects:
      'The memory that /work, /tmp, /dev/shm, overlays and copies take, and the number of their files.',
    not: 'Mounts that are `rw`, and tmpfs with a `size` of their own.',
    example: 'limits.disk = "64MiB"',
  },
  'limits.stack': {
    unit: 'size',
    default: "the host's",
    protects: 'Endless recursion, which ends in SIGSEGV sooner.',
    not: "Memory in general. A new thread's stack has this size too, so a large one makes threads dear.",
    example: 'limits.stack = "8MiB"',
  },
  'limits.addressSpace': {
    unit: 'size',
    default: 'none',
    protects: 'Memory that is mapped but not written to.',
    not: 'Use `memory` for memory. Java, Go and Node reserve many GiB and do not start with less.',
    example: 'limits.addressSpace = "4GiB"',
  },
  'limits.processes': {
    unit: 'processes and threads together',
    default: 'none',
    protects: 'Fork bombs.',
    not: 'What few processes do. Run-times need some: node eleven, a JVM some twenty.',
    example: 'limits.processes = 16',
  },
  'limits.openFiles': {
    unit: 'descriptors of one process',
    default: "the host's",
    protects: "The kernel's memory for open files.",
    not: 'Many processes, each of which may have that many.',
    example: 'limits.openFiles = 64',
  },
  'limits.core': {
    unit: 'size',
    default: "the host's",
    protects: 'Core files in the working directory of a program that crashes.',
    not: 'A host whose core_pattern starts with a pipe: such a program gets every core, whatever its size (core(5)).',
    example: 'limits.core = 0',
  },
  'limits.as': {
    default: 'none',
    unit: 'size',
    protects: 'As `addressSpace`.',
    not: 'As `addressSpace`.',
    example: 'limits.as = 4294967296',
  },
  'limits.fsize': {
    default: 'none',
    unit: 'size',
    protects: 'As `fileSize`.',
    not: 'As `fileSize`.',
    example: 'limits.fsize = 1048576',
  },
  'limits.nofile': {
    default: "the host's",
    unit: 'descriptors of one process',
    protects: 'As `openFiles`.',
    not: 'As `openFiles`.',
    example: 'limits.nofile = 64',
  },
}
