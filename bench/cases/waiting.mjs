// @ts-check
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  enterNamespacesSteps,
  failSteps,
  starterAreas,
  starterSteps,
} from '../../dist/launcher/plan/starter.js'
import { stepsOf } from '../../dist/launcher/step.js'
// This bench imports the engine itself, not the package's public part, because it measures a launch program.
import { answeredSizes } from '../../dist/limits/answered-sizes.js'
import { CLONE_FILES, CLONE_VFORK, CLONE_VM, SIGCHLD } from '../../dist/linux/constants.js'
import { loadPolicy } from '../../dist/policy/load.js'
import { hostMachine, nextFlow } from '../../dist/runner/host-machine.js'
import { makeImage } from '../../dist/runner/launch/launch.js'
import { Launcher } from '../../dist/runner/launch/launcher.js'
import { policyImage } from '../../dist/runner/prepare/image-cache.js'
import { median, round } from '../lib/stats.mjs'
import { fixed, table } from '../lib/table.mjs'

const POLLIN = 1
const CONTROL = 4
const AT_ONCE = 60
const REPEATS = 5
/** The time in which the kernel builds all these sandboxes, or takes them apart. */
const SETTLE_MS = 1500

/** A launch program that makes the same processes and namespaces, and nothing in them. */
function namespacesAlone() {
  const { arch } = hostMachine()
  const init = stepsOf('init')
  const pollfd = Buffer.alloc(8)
  pollfd.writeInt32LE(CONTROL, 0)
  pollfd.writeInt16LE(POLLIN, 4)
  const policy = /** @type {const} */ ({
    network: 'loopback',
    shareUts: false,
    uid: 1000,
    gid: 1000,
  })
  const options = {
    policy,
    arch,
    flow: nextFlow(),
    parentPid: process.pid,
    oomScore: 500,
    cgroup: false,
  }
  const segment = {
    areas: [
      ...starterAreas(options),
      {
        name: 'init',
        fields: [
          { name: 'fd', size: 8 },
          { name: 'network', size: 8 },
        ],
      },
      { name: 'wait', fields: [{ name: 'poll', size: 8, init: pollfd }] },
    ],
    steps: [
      ...starterSteps(options),
      ...failSteps,
      ...enterNamespacesSteps(policy),
      // The init and its child, which waits, both run these steps.
      init('clone', [CLONE_VM | CLONE_VFORK | CLONE_FILES | SIGCHLD, 0, 0, 0, 0], {
        whenEqual: { value: 0, goto: 'wait' },
        next: { goto: 'end' },
      }),
      init('ppoll', [{ kind: 'at', place: 'wait.poll' }, 1, 0, 0, 8], { label: 'wait' }),
      init('exit_group', [0], { label: 'end' }),
    ],
  }
  return makeImage(/** @type {any} */ (segment), arch)
}

function strictImage() {
  const policy = loadPolicy('strict')
  return policyImage(policy, {
    level: 'full',
    flow: nextFlow(),
    diskBytes: policy.limits.diskBytes,
    processors: 1,
    answered: answeredSizes(policy.limits, hostMachine().arch),
    report: 'listener',
    cgroup: false,
    workdirTarget: '/work',
    adds: false,
    pipes: [0, 1, 2],
    discard: [],
  }).image
}

/** A control group for this process and its children, which accounts for their memory; v1 or v2. */
function makeGroup() {
  const v1 = '/sys/fs/cgroup/memory'
  const [directory, file] = existsSync(`${v1}/memory.usage_in_bytes`)
    ? [v1, 'memory.usage_in_bytes']
    : ['/sys/fs/cgroup', 'memory.current']
  const before = join(directory, ownGroup(directory === v1 ? 'memory' : ''))
  const path = join(directory, `gradebox-bench-${process.pid}`)
  mkdirSync(path)
  const moveTo = (/** @type {string} */ group) =>
    writeFileSync(join(group, 'cgroup.procs'), `${process.pid}`)
  moveTo(path)
  return {
    usedKiB: () => Number(readFileSync(join(path, file), 'latin1')) / 1024,
    remove: () => {
      moveTo(before)
      rmdirSync(path)
    },
  }
}

// proc_pid_cgroup(5): HIERARCHY:CONTROLLERS:PATH.
function ownGroup(/** @type {string} */ controller) {
  const lines = readFileSync('/proc/self/cgroup', 'latin1').split('\n')
  return lines.find((line) => line.split(':')[1] === controller)?.split(':')[2] ?? '/'
}

/** @type {(image: ReturnType<typeof strictImage>, group: ReturnType<typeof makeGroup>) => Promise<number>} */
async function costOf(image, group) {
  const streams = /** @type {const} */ ({ stdin: 'pipe', stdout: 'pipe', stderr: 'pipe' })
  const shape = /** @type {const} */ ({ image, ...streams, collects: 'nothing' })
  const before = group.usedKiB()
  const launchers = Array.from({ length: AT_ONCE }, () =>
    Launcher.start(shape, { flow: nextFlow() }),
  )
  await sleep(SETTLE_MS)
  const cost = (group.usedKiB() - before) / AT_ONCE
  await Promise.all(launchers.map((launcher) => launcher.discard(false)))
  await sleep(SETTLE_MS)
  return cost
}

/** Measures the memory of one waiting sandbox: the memory of its processes, and the kernel's memory for them. */
export async function measure() {
  if (process.getuid?.() !== 0) return { atOnce: 0, kib: { whole: [], namespaces: [] } }
  const images = { whole: strictImage(), namespaces: namespacesAlone() }
  const kib = { whole: /** @type {number[]} */ ([]), namespaces: /** @type {number[]} */ ([]) }
  const group = makeGroup()
  try {
    for (let turn = -1; turn < REPEATS; turn++) {
      for (const name of /** @type {const} */ (['whole', 'namespaces'])) {
        const cost = await costOf(images[name], group)
        if (turn >= 0) kib[name].push(round(cost, 0))
      }
    }
  } finally {
    group.remove()
  }
  return { atOnce: AT_ONCE, kib }
}

/** @param {Awaited<ReturnType<typeof measure>>} result */
export function report({ atOnce, kib }) {
  const { whole, namespaces } = kib
  if (whole.length === 0) return 'NOT MEASURED: it needs root, to make a control group.'
  /** @type {(name: string, values: number[]) => (string | number)[]} */
  const row = (name, values) => [
    name,
    fixed(median(values), 0),
    `${Math.min(...values)} to ${Math.max(...values)}`,
  ]
  return [
    `${atOnce} at once, by the account of a control group; KiB for each.`,
    '',
    table(
      ['', 'median', 'spread'],
      [
        row('waiting, policy strict', whole),
        row('the same processes and namespaces, empty', namespaces),
        ["Gradebox's part", fixed(median(whole) - median(namespaces), 0), ''],
      ],
    ),
  ].join('\n')
}
