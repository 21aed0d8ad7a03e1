// @ts-check
// Prints how many points each graded submission has, and which jobs failed: node results.mjs [--retry]
// With --retry the failed jobs go back into the queue.
import { parseArgs } from 'node:util'
import { connect, openQueue, RESULTS } from './service.mjs'

const { values } = parseArgs({ options: { retry: { type: 'boolean', default: false } } })
const connection = connect()
const queue = openQueue(connection)
try {
  const stored = await connection.hgetall(RESULTS)
  for (const [jobId, text] of Object.entries(stored)) {
    for (const { id, points, maxPoints } of JSON.parse(text).submissions) {
      console.log(`${id} ${jobId} ${points} of ${maxPoints}`)
    }
  }
  const { wait, active, failed } = await queue.getJobCounts('wait', 'active', 'failed')
  console.log(`${wait} waiting, ${active} being graded, ${failed} failed`)
  for (const job of await queue.getFailed()) {
    console.log(`failed: ${job.data.submission} ${job.id} ${job.failedReason?.split('\n')[0]}`)
    if (values.retry) await job.retry()
  }
} finally {
  await queue.close()
  connection.disconnect()
}
