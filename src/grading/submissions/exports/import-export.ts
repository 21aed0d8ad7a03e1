import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SandboxError } from '../../../errors/sandbox-error.ts'
import { timeOfDay } from '../../../globals.ts'
import { isIgnored } from '../../languages/submission-files.ts'
import { packageVersion } from '../../package-version.ts'
import { openFolder } from './export-entries.ts'
import { layoutOf } from './export-layout.ts'
import type { UnpackedSubmission } from './unpack.ts'

/**
 * The submissions of an export from Moodle, Canvas, Gradescope or GitHub Classroom, or of a folder with one folder per
 * submission. An export is a folder or a zip file, and may contain zip files. Unpacked submissions stay in `cache`. The
 * next call uses the unpacked submissions again if the export's files have the same sizes and times. A refused
 * submission has `refused`, and does not affect the other submissions.
 *
 * @param source an absolute path
 * @param cache a directory that stays after the call; the function makes a missing directory
 * @param sourceNames endings and names of source files. A zip file with a source file at its top is one submission.
 * @throws {SandboxError} OPTION_INVALID if the whole export cannot be read
 * @example
 * importExport('/srv/moodle.zip', '/srv/.cache', ['.py'])
 */
export function importExport(
  source: string,
  cache: string,
  sourceNames: readonly string[],
): readonly UnpackedSubmission[] {
  const place = join(cache, fingerprint(source, sourceNames))
  const known = readIndex(place)
  const isKept = known !== undefined && !known.some(({ isTrouble }) => isTrouble)
  if (isKept) return known
  rmSync(place, { recursive: true, force: true })
  mkdirSync(cache, { recursive: true })
  removeAbandoned(cache)
  const fresh = mkdtempSync(join(cache, unfinished))
  try {
    const submissions = unpack(source, fresh, sourceNames)
    writeFileSync(join(fresh, index), JSON.stringify(submissions.map(relativeTo(fresh))))
    renameSync(fresh, place)
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true })
    // Another process unpacked the same files first.
    const { code = '' } = error as NodeJS.ErrnoException
    if (!['ENOTEMPTY', 'EEXIST'].includes(code)) throw error
  }
  return readIndex(place) ?? []
}

const unfinished = 'unpacking-'
/** A grader on another machine may be unpacking into the same cache, but never takes this long. */
const ABANDONED_MS = 24 * 60 * 60 * 1000

/** Removes the folders of processes that were killed while they unpacked. */
function removeAbandoned(cache: string): void {
  for (const name of readdirSync(cache)) {
    if (!name.startsWith(unfinished)) continue
    const path = join(cache, name)
    const changedMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs
    const age = changedMs === undefined ? 0 : timeOfDay().getTime() - changedMs
    if (age > ABANDONED_MS) rmSync(path, { recursive: true, force: true })
  }
}

/**
 * Whether a folder is a platform's export, or contains zip files directly or in its folders. Otherwise it is a plain
 * folder of folders.
 */
export function isExport(folder: string): boolean {
  const { entries } = openFolder(folder, 1, isIgnored)
  const tops = entries.map(({ path: name, kind }) => ({
    name,
    isDirectory: kind === 'directory',
    isClone: kind === 'directory' && existsSync(join(folder, name, '.git')),
  }))
  if (tops.some(({ name }) => name === 'submission_metadata.yml' || isZipName(name))) return true
  const layout = layoutOf(tops)
  return tops.some(
    (top) =>
      layout(top)?.metadata.platform !== undefined ||
      (top.isDirectory && namesIn(join(folder, top.name)).some(isZipName)),
  )
}

// A folder that cannot be read must not stop other submissions. The grading of this folder names the reason.
function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

const isZipName = (name: string) => /\.zip$/i.test(name)

const index = 'index.json'
const inside = 'cache:'

// The index stores paths relative to its folder, because the folder gets its final name only when it is complete.
const relativeTo =
  (directory: string) =>
  (submission: UnpackedSubmission): UnpackedSubmission =>
    submission.path?.startsWith(`${directory}/`)
      ? { ...submission, path: inside + submission.path.slice(directory.length + 1) }
      : submission

function readIndex(place: string): readonly UnpackedSubmission[] | undefined {
  const path = join(place, index)
  if (!existsSync(path)) return undefined
  try {
    const submissions: readonly UnpackedSubmission[] = JSON.parse(readFileSync(path, 'utf8'))
    const found = submissions.map((submission) =>
      submission.path?.startsWith(inside)
        ? { ...submission, path: join(place, submission.path.slice(inside.length)) }
        : submission,
    )
    const isWhole = found.every(({ path: folder }) => folder === undefined || existsSync(folder))
    if (isWhole) return found
  } catch {
    // The index is damaged.
  }
  rmSync(place, { recursive: true, force: true })
  return undefined
}

function unpack(source: string, into: string, sourceNames: readonly string[]) {
  const endings = sourceNames.flatMap((name) => ['--extension', name])
  const { status, stdout, stderr, error } = spawnSync(
    process.execPath,
    ['--max-old-space-size=512', unpackerPath(), ...endings, '--', source, into],
    { encoding: 'utf8', maxBuffer: 2 ** 30 },
  )
  const answer =
    status === 0 && error === undefined ? JSON.parse(stdout) : { error: error?.message ?? stderr }
  if (answer.error === undefined) return answer.submissions as readonly UnpackedSubmission[]
  throw new SandboxError(`The submissions in ${source} cannot be read: ${answer.error}`, {
    code: 'OPTION_INVALID',
    hint: `Download ${basename(source)} again, or unpack it and give the folder.`,
  })
}

// In dist, unpack-main.js is next to this module. From src, the second path leads to the file that the build made.
function unpackerPath(): string {
  const places = ['./unpack-main.js', '../../../../dist/grading/submissions/exports/unpack-main.js']
  const found = places
    .map((place) => fileURLToPath(new URL(place, import.meta.url)))
    .find((path) => existsSync(path))
  if (found !== undefined) return found
  throw new SandboxError('The module that unpacks archives does not exist', {
    code: 'OPTION_INVALID',
    hint: 'In a checkout, run `npm run build` first.',
  })
}

// Sizes and times identify a file, as in make and rsync. Reading the gigabytes of a class would take longer than
// unpacking them.
function fingerprint(source: string, sourceNames: readonly string[]): string {
  const hash = createHash('sha256').update(JSON.stringify([packageVersion(), sourceNames]))
  // Names can be bytes that are not UTF-8.
  const waiting = [Buffer.from(source)]
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    // The source itself may be a link, but this loop never follows a link inside the source.
    const read = path.equals(Buffer.from(source)) ? statSync : lstatSync
    const { size, mtimeMs, ino, mode } = read(path)
    hash.update(JSON.stringify([path.toString('latin1'), size, mtimeMs, ino, mode]))
    if ((mode & constants.S_IFMT) !== constants.S_IFDIR) continue
    for (const name of readableNames(path)) {
      waiting.push(Buffer.concat([path, Buffer.from('/'), name]))
    }
  }
  return hash.digest('hex').slice(0, 32)
}

// A folder that cannot be read gets no names here. The unpacker later refuses the submission of this folder.
function readableNames(folder: Buffer): Buffer[] {
  try {
    const names = readdirSync(folder, { encoding: 'buffer' }) as unknown as Buffer[]
    return names.sort(Buffer.compare)
  } catch {
    return []
  }
}
