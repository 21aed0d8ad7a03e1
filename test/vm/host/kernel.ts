import { execFileSync, spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { KernelName } from '../settings/setting.ts'

/** A kernel as its package contains it. */
export interface Kernel {
  readonly name: KernelName
  /** For example `6.1.0-56-cloud-amd64`. */
  readonly release: string
  /** Path of the compressed image. */
  readonly image: string
  /** The overlayfs module, uncompressed. */
  readonly overlay: Uint8Array
}

/** The package of each kernel: from this system's release, or from the archive of an older one. */
const sources: Readonly<Record<KernelName, { packages: string; suite?: string }>> = {
  '6.1': { packages: 'linux-image-6.1.0-*-cloud-amd64' },
  '6.12': { packages: 'linux-image-6.12.*-cloud-amd64' },
  '5.10': { packages: 'linux-image-5.10.0-*-cloud-amd64', suite: 'bullseye' },
}

const APT_MS = 60_000
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'

/** The reason why a kernel is not available here. */
export class NoKernel extends Error {}

/**
 * A Debian kernel for virtual machines, from the cache or downloaded with apt-get; not installed.
 *
 * @throws {NoKernel} where no kernel can be found or downloaded
 */
export function findKernel(name: KernelName, cache: string): Kernel {
  const directory = join(cache, `linux-${name}`)
  if (!existsSync(directory)) download(name, directory)
  const [image = ''] = find(join(directory, 'boot'), /^vmlinuz-/)
  const release = image.replace('vmlinuz-', '')
  const overlay = join(directory, 'lib/modules', release, 'kernel/fs/overlayfs')
  const [module = ''] = find(overlay, /^overlay\.ko/)
  return {
    name,
    release,
    image: join(directory, 'boot', image),
    overlay: uncompressed(join(overlay, module)),
  }
}

const find = (directory: string, pattern: RegExp): string[] =>
  readdirSync(directory).filter((name) => pattern.test(name))

function uncompressed(path: string): Uint8Array {
  if (!path.endsWith('.xz')) return readFileSync(path)
  return execFileSync('xz', ['-dc', path], { maxBuffer: 1 << 26 })
}

function download(name: KernelName, directory: string): void {
  const { packages, suite } = sources[name]
  const temporary = `${directory}-${process.pid}`
  mkdirSync(temporary, { recursive: true })
  try {
    const options = suite === undefined ? [] : archiveOf(suite, temporary)
    const list = apt(
      'apt-cache',
      [...options, '--names-only', 'search', '^linux-image-.*-cloud-amd64$'],
      temporary,
    )
    const found = newest(list, packages)
    if (found === undefined)
      throw new NoKernel(
        `apt knows no package ${packages}; its lists may be missing: apt-get update`,
      )
    apt('apt-get', [...options, 'download', found], temporary)
    const [archive = ''] = find(temporary, /\.deb$/)
    execFileSync('dpkg-deb', ['-x', join(temporary, archive), temporary])
    rmSync(join(temporary, archive))
    renameSync(temporary, directory)
  } finally {
    rmSync(temporary, { recursive: true, force: true })
  }
}

function newest(list: string, pattern: string): string | undefined {
  const glob = new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*')}$`)
  return list
    .split('\n')
    .map((line) => line.split(' ')[0] ?? '')
    .filter((name) => glob.test(name) && !name.includes('unsigned'))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .at(-1)
}

function apt(command: string, args: readonly string[], cwd: string): string {
  const options = { cwd, encoding: 'utf8', timeout: APT_MS, maxBuffer: 1 << 26 } as const
  const { status, stdout, stderr, error } = spawnSync(command, args, options)
  if (status === 0) return stdout
  throw new NoKernel(`${command} ${args.join(' ')}: ${error?.message ?? stderr.trim()}`)
}

// apt-get uses lists of its own, so that the system's stay unchanged.
function archiveOf(suite: string, directory: string): string[] {
  const apt_ = join(directory, 'apt')
  for (const name of ['lists/partial', 'cache/archives/partial']) {
    mkdirSync(join(apt_, name), { recursive: true })
  }
  writeFileSync(join(apt_, 'status'), '')
  const line = `deb [signed-by=${KEYRING}] http://deb.debian.org/debian ${suite} main\n`
  writeFileSync(join(apt_, 'sources.list'), line)
  const settings = {
    'Dir::Etc::sourcelist': join(apt_, 'sources.list'),
    'Dir::Etc::sourceparts': '-',
    'Dir::State::lists': join(apt_, 'lists'),
    'Dir::State::status': join(apt_, 'status'),
    'Dir::Cache': join(apt_, 'cache'),
  }
  const options = Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`])
  apt('apt-get', [...options, '-q', 'update'], directory)
  return options
}
