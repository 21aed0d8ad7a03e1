// @ts-check
import { writeFileSync } from 'node:fs'
import { test } from 'vitest'
import { version } from 'vitest/node'
import { measurePaces, timersOf } from '../cases/latency.mjs'
import { alone, otherSandboxes } from '../lib/contestants.mjs'

const { BENCH_RUNS, BENCH_RESULT = '' } = process.env

test('latency', async () => {
  const runs = Number(BENCH_RUNS)
  const contestants = { ...alone, ...otherSandboxes(['bwrap']) }
  const latencies = await measurePaces(timersOf(contestants), runs)
  const rssMiB = Math.round(process.memoryUsage.rss() / 2 ** 20)
  writeFileSync(BENCH_RESULT, JSON.stringify({ runs, rssMiB, version, ...latencies }))
})
