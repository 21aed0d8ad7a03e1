// @ts-check
import { writeFileSync } from 'node:fs'
import { test } from 'vitest'
import { version } from 'vitest/node'
import { measure } from '../cases/latency.mjs'

const { BENCH_RUNS, BENCH_RESULT = '' } = process.env

test('latency', async () => {
  const latencies = await measure({ runs: Number(BENCH_RUNS) })
  const rssMiB = Math.round(process.memoryUsage.rss() / 2 ** 20)
  writeFileSync(BENCH_RESULT, JSON.stringify({ rssMiB, version, ...latencies }))
})
