// @ts-check
// Puts submissions into the queue: node submit.mjs FOLDER…
// The name of each folder is the id of its submission.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join, relative, resolve } from 'node:path'
import { connect, openQueue, RESULTS } from './service.mjs'

const MAX_BYTES = 1024 * 1024

/** @type {(folder: string) => Record<string, string>} */
function readFiles(folder) {
  /** @type {Record<string, string>} */
  const files = {}
  let bytes = 0
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isDirectory()) continue
    // A link could name any file of this machine.
    if (!entry.isFile()) throw new Error(`${path} is neither a file nor a folder; remove it`)
    const contents = readFileSync(path)
    bytes += contents.length
    if (bytes > MAX_BYTES) throw new Error(`${folder} has more than ${MAX_BYTES} bytes`)
    files[relative(folder, path)] = contents.toString('base64')
  }
  if (bytes === 0) throw new Error(`${folder} has no file with contents`)
  return files
}

/**
 * The same files of the same student are the same job.
 *
 * @type {(submission: string, files: Record<string, string>) => string}
 */
function jobIdOf(submission, files) {
  const sorted = Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1))
  const hash = createHash('sha256')
    .update(JSON.stringify([submission, sorted]))
    .digest('hex')
  return `submission-${hash}`
}

const folders = process.argv.slice(2)
if (folders.length === 0) throw new Error('Name at least one folder: node submit.mjs FOLDER…')
const connection = connect()
const queue = openQueue(connection)
try {
  for (const folder of folders) {
    const submission = basename(resolve(folder))
    const files = readFiles(folder)
    const jobId = jobIdOf(submission, files)
    const isGraded = (await connection.hexists(RESULTS, jobId)) === 1
    // BullMQ ignores a job whose id it knows.
    if (!isGraded) await queue.add('grade', { submission, files }, { jobId })
    console.log(`${submission} ${jobId} ${isGraded ? 'is graded already' : 'is in the queue'}`)
  }
} finally {
  await queue.close()
  connection.disconnect()
}
