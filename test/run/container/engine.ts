import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { packageUrl } from '../support/built.ts'
import { lacks, lacksRoot } from '../support/tools.ts'

const repository = resolve(import.meta.dirname, '../../..')
const programs = join(import.meta.dirname, 'programs')

/** Whether the tests of containers must be skipped; says why. */
export function lacksEngine(): boolean {
  if (lacksRoot('a container engine') || lacks('dockerd') || lacks('docker')) return true
  if (process.execPath.startsWith('/usr/')) return false
  console.warn(`SKIPPED: containers show /usr, and node is at ${process.execPath}`)
  return true
}

/** A container engine of the tests' own, and an image that shows the host's programs. */
export interface Engine {
  /** Runs a program of `programs/` in a container, with Docker's flags; gives what it writes. */
  readonly run: (flags: readonly string[], program: string, ...args: readonly string[]) => string
  readonly stop: () => Promise<void>
}

/** Starts an engine; undefined, and the reason printed, where it does not run. */
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
  const docker = (...args: string[]) =>
    spawnSync('docker', ['-H', socket, ...args], { encoding: 'utf8' })
  const stop = async () => {
    daemon.kill('SIGTERM')
    while (daemon.exitCode === null && daemon.signalCode === null) await pause(50)
    rmSync(home, { recursive: true, force: true })
  }
  for (let tries = 0; tries < 200 && docker('info').status !== 0; tries++) await pause(100)
  if (docker('info').status !== 0) {
    console.warn('SKIPPED: dockerd does not run on this machine')
    await stop()
    return undefined
  }
  importImage(join(home, 'image'), socket)
  const built = dirname(dirname(new URL(packageUrl()).pathname))
  const shown = [
    ...['/usr', '/etc/alternatives', '/etc/ld.so.cache'].map((path) => `${path}:${path}`),
    `${built}/dist:/gradebox/dist`,
    `${built}/policies:/gradebox/policies`,
    `${built}/package.json:/gradebox/package.json`,
    `${repository}/node_modules:/gradebox/node_modules`,
    `${repository}/fixtures:/gradebox/fixtures`,
    `${programs}:/programs`,
  ].flatMap((mount) => ['-v', `${mount}:ro`])
  return {
    run: (flags, program, ...args) => {
      const command = ['node', `/programs/${program}`, ...args]
      const ended = docker(
        'run',
        '--rm',
        '--network',
        'none',
        ...shown,
        ...flags,
        IMAGE,
        ...command,
      )
      return `${ended.stdout}${ended.stderr}`.trim()
    },
    stop,
  }
}

const IMAGE = 'gradebox-test'

// An image made of nothing but what a system has besides /usr, which is the host's.
function importImage(root: string, socket: string): void {
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
  const steps = `chmod 1777 tmp var/tmp && chown 1000:1000 home/student && tar -c . | docker -H ${socket} import - ${IMAGE}`
  execFileSync('sh', ['-c', steps], { cwd: root, stdio: 'ignore' })
  rmSync(root, { recursive: true })
}
