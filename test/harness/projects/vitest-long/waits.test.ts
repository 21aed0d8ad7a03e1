import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sandboxed } from 'gradebox'
import { gradeboxFixtures } from 'gradebox/vitest'
import { test as base, expect } from 'vitest'

const test = base.extend(gradeboxFixtures)

test('waits', async ({ scratch }) => {
  writeFileSync(join(scratch, 'in.txt'), scratch)
  writeFileSync('worker.pid', String(process.pid))
  expect(await sandboxed('sleep', [process.env.MARKER ?? ''], { workdir: scratch })).toSucceed()
})
