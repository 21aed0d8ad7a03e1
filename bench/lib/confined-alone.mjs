// @ts-check
// Times runs without namespaces beside spawns, where no namespaces can be made; prints the times as JSON.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSandbox } from 'gradebox'
import { PROGRAM, plain, SPAWN } from './contestants.mjs'

const [runs = '100'] = process.argv.slice(2)
const FILES = 10
const workdir = mkdtempSync(join(tmpdir(), 'gradebox-bench-'))
mkdirSync(join(workdir, 'src'))
for (let file = 0; file < FILES; file++) {
  writeFileSync(join(workdir, file % 2 ? 'src' : '.', `file-${file}.py`), 'print(1)\n'.repeat(100))
}
const box = createSandbox({ isolation: 'confined' })
const contestants = {
  [SPAWN]: () => plain(PROGRAM),
  'confined, no workdir': () => box(PROGRAM),
  [`confined, ${FILES} files`]: () => box(PROGRAM, [], { workdir }),
}
/** @type {Record<string, number[]>} */
const times = Object.fromEntries(Object.keys(contestants).map((name) => [name, []]))
const { isolation } = await box(PROGRAM)
if (isolation.level !== 'confined') throw new Error(`The level is ${isolation.level}`)
for (let run = 0; run < Number(runs) + 10; run++) {
  const turn = Object.entries(contestants)
  if (run % 2) turn.reverse()
  for (const [name, contestant] of turn) {
    const started = performance.now()
    await contestant()
    // The first rounds warm up.
    if (run >= 10) times[name]?.push(performance.now() - started)
  }
}
rmSync(workdir, { recursive: true })
console.log(JSON.stringify(times))
