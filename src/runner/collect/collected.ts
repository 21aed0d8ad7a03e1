import { SandboxError } from '../../errors/sandbox-error.ts'
import { COLLECT_MAX_BYTES } from '../../launcher/plan/collect-steps.ts'
import type { ReportRecord } from '../../launcher/report/parse-report.ts'
import {
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
} from '../../linux/constants.ts'
import { errnoName, errnoText } from '../../linux/errno.ts'
import { formatSize } from '../../units/size.ts'
import type { Work } from '../../work.ts'

/** The most bytes to read between two pauses. */
export const READ_BYTES = 4 * 1024 * 1024

/** Reads collected bytes into a buffer, from a position, and returns their number. */
export type ReadCollected = (buffer: Uint8Array, position: number) => number

export type CollectRecord = Extract<ReportRecord, { kind: 'collect' }>

/** The collected files, and the reason for each file that could not be collected. A missing file is in neither. */
export interface Collected {
  readonly files: Readonly<Record<string, Uint8Array>>
  readonly uncollected: Readonly<Record<string, string>>
}

/**
 * Reads the collected files, which follow one another, with pauses for other work.
 *
 * @param paths as the caller named them, in the order of the records
 */
export function* collectFiles(
  paths: readonly string[],
  records: readonly CollectRecord[],
  read: ReadCollected,
): Work<Collected> {
  const files = new Map<string, Uint8Array>()
  const uncollected = new Map<string, string>()
  let position = 0
  for (const [index, record] of records.entries()) {
    const path = paths[index] ?? ''
    const refusal = refusalOf(record)
    if (refusal === undefined && record.result >= 0) {
      files.set(path, yield* readAll(record.copiedBytes, position, read))
    } else if (refusal !== undefined) uncollected.set(path, refusal)
    position += Math.max(0, record.copiedBytes)
    yield
  }
  // Object.fromEntries() keeps any name as an own property, also `__proto__`.
  return { files: Object.fromEntries(files), uncollected: Object.fromEntries(uncollected) }
}

function* readAll(length: number, position: number, read: ReadCollected): Work<Buffer> {
  if (length > COLLECT_MAX_BYTES) throw damaged('larger than any can be')
  const contents = Buffer.alloc(length)
  let done = 0
  while (done < length) {
    const count = read(contents.subarray(done, done + READ_BYTES), position + done)
    if (count === 0) throw damaged('shorter than was reported')
    done += count
    yield
  }
  return contents
}

const damaged = (how: string): SandboxError =>
  new SandboxError(`The collected files are ${how}`, { code: 'SETUP_FAILED' })

function refusalOf({ result, mode, sizeBytes, copiedBytes }: CollectRecord): string | undefined {
  if (result < 0) return openRefusal(result)
  const refusal = kindRefusal(mode, sizeBytes)
  if (refusal !== undefined) return refusal
  if (copiedBytes >= 0 && copiedBytes < sizeBytes) {
    return `only ${formatSize(copiedBytes)} of ${formatSize(sizeBytes)} could be read`
  }
  return openRefusal(copiedBytes)
}

/** Why a call could not reach a file, by the call's result; undefined for a missing file, and for success. */
export function openRefusal(result: number): string | undefined {
  if (result >= 0) return undefined
  const errno = errnoName(-result)
  if (errno === 'ENOENT' || errno === 'ENOTDIR') return undefined
  return errno === 'ELOOP' ? 'is or is behind a symbolic link' : `${errno}: ${errnoText(-result)}`
}

/** Why an open file is not collected; undefined for a regular file that is not too large. */
export function kindRefusal(mode: number, sizeBytes: number): string | undefined {
  if ((mode & S_IFMT) !== S_IFREG) return `is ${types[mode & S_IFMT] ?? 'not a regular file'}`
  if (sizeBytes <= COLLECT_MAX_BYTES) return undefined
  return `is larger than ${formatSize(COLLECT_MAX_BYTES)}: ${formatSize(sizeBytes)}`
}

const types: Readonly<Record<number, string>> = {
  [S_IFDIR]: 'a directory',
  [S_IFIFO]: 'a FIFO',
  [S_IFSOCK]: 'a socket',
  [S_IFCHR]: 'a device',
  [S_IFBLK]: 'a device',
}
