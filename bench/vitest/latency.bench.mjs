// @ts-check
import { writeFileSync } from 'node:fs'
import { test } from 'vitest'
import { version } from 'vitest/node'
import { measurePaces } from '../cases/latency.mjs'
import { alone, otherSandboxes, SPAWN } from '../lib/contestants.mjs'

const { BENCH_RUNS, BENCH_RESULT = '' } = process.env
const compared = [SPAWN, 'sandboxed, warm', 'sandboxed, cold', 'bwrap']

test('latency', async () => {
  const runs = Number(BENCH_RUNS)
  const contestants = Object.fromEntries(
    Object.entries({ ...alone, ...otherSandboxes(['bwrap']) }).filter(([name]) =>
      compared.includes(name),
    ),
  )
  const latencies = await measurePaces(contestants, runs)
  const rssMiB = Math.round(process.memoryUsage.rss() / 2 ** 20)
  writeFileSync(BENCH_RESULT, JSON.stringify({ runs, rssMiB, version, ...latencies }))
})
