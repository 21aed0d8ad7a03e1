import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { gunzip, type ZlibOptions } from 'node:zlib'
import { isProcess, timeOfDay } from '../../globals.ts'
import type { LimitOptions, MountOption } from '../../runner/options/sandbox-options.ts'
import { sandboxed } from '../../runner/sandboxed.ts'
import { fingerprint } from '../cache/fingerprint.ts'
import { packageVersion } from '../package-version.ts'
import type { Command, Language, Project } from './language.ts'
import { buildPolicy } from './run-tool.ts'
import { readTar } from './tar.ts'

/** Names the directory for files that compilers prepare. `gradebox grade` always sets it, even without a cache. */
export const TOOLCHAINS_VARIABLE = 'GRADEBOX_TOOLCHAINS'

/** The directory of the sandbox in which a build finds the files that its compiler has prepared. */
const place = '/opt/gradebox-toolchain'

/** A build that uses the files that its compiler has prepared. */
export interface PreparedBuild {
  readonly command: Command
  readonly mounts: readonly MountOption[]
}

interface Toolchain {
  /** The number of builds that asked for the directory before the directory existed. */
  wanted: number
  /** The directory; undefined until the compiler has made it, and if the compiler failed. */
  directory?: string | undefined
  making?: Promise<void> | undefined
}

const toolchains = new Map<string, Toolchain>()

/** From this many times `after` builds on, the prepared files save more time than their preparation takes. */
const WORTH = 3
let expectedBuilds = 0

/** Records the number of builds that may follow. For a large class, even the first build starts the preparation. */
export function expectBuilds(count: number): void {
  expectedBuilds = Math.max(expectedBuilds, count)
}

/**
 * The build of a project with files that the compiler has prepared, such as precompiled headers; undefined if no
 * prepared files are ready.
 *
 * The compiler prepares only its own files, in a sandbox without any submission. No build can change these files,
 * because each build sees them read-only or copy-on-write. A submission therefore never reads a file that another
 * submission has written.
 *
 * @param parent the directory for prepared files if `GRADEBOX_TOOLCHAINS` names none
 */
export async function preparedBuild(
  language: Language,
  version: string,
  project: Project,
  parent: string,
): Promise<PreparedBuild | undefined> {
  const { preparation } = language
  const plain = language.compile?.(project)
  if (preparation === undefined || plain === undefined) return undefined
  const prepare = preparation.prepare(plain, project)
  if (prepare === undefined) return undefined
  const directory = await readyToolchain(language, version, prepare, parent)
  if (directory === undefined) return undefined
  const type = preparation.changes === true ? 'overlay' : 'bind'
  // A project's node_modules may be a link, but the source of a mount must not be a link.
  const source = realpathSync(directory)
  return { command: preparation.use(plain, place), mounts: [{ type, source, target: place }] }
}

async function readyToolchain(
  language: Language,
  version: string,
  prepare: Command,
  parent: string,
): Promise<string | undefined> {
  const policy = buildPolicy(language)
  const key = fingerprint(
    { gradebox: packageVersion(), arch: process.arch },
    { version, prepare, policy },
  )
  const store = process.env[TOOLCHAINS_VARIABLE] ?? parent
  const target = join(store, 'toolchains', key)
  const toolchain: Toolchain = toolchains.get(target) ?? { wanted: 0 }
  toolchains.set(target, toolchain)
  if (toolchain.directory === undefined && existsSync(target)) toolchain.directory = target
  if (toolchain.directory !== undefined) return toolchain.directory
  toolchain.wanted += 1
  const { after = 0, waits = false } = language.preparation ?? {}
  if (toolchain.wanted <= after && expectedBuilds < after * WORTH) return undefined
  if (!waits && toolchain.making === undefined && !claim(target)) return undefined
  toolchain.making ??= makeToolchain(target, prepare, policy).then((made) => {
    toolchain.directory = made ? target : undefined
    if (!waits) rmSync(claimFile(target), { force: true })
  })
  if (waits) await toolchain.making
  return toolchain.directory
}

// Several workers grade one class, and only one of them makes the directory.
function claim(target: string): boolean {
  const file = claimFile(target)
  try {
    mkdirSync(dirname(target), { recursive: true })
    if (isAbandoned(file)) rmSync(file, { force: true })
    writeFileSync(file, String(process.pid), { flag: 'wx' })
    return true
  } catch {
    return false
  }
}

const claimFile = (target: string) => `${target}.maker`

// A process id alone does not suffice, because containers may share the cache but not their process ids.
function isAbandoned(file: string): boolean {
  const claimed = statSync(file, { throwIfNoEntry: false })
  if (claimed === undefined) return false
  return (
    timeOfDay().getTime() - claimed.mtimeMs > MAKING_MS ||
    !isProcess(Number(readFileSync(file, 'utf8')))
  )
}

/** The longest time that a compiler takes to make a directory, in milliseconds. */
const MAKING_MS = 600_000

// The compiler makes the files once, so these limits do not depend on the limits of a build.
const limits = {
  walltime: MAKING_MS,
  cpu: '10min',
  memory: '2GiB',
  disk: '2GiB',
  processes: 256,
  openFiles: 768,
} satisfies LimitOptions

const archive = '/tmp/gradebox-toolchain.tar.gz'
// gzip compresses the archive, because a collected file has at most 64 MiB, and precompiled headers are larger. A
// stronger compression would take more time than many builds save.
const script = `"$@" && exec tar -cf ${archive} --format=gnu -I 'gzip -1' .`
/** The largest size of the archive of prepared files after decompression, in bytes. */
const largestBytes = 1024 * 1024 * 1024

async function makeToolchain(
  target: string,
  prepare: Command,
  policy: ReturnType<typeof buildPolicy>,
): Promise<boolean> {
  let fresh: string | undefined
  try {
    mkdirSync(join(target, '..'), { recursive: true })
    fresh = mkdtempSync(join(target, '..', 'making-'))
    const run = await sandboxed('sh', ['-c', script, 'prepare', ...prepare], {
      policy,
      workdir: realpathSync(fresh),
      limits,
      collect: [archive],
    })
    const packed = run.files[archive]
    if (!run.ok || packed === undefined) throw new Error(run.reason)
    writeFiles(fresh, await unzip(packed, { maxOutputLength: largestBytes }))
    chmodSync(fresh, 0o755)
    renameSync(fresh, target)
    return true
  } catch {
    // The compiler failed, another worker was first, or the disk is full. Builds work without the files.
    if (fresh !== undefined) rmSync(fresh, { recursive: true, force: true })
    return existsSync(target)
  }
}

const unzip = promisify<Uint8Array, ZlibOptions, Buffer>(gunzip)

function writeFiles(directory: string, contents: Uint8Array): void {
  for (const { path, bytes, executable } of readTar(contents)) {
    const file = join(directory, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, bytes, { mode: executable ? 0o755 : 0o644 })
  }
}
