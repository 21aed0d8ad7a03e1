import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { TestProject } from 'vitest/node'
import { lacks, lacksRoot } from '../../support/tools.ts'
import { whyNoBundles } from './bundle.ts'
import { removeTraces } from './clean-up.ts'
import type { StartedEngine } from './engine.ts'
import { IMAGE, makeImage } from './image.ts'

interface Started {
  readonly engine: StartedEngine | undefined
  readonly stop: () => Promise<void>
}

/** Where an engine keeps everything, and the name of its control groups. */
interface Place {
  readonly home: string
  readonly cgroup: string
}

/** Starts each engine once for all test files. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const started: Started[] = []
  const stop = async () => {
    for (const each of started) await each.stop()
  }
  const start = async (how: (place: Place) => Promise<Started> | Started) => {
    const one = await how(makePlace())
    started.push(one)
    return one.engine
  }
  if (cannotStart()) {
    project.provide('containerEngines', {})
    return stop
  }
  try {
    const [docker, podman, bundle] = [
      await start(startDocker),
      await start(startPodman),
      await start(startBundles),
    ]
    project.provide('containerEngines', { docker, podman, bundle })
  } catch (error) {
    await stop()
    throw error
  }
  return stop
}

function cannotStart(): boolean {
  if (lacksRoot('a container engine')) return true
  if (process.execPath.startsWith('/usr/')) return false
  console.warn(`SKIPPED: containers show /usr, and node is at ${process.execPath}`)
  return true
}

function makePlace(): Place {
  const home = mkdtempSync(join(tmpdir(), 'gradebox-engine-'))
  // The root user of a container with other ids must be able to enter the directory.
  chmodSync(home, 0o711)
  return { home, cgroup: basename(home) }
}

async function startDocker({ home, cgroup }: Place): Promise<Started> {
  const clean = () => removeTraces({ home, cgroup })
  if (lacks('dockerd') || lacks('docker')) return { engine: undefined, stop: clean }
  const socket = `unix://${join(home, 'docker.sock')}`
  const flags = [
    ...['--bridge=none', '--iptables=false', '--ip6tables=false', '--storage-driver=vfs'],
    ...[`--data-root=${home}/data`, `--exec-root=${home}/exec`, `--pidfile=${home}/pid`],
    ...[`--cgroup-parent=/${cgroup}`, '-H', socket],
  ]
  // The engine ends with the tests, also when somebody kills them.
  const daemon = spawn('setpriv', ['--pdeathsig', 'TERM', 'dockerd', ...flags], { stdio: 'ignore' })
  const stop = async () => {
    daemon.kill('SIGTERM')
    while (daemon.exitCode === null && daemon.signalCode === null) await pause(50)
    await clean()
  }
  const docker = ['docker', '-H', socket]
  const answers = () => call([...docker, 'info']).status === 0
  const hasEnded = () => daemon.exitCode !== null || daemon.signalCode !== null
  for (let tries = 0; tries < 200 && !answers() && !hasEnded(); tries++) await pause(100)
  if (!answers()) {
    console.warn('SKIPPED: dockerd does not run on this machine')
    return { engine: undefined, stop }
  }
  importImage(join(home, 'image'), docker)
  const command = [...docker, 'run', '--rm', '--network', 'none']
  return { engine: { name: 'Docker', kind: 'command', command }, stop }
}

function startPodman({ home, cgroup }: Place): Started {
  const clean = () => removeTraces({ home, cgroup })
  if (lacks('podman')) return { engine: undefined, stop: clean }
  const storage = ['--root', join(home, 'root'), '--runroot', join(home, 'run')]
  const common = ['--storage-driver', 'vfs', '--cgroup-manager', 'cgroupfs']
  const podman = ['podman', ...storage, ...common, '--events-backend', 'none']
  const stop = async () => {
    call([...podman, 'rm', '--all', '--force'])
    call([...podman, 'rmi', '--all', '--force'])
    await clean()
  }
  importImage(join(home, 'image'), podman)
  const flags = [
    ...['--rm', '--network', 'none', '--cgroup-parent', `/${cgroup}`],
    // Podman raises these limits above the hard limits of a root without CAP_SYS_RESOURCE.
    ...['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=4096:4096'],
  ]
  let why = ''
  for (const runtime of [[], ['--runtime', 'runc'], ['--runtime', 'crun']]) {
    const command = [...podman, ...runtime, 'run', ...flags]
    const { status, stderr } = call([...command, '-v', '/usr:/usr:ro', IMAGE, 'true'])
    if (status === 0) return { engine: { name: 'Podman', kind: 'command', command }, stop }
    why = stderr.trim()
  }
  console.warn(`SKIPPED: podman does not run on this machine: ${why}`)
  return { engine: undefined, stop }
}

function startBundles({ home, cgroup }: Place): Started {
  const clean = () => removeTraces({ home, cgroup })
  let why: string | undefined = 'neither runc nor crun is there'
  for (const name of ['runc', 'crun']) {
    if (lacks(name)) continue
    const runtime = [name, '--root', join(home, 'state')]
    const bundle = { runtime, home, cgroupsPath: `/${cgroup}` }
    why = whyNoBundles(bundle)
    if (why === undefined) {
      const engine = { name: `${name} with an OCI bundle`, kind: 'bundle', bundle } as const
      return { engine, stop: clean }
    }
  }
  console.warn(`SKIPPED: no runtime runs an OCI bundle on this machine: ${why}`)
  return { engine: undefined, stop: clean }
}

const call = ([name = '', ...args]: readonly string[]) =>
  spawnSync(name, args, { encoding: 'utf8' })

function importImage(root: string, engine: readonly string[]): void {
  mkdirSync(root)
  makeImage(root)
  const steps = `tar -c . | ${engine.join(' ')} import - ${IMAGE}`
  execFileSync('sh', ['-c', steps], { cwd: root, stdio: 'ignore' })
  rmSync(root, { recursive: true })
}
