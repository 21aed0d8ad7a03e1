import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { packageUrl } from '../support/built.ts'
import { lacks, lacksRoot } from '../support/tools.ts'

const repository = resolve(import.meta.dirname, '../../..')
const programs = join(import.meta.dirname, 'programs')

/** Returns whether the tests of containers are skipped, and prints the reason. */
export function lacksEngine(): boolean {
  if (lacksRoot('a container engine') || lacks('dockerd') || lacks('docker')) return true
  if (process.execPath.startsWith('/usr/')) return false
  console.warn(`SKIPPED: containers show /usr, and node is at ${process.execPath}`)
  return true
}

/** A container engine for these tests alone, and an image that shows the host's programs. */
export interface Engine {
  /** Runs a program of `programs/` in a container, with the engine's flags; returns its output. */
  readonly run: (flags: readonly string[], program: string, ...args: readonly string[]) => string
  /** Runs any command in a container. */
  readonly command: (flags: readonly string[], ...command: readonly string[]) => string
  readonly stop: () => Promise<void>
}

/** Starts a Docker engine. Returns undefined and prints the reason where Docker does not run. */
export async function startEngine(): Promise<Engine | undefined> {
  const home = mkdtempSync(join(tmpdir(), 'gradebox-engine-'))
  const socket = `unix://${join(home, 'docker.sock')}`
  const daemon = spawn(
    'dockerd',
    [
      ...['--bridge=none', '--iptables=false', '--ip6tables=false', '--storage-driver=vfs'],
      ...[`--data-root=${home}/data`, `--exec-root=${home}/exec`, `--pidfile=${home}/pid`],
      ...['-H', socket],
    ],
    { stdio: 'ignore' },
  )
  const docker = ['docker', '-H', socket]
  const stop = async () => {
    daemon.kill('SIGTERM')
    while (daemon.exitCode === null && daemon.signalCode === null) await pause(50)
    rmSync(home, { recursive: true, force: true })
  }
  const answers = () => call([...docker, 'info']).status === 0
  for (let tries = 0; tries < 200 && !answers(); tries++) await pause(100)
  if (!answers()) {
    console.warn('SKIPPED: dockerd does not run on this machine')
    await stop()
    return undefined
  }
  importImage(join(home, 'image'), docker)
  return { ...runsOf([...docker, 'run']), stop }
}

/** Finds a Podman that runs here. Returns undefined and prints the reason where none runs. */
export function startPodman(): Engine | undefined {
  if (lacks('podman')) return undefined
  const home = mkdtempSync(join(tmpdir(), 'gradebox-podman-'))
  const storage = ['--root', join(home, 'root'), '--runroot', join(home, 'run')]
  const common = ['--storage-driver', 'vfs', '--cgroup-manager', 'cgroupfs']
  const podman = ['podman', ...storage, ...common, '--events-backend', 'none']
  const stop = async () => {
    call([...podman, 'rmi', '--all', '--force'])
    rmSync(home, { recursive: true, force: true })
  }
  importImage(join(home, 'image'), podman)
  // Podman raises these limits above the hard limits of a root without CAP_SYS_RESOURCE.
  const ulimits = ['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=4096:4096']
  let why = ''
  for (const runtime of [[], ['--runtime', 'runc'], ['--runtime', 'crun']]) {
    const runs = runsOf([...podman, ...runtime, 'run', ...ulimits])
    why = runs.command([], 'echo', 'it runs')
    if (why === 'it runs') return { ...runs, stop }
  }
  console.warn(`SKIPPED: podman does not run on this machine: ${why}`)
  void stop()
  return undefined
}

function runsOf(engine: readonly string[]): Pick<Engine, 'run' | 'command'> {
  const built = dirname(dirname(new URL(packageUrl()).pathname))
  const shown = [
    ...['/usr', '/etc/alternatives', '/etc/ld.so.cache'].map((path) => `${path}:${path}`),
    ...['dist', 'policies', 'package.json'].map((name) => `${built}/${name}:/gradebox/${name}`),
    `${repository}/node_modules:/gradebox/node_modules`,
    `${repository}/fixtures:/gradebox/fixtures`,
    `${programs}:/programs`,
  ].flatMap((mount) => ['-v', `${mount}:ro`])
  const command = (flags: readonly string[], ...words: readonly string[]) => {
    const ended = call([
      ...engine,
      '--rm',
      '--network',
      'none',
      ...shown,
      ...flags,
      IMAGE,
      ...words,
    ])
    return `${ended.stdout}${ended.stderr}`.trim()
  }
  const run = (flags: readonly string[], program: string, ...args: readonly string[]) =>
    command(flags, 'node', `/programs/${program}`, ...args)
  return { run, command }
}

const call = ([name = '', ...args]: readonly string[]) =>
  spawnSync(name, args, { encoding: 'utf8' })

const IMAGE = 'gradebox-test'

// The image has the parts of a system outside /usr; /usr itself is the host's.
function importImage(root: string, engine: readonly string[]): void {
  for (const path of [
    'usr',
    'etc',
    'tmp',
    'home/student',
    'root',
    'var/tmp',
    'run',
    'gradebox',
    'programs',
  ]) {
    mkdirSync(join(root, path), { recursive: true, mode: 0o755 })
  }
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
    if (existsSync(`/usr/${name}`)) symlinkSync(`usr/${name}`, join(root, name))
  }
  writeFileSync(
    join(root, 'etc/passwd'),
    'root:x:0:0::/root:/bin/sh\nstudent:x:1000:1000::/home/student:/bin/sh\n',
  )
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\nstudent:x:1000:\n')
  writeFileSync(join(root, 'etc/shadow'), 'root:*:1:0:99999:7:::\n', { mode: 0o600 })
  const steps = `chmod 1777 tmp var/tmp && chown 1000:1000 home/student && tar -c . | ${engine.join(' ')} import - ${IMAGE}`
  execFileSync('sh', ['-c', steps], { cwd: root, stdio: 'ignore' })
  rmSync(root, { recursive: true })
}
