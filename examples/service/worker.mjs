// @ts-check
// Takes submissions from the queue, grades them, and stores their reports: node worker.mjs
// Start as many as you like, on as many machines as you like.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'bullmq'
import { gradeFiles } from './grade.mjs'
import { connect, QUEUE, RESULTS } from './service.mjs'

const PREFIX = 'gradebox-service-'
removeAbandoned()

const connection = connect()
// BullMQ needs a connection of its own to wait for jobs.
const waiting = connect()

/** @type {Worker<import('./service.mjs').SubmissionJob>} */
const worker = new Worker(QUEUE, grade, {
  connection: waiting,
  concurrency: Number(process.env.CONCURRENCY ?? 1),
  // A worker renews its lock while it lives. When the lock has expired, another worker gets the job.
  lockDuration: Number(process.env.LOCK_MS ?? 30_000),
  stalledInterval: Number(process.env.LOCK_MS ?? 30_000),
  // After this many killed workers the job moves to the failed jobs, because it may be the cause of their deaths.
  maxStalledCount: 25,
})

/** @param {import('bullmq').Job<import('./service.mjs').SubmissionJob>} job */
async function grade({ id = '', data }) {
  // A killed worker has stored the report, and had no time to tell the queue.
  if ((await connection.hexists(RESULTS, id)) === 1)
    return say(data.submission, 'is stored already')
  say(data.submission, 'is being graded')
  const folder = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`))
  try {
    await gradeFiles(data, folder)
    const report = readFileSync(join(folder, 'report.json'), 'utf8')
    // A worker that was paused for longer than its lock shares its job with another: the first report counts.
    const isFirst = (await connection.hsetnx(RESULTS, id, report)) === 1
    say(data.submission, isFirst ? 'is stored' : 'was stored by another worker')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** @type {(submission: string, what: string) => void} */
const say = (submission, what) => console.log(`${JSON.stringify(submission)} ${what}`)

worker.on('failed', (job, { message }) => {
  console.error(`${JSON.stringify(job?.data.submission)} could not be graded: ${message}`)
})
worker.on('error', ({ message }) => console.error(message))
for (const signal of /** @type {const} */ (['SIGTERM', 'SIGINT'])) {
  // The worker finishes its current job first.
  process.once(signal, async () => {
    await worker.close()
    connection.disconnect()
    waiting.disconnect()
  })
}

/** Removes the folders of workers that were killed. */
function removeAbandoned() {
  for (const name of readdirSync(tmpdir()).filter((each) => each.startsWith(PREFIX))) {
    const pid = Number.parseInt(name.slice(PREFIX.length), 10)
    if (!isAlive(pid)) rmSync(join(tmpdir(), name), { recursive: true, force: true })
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    // EPERM: the process belongs to another user.
    return /** @type {NodeJS.ErrnoException} */ (error).code !== 'ESRCH'
  }
}
