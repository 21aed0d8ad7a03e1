// @ts-check
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSandbox, sandboxed } from 'gradebox'

export const PROGRAM = '/bin/true'

/** @typedef {() => Promise<unknown>} Contestant */

/** @type {(command: string, args?: readonly string[]) => Promise<void>} */
export const plain = (command, args = []) =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    child.stdout.resume()
    child.stderr.resume()
    child.on('error', reject)
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`${command}: ${code}`))))
  })

const system = ['/usr', '/bin', '/sbin', '/lib', '/lib64'].filter((path) => existsSync(path))

// User, mount, pid, network, IPC, UTS and cgroup namespaces; /usr, /proc, /dev and a /tmp.
const BWRAP = [
  ...['--unshare-user', '--unshare-pid', '--unshare-net', '--unshare-ipc', '--unshare-uts'],
  ...['--unshare-cgroup', '--die-with-parent', '--new-session'],
  ...system.flatMap((path) => ['--ro-bind', path, path]),
  ...['--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp', PROGRAM],
]

const FIREJAIL = [
  ...['--quiet', '--noprofile', '--net=none', '--ipc-namespace', '--private-dev', '--private-tmp'],
  ...['--caps.drop=all', '--nonewprivs', PROGRAM],
]

/** An OCI bundle for crun(1): the same namespaces and mounts. */
function makeBundle() {
  const directory = mkdtempSync(join(tmpdir(), 'gradebox-bench-'))
  process.once('exit', () => rmSync(directory, { recursive: true }))
  mkdirSync(join(directory, 'rootfs'))
  const mount = (/** @type {string} */ source) => ({
    ...{ source, destination: source, type: 'bind', options: ['rbind', 'ro'] },
  })
  const config = {
    ociVersion: '1.0.2',
    process: { user: { uid: 0, gid: 0 }, args: [PROGRAM], cwd: '/', noNewPrivileges: true },
    root: { path: 'rootfs' },
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc' },
      { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755'] },
      { destination: '/tmp', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'nodev'] },
      ...system.map(mount),
    ],
    linux: {
      namespaces: ['pid', 'mount', 'network', 'ipc', 'uts', 'cgroup'].map((type) => ({ type })),
    },
  }
  writeFileSync(join(directory, 'config.json'), JSON.stringify(config))
  return directory
}

/**
 * The other sandboxes that are installed here and work. Prints the ones that it leaves out, and why.
 *
 * @param {readonly ('bwrap' | 'firejail' | 'crun')[]} names of those to look for
 */
export function otherSandboxes(names) {
  const bundle = names.includes('crun') ? makeBundle() : ''
  let number = 0
  /** @type {Record<typeof names[number], () => [string, string[]]>} */
  const tools = {
    bwrap: () => ['bwrap', BWRAP],
    firejail: () => ['firejail', FIREJAIL],
    crun: () => [
      'crun',
      ['--cgroup-manager=disabled', 'run', '--bundle', bundle, `bench-${process.pid}-${++number}`],
    ],
  }
  /** @type {Record<string, Contestant>} */
  const working = {}
  for (const name of names) {
    const call = tools[name]
    const { status, stderr, error } = spawnSync(...call(), { encoding: 'utf8' })
    if (status === 0) working[name] = () => plain(...call())
    else console.log(`NOT COMPARED: ${name}: ${error?.message ?? stderr.trim().split('\n').at(-1)}`)
  }
  return working
}

const concurrency = 64
export const SPAWN = 'child_process.spawn'

/** The number of runs in the longest row of the cases, and a few more. */
const WAITING = 12

/** Gradebox's contestants. The warm one has as many waiting sandboxes as its rate of runs needs. */
export const sandboxes = {
  cold: createSandbox({ concurrency }),
  warm: createSandbox({ concurrency, warm: WAITING }),
}

/** @type {Record<string, Contestant>} */
export const basic = {
  [SPAWN]: () => plain(PROGRAM),
  'sandboxed, warm': () => sandboxes.warm(PROGRAM),
  'sandboxed, cold': () => sandboxes.cold(PROGRAM),
}

/** The time after which all waiting sandboxes have ended. Only then does their processor time count with their runs. */
export const DRAIN_MS = 1500

const warmAlone = createSandbox({ warm: WAITING })
const kissAlone = createSandbox({ policy: 'kiss' })
const warmKissAlone = createSandbox({ policy: 'kiss', warm: WAITING })

/**
 * Contestants that run one at a time, so none sets a concurrency.
 *
 * @type {Record<string, Contestant>}
 */
export const alone = {
  [SPAWN]: () => plain(PROGRAM),
  'sandboxed, warm': () => warmAlone(PROGRAM),
  'sandboxed, cold': () => sandboxed(PROGRAM),
}

/** The same contestants without a filter. */
export const aloneWithoutFilter = {
  [SPAWN]: () => plain(PROGRAM),
  'sandboxed, warm, kiss': () => warmKissAlone(PROGRAM),
  'sandboxed, cold, kiss': () => kissAlone(PROGRAM),
}
