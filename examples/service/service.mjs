// @ts-check
// What the worker and the commands share: the queue, and where results are stored.
import { Queue } from 'bullmq'
import { Redis } from 'ioredis'

export const QUEUE = 'submissions'

/** The Redis hash with a report for each job id. */
export const RESULTS = 'gradebox:results'

/**
 * A submission in the queue. The files travel in the job, so a worker on any machine can grade it, and a later change to
 * the student's folder does not change the job.
 *
 * @typedef {object} SubmissionJob
 * @property {string} submission the id that the report shows
 * @property {Record<string, string>} files contents in base64, by path relative to the submission
 */

/** A connection to Redis: `REDIS_URL` is a redis:// address or the path of a socket. */
export const connect = () =>
  // BullMQ waits for Redis to come back instead of failing a job.
  new Redis(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379', { maxRetriesPerRequest: null })

/** @type {(connection: Redis) => Queue<SubmissionJob>} */
export const openQueue = (connection) =>
  new Queue(QUEUE, {
    connection,
    defaultJobOptions: {
      // The machine failed. BullMQ tries the job again, and keeps it among the failed jobs if that does not help.
      attempts: 3,
      backoff: { type: 'exponential', delay: 1000 },
      removeOnFail: false,
      // The hash of results remembers which jobs were graded.
      removeOnComplete: { age: 24 * 3600 },
    },
  })
