// @ts-check
import { writeFileSync } from 'node:fs'
import { test } from 'vitest'
import { version } from 'vitest/node'
import { measure as measureKernel } from '../cases/kernel.mjs'
import { measure } from '../cases/latency.mjs'

const { BENCH_RUNS, BENCH_RESULT = '' } = process.env

test('latency', async () => {
  const options = { runs: Number(BENCH_RUNS) }
  const whole = await measure(options)
  const kernel = await measureKernel(options)
  const rssMiB = Math.round(process.memoryUsage.rss() / 2 ** 20)
  writeFileSync(BENCH_RESULT, JSON.stringify({ rssMiB, version, whole, kernel }))
})
