import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { SandboxError } from '../../errors/sandbox-error.ts'
import { loadPolicy } from '../../policy/load.ts'
import type { LimitOptions, MountOption } from '../../runner/options/sandbox-options.ts'
import type { SandboxResult } from '../../runner/result.ts'
import { fingerprint } from '../cache/fingerprint.ts'
import { cacheInUse } from '../cache/results.ts'
import { packageVersion } from '../package-version.ts'
import { keepBuild, keptBuild } from './build-cache.ts'
import { detectLanguage } from './detect.ts'
import { languageVersion, notInstalled } from './installed.ts'
import type { BuiltFile, Command, Language, LanguageTable, Project } from './language.ts'
import { buildLimitsFor, memoryBytesOf } from './language-limits.ts'
import { buildPolicy, runTool } from './run-tool.ts'
import { brokenCompiler } from './sample.ts'
import { type SubmittedFile, writeSubmissionFiles } from './submission-files.ts'
import { SubmissionProblem } from './submission-problem.ts'
import { readTar } from './tar.ts'
import { toolFiles } from './tool-files.ts'
import { preparedBuild } from './toolchain.ts'

/** The language of a submission, as reports name it. */
export interface DetectedLanguage {
  readonly name: string
  readonly title: string
  /** The version of the compiler or interpreter. */
  readonly version: string
}

/** A submission whose program can be run. */
export interface BuiltProgram {
  readonly name: string
  readonly language: Language
  /** The version of the compiler or interpreter. */
  readonly version: string
  /** Identifies everything from which the program is made; absent if no cache is in use. */
  readonly key?: string
  /** The host directory that the sandbox shows at `/work`. */
  readonly directory: string
  /** The compiler's run; absent for a language without a build. */
  readonly run?: SandboxResult
  /** The command that starts the program. */
  command(limits: LimitOptions): Command
}

/** A build that the compiler refused, or that a limit ended. */
export class BuildFailure extends SubmissionProblem {
  readonly run: SandboxResult
  readonly language: DetectedLanguage

  constructor(run: SandboxResult, language: DetectedLanguage) {
    super('build-failed')
    this.run = run
    this.language = language
  }
}

/**
 * Builds a submission's program in a sandbox. The function detects the language, writes the files to a new directory,
 * and runs the compiler.
 *
 * @param parent the directory that will contain the new directory
 * @throws {SubmissionProblem} for a problem that the student must fix
 * @throws {SandboxError} for a problem that the staff must fix, such as a missing compiler
 */
export async function buildSubmission(
  files: readonly SubmittedFile[],
  table: LanguageTable,
  parent: string,
): Promise<BuiltProgram> {
  const texts = files.flatMap(({ path, text }) => (text === undefined ? [] : [{ path, text }]))
  const { name, language, main, sources } = detectLanguage(texts, table)
  const version = await languageVersion(language)
  if (version === undefined) throw notInstalled(language)
  const paths = files.map(({ path }) => path)
  const project: Project = { main, sources, files: paths, built: [] }
  const known = { name, language, version }
  const cache = cacheInUse()
  const key = cache === undefined ? undefined : buildKey(files, known, project)
  const program = { ...known, ...(key === undefined ? {} : { key }) }
  const kept = language.compile && cache && key ? keptBuild(cache, key) : undefined
  if (kept !== undefined) {
    const { directory, run, built } = kept
    return { ...program, directory, run, command: commandOf(language, { ...project, built }) }
  }
  const directory = mkdtempSync(join(parent, 'build-'))
  try {
    writeSubmissionFiles(files, directory)
    const build = await compile({ name, language, version, parent, table }, project, directory)
    const built = { ...project, built: build?.built ?? [] }
    language.checkBuilt?.(built)
    if (cache !== undefined && key !== undefined && build !== undefined) {
      keepBuild(cache, key, { directory, ...build })
    }
    return {
      ...program,
      directory,
      ...(build === undefined ? {} : { run: build.run }),
      command: commandOf(language, built),
    }
  } catch (error) {
    rmSync(directory, { recursive: true, force: true })
    throw error
  }
}

const commandOf = (language: Language, built: Project) => (limits: LimitOptions) =>
  language.run(built, { memoryBytes: memoryBytesOf(limits) })

