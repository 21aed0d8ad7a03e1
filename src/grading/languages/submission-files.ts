import { createHash } from 'node:crypto'
import { lstatSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { SandboxError } from '../../errors/sandbox-error.ts'
import { formatSize } from '../../units/size.ts'
import type { ReportFile } from '../report/report-schema.ts'
import { decodeSource, isText } from './source-text.ts'
import { SubmissionProblem } from './submission-problem.ts'

/** A file that a student handed in. */
export interface SubmittedFile {
  /** Relative to the submission, with `/`. */
  readonly path: string
  readonly bytes: Uint8Array
  readonly executable: boolean
  /** Absent for a file that is not text. */
  readonly text?: string
}

const mostFiles = 5000
const mostBytes = 256 * 1024 * 1024
/** Whether an operating system made a file or folder for itself. */
export const isIgnored = (name: string): boolean =>
  /^(?:__MACOSX|\.DS_Store|Thumbs\.db|desktop\.ini|\._.*)$/.test(name)

const toolFolders = new Set(['.git', '.svn', '.hg', '__pycache__'])

/** Whether a file belongs to an operating system, version control or an interpreter, and not to the submission. */
export const isLeftOut = (name: string): boolean => isIgnored(name) || toolFolders.has(name)

/**
 * Reads a submission: a folder or a single file. If a folder contains only one folder, as in many zip files, the
 * function reads the inner folder. The function leaves out links, devices and the files of version control. The
 * function therefore never reads anything outside the folder.
 *
 * @throws {SubmissionProblem} `too-large`
 * @throws {SandboxError} OPTION_INVALID for a file that this user may not read, or that the disk cannot read
 */
export function readSubmissionFiles(path: string): SubmittedFile[] {
  try {
    if (statSync(path).isFile()) return [readFile(path, basename(path))]
    const root = withoutWrapping(path)
    return listFiles(root).map((relative) => readFile(join(root, relative), relative))
  } catch (error) {
    if (error instanceof SubmissionProblem) throw error
    throw unreadableSubmission(error)
  }
}

/** The error for files that this user or this machine cannot read, through no fault of the student. */
export function unreadableSubmission(cause: unknown): SandboxError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new SandboxError(`The submission cannot be read: ${reason}`, {
    code: 'OPTION_INVALID',
    hint: 'Let the user who grades read every file of the submission, and grade again.',
    cause,
  })
}

/** Writes files into an empty directory. Source files get the encoding and line ends that compilers here expect. */
export function writeSubmissionFiles(files: readonly SubmittedFile[], directory: string): void {
  const made = new Set<string>()
  for (const { path, bytes, text, executable } of files) {
    const target = join(directory, path)
    const parent = dirname(target)
    if (!made.has(parent)) mkdirSync(parent, { recursive: true })
    made.add(parent)
    writeFileSync(target, isSource(path) && text !== undefined ? text : bytes, {
      mode: executable ? 0o755 : 0o644,
    })
  }
}

const longestText = 64 * 1024

/** The report's entry for a file. */
export function describeFile({ path, bytes, text }: SubmittedFile): ReportFile {
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const kept = text !== undefined && text.length <= longestText ? { text } : {}
  return { path, bytes: bytes.length, sha256, ...kept }
}

// A text file with data keeps its bytes, because an end of line may be part of the task.
const dataEndings = /\.(?:txt|csv|tsv|in|out|ans|dat|data|json|xml|bin)$/i
const isSource = (path: string) => !dataEndings.test(path)

function withoutWrapping(directory: string): string {
  const entries = readdirSync(directory, { withFileTypes: true }).filter(isKept)
  const [only] = entries
  if (entries.length !== 1 || only === undefined || !only.isDirectory()) return directory
  return withoutWrapping(join(directory, only.name))
}

const isKept = ({ name }: { readonly name: string }) => !isLeftOut(name)

function listFiles(root: string): string[] {
  const found: string[] = []
  const waiting = ['']
  let bytes = 0
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true }).filter(isKept)) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (entry.isDirectory()) waiting.push(path)
      if (!entry.isFile()) continue
      bytes += lstatSync(join(root, path)).size
      found.push(path)
      checkSize(found.length, bytes)
    }
  }
  // The order does not depend on the locale, so every machine has the same order.
  return found.sort((a, b) => (a < b ? -1 : 1))
}

function checkSize(files: number, bytes: number): void {
  if (files > mostFiles) throw new SubmissionProblem('too-large', { most: `${mostFiles} files` })
  if (bytes > mostBytes) throw new SubmissionProblem('too-large', { most: formatSize(mostBytes) })
}

function readFile(absolute: string, path: string): SubmittedFile {
  const status = lstatSync(absolute)
  checkSize(1, status.size)
  const bytes = readFileSync(absolute)
  const executable = (status.mode & 0o111) !== 0
  return isText(bytes)
    ? { path, bytes, executable, text: decodeSource(bytes) }
    : { path, bytes, executable }
}