type KnownProgram = Pick<BuiltProgram, 'name' | 'language' | 'version'>

// The command is part of the key, because its flags may be values that the source of `compile` does not show.
function buildKey(
  files: readonly SubmittedFile[],
  { name, language, version }: KnownProgram,
  project: Project,
): string {
  const contents = files.map(({ path, bytes, executable }) => [path, bytes, executable])
  const command = language.compile?.(project)
  return fingerprint(
    { gradebox: packageVersion(), arch: process.arch },
    { name, version, tools: toolFiles(language), language },
    { command, policy: command && loadPolicy(buildPolicy(language)) },
    contents,
  )
}

const archive = '/tmp/gradebox-build.tar'
// The build runs on a copy of the files in the sandbox, which limits the copy's size. One archive returns the files of
// the copy.
const script = `"$@" || exit; exec tar -cf ${archive} --format=gnu .`

interface Compiler {
  readonly name: string
  readonly language: Language
  readonly version: string
  /** The directory for files that the compiler prepares. */
  readonly parent: string
  readonly table: LanguageTable
}

async function compile(
  { name, language, version, parent, table }: Compiler,
  project: Project,
  directory: string,
) {
  if (language.compile === undefined) return undefined
  const runBuild = (command: Command, mounts: readonly MountOption[]) =>
    runTool('the build', language, ['sh', '-c', script, 'build', ...command], {
      mounts,
      workdir: directory,
      limits: buildLimitsFor(language),
      collect: [archive],
    })
  const prepared = await preparedBuild(language, version, project, parent)
  const quick = prepared && (await runBuild(prepared.command, prepared.mounts))
  // The compiler's messages could name the prepared files, so Gradebox repeats a build with messages without these
  // files.
  const isSilent = quick?.ok === true && quick.stdout === '' && quick.stderr === ''
  const run =
    quick !== undefined && isSilent ? quick : await runBuild(language.compile(project), [])
  if (!run.ok) {
    const { title } = language
    const broken = await brokenCompiler(language, project, table)
    throw broken ?? new BuildFailure(run, { name, title, version })
  }
  const contents = run.files[archive]
  if (contents === undefined) throw tooLarge(run)
  return { run, built: unpack(contents, directory, new Set(project.files)) }
}

// The entries of an archive can contradict each other. Any other error, such as a full disk, is no fault of the
// student.
const contradictions = new Set(['EEXIST', 'EISDIR', 'ENAMETOOLONG', 'ENOTDIR'])

// The whole archive replaces the submitted files, because a build may also change and remove files.
function unpack(contents: Uint8Array, directory: string, known: ReadonlySet<string>): BuiltFile[] {
  rmSync(directory, { recursive: true })
  mkdirSync(directory, { mode: 0o755 })
  const files = readTar(contents).map(({ path, bytes, executable }): BuiltFile => {
    const target = join(directory, path)
    try {
      mkdirSync(dirname(target), { recursive: true })
      writeFileSync(target, bytes, { mode: executable ? 0o755 : 0o644 })
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException
      if (!contradictions.has(code)) throw error
      throw new SubmissionProblem('unreadable', { reason: `${path}: ${code}` })
    }
    return { path, executable: executable && isProgram(path, bytes) }
  })
  const made = files.filter(({ path }) => !known.has(path))
  // `make` does not rebuild a submitted program that is up to date, so a submitted program counts too.
  return made.some(({ executable }) => executable) ? made : files
}

// Bytes 16 and 17 of an ELF file are its type: 2 means a program, and 3 means a program that can be loaded at any
// address (elf(5)).
function isProgram(path: string, bytes: Uint8Array): boolean {
  const [first, second] = bytes
  if (first === 0x23 && second === 0x21) return true
  const isElf = Buffer.from(bytes.subarray(0, 4)).toString('latin1') === '\x7fELF'
  return isElf && (bytes[16] === 2 || bytes[16] === 3) && !/\.so(\.|$)/.test(path)
}

function tooLarge({ uncollected, stderr }: SandboxResult): SandboxError {
  return new SandboxError(
    `The files of a build could not be collected: ${uncollected[archive] ?? (stderr.trim() || 'there is no archive')}`,
    {
      code: 'SETUP_FAILED',
      hint: 'The sandbox needs sh and tar, and room for the files (limit `disk`).',
    },
  )
}
