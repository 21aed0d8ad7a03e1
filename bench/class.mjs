// @ts-check
// Measures the cost of grading a class, compared with the same programs in a shell loop: npm run bench:class
// [-- --submissions N] [--cases N] [--rounds N] [c] [cpp] [java] [python]. The goal of the project is 300 submissions.
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { JOBS, shellLoops } from './lib/class-loops.mjs'
import { classLanguages, makeClass } from './lib/class-project.mjs'
import { cpuTimeMs, describeMachine } from './lib/machine.mjs'
import { median, shuffled } from './lib/stats.mjs'
import { fixed, table } from './lib/table.mjs'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    submissions: { type: 'string', default: '20' },
    cases: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '3' },
  },
})
const size = { submissions: count('submissions'), cases: count('cases') }
const rounds = count('rounds')
const cli = resolve(import.meta.dirname, '../dist/cli/main.js')
const GRADE = 'gradebox grade'
// The PATH of a sandbox, also for the loops, because a version manager's shim would slow them down.
const env = { PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin', HOME: '/tmp' }

/** @param {keyof typeof values} name */
function count(name) {
  const number = Number(values[name])
  if (Number.isInteger(number) && number > 0) return number
  throw new Error(`Expected \`--${name}\` to be a whole number from 1, got ${values[name]}`)
}

/**
 * Runs a command to its end, and samples the memory of the process and its children.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {string} cwd
 */
async function timed(command, args, cwd) {
  /** @type {number[]} */
  const rssMiB = []
  const started = performance.now()
  const cpu = cpuTimeMs()
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'ignore', 'pipe'] })
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text) => {
    errors = `${errors}${text}`.slice(-4096)
  })
  const sampler = setInterval(() => rssMiB.push(runnerMiB(child.pid ?? 0)), 250)
  const code = await new Promise((settle, fail) => child.on('error', fail).on('close', settle))
  clearInterval(sampler)
  if (code !== 0) throw new Error(`${command} ended with ${code}:\n${errors}`)
  return { ms: performance.now() - started, cpuMs: cpuTimeMs() - cpu, rssMiB }
}

/**
 * Resident memory of the process of Vitest and its test workers. The sandboxes are the workers' children.
 *
 * @param {number} pid
 */
function runnerMiB(pid) {
  try {
    const workers = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean),
    )
    return [String(pid), ...workers].reduce((sum, each) => {
      const resident = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${each}/status`, 'utf8'))
      return sum + Number(resident?.[1] ?? 0) / 1024
    }, 0)
  } catch {
    // A process has ended meanwhile.
    return Number.NaN
  }
}

/** @param {string} name */
async function measure(name) {
  const language = classLanguages[name]
  if (language === undefined) throw new Error(`There is no language ${name} in this bench`)
  const folder = makeClass(language, size)
  // The loops leave programs and outputs next to the sources.
  const loopFolder = makeClass(language, size)
  const loops = shellLoops(language, loopFolder)
  /** @type {Record<string, () => ReturnType<typeof timed>>} */
  const contestants = {
    [GRADE]: () =>
      timed(process.execPath, [cli, 'grade', '.', '--no-cache', '--jobs', String(JOBS)], folder),
  }
  for (const [each, script] of Object.entries(loops)) {
    contestants[each] = () => timed('sh', ['-c', script], loopFolder)
  }
  /** @type {Record<string, { ms: number, cpuMs: number }[]>} */
  const times = Object.fromEntries(Object.keys(contestants).map((each) => [each, []]))
  /** @type {number[]} */
  let rssMiB = []
  for (let round = 0; round < rounds; round++) {
    for (const each of shuffled(Object.keys(contestants))) {
      const result = await contestants[each]?.()
      if (result === undefined) continue
      times[each]?.push(result)
      if (each === GRADE) rssMiB = result.rssMiB
    }
  }
  // The part that does not grow with the class: one submission.
  const alone = [cli, 'grade', '.', '--no-cache', '--jobs', '1', '--only', 's0']
  const report = JSON.parse(readFileSync(join(folder, 'gradebox-report.json'), 'utf8'))
  const start = await timed(process.execPath, alone, folder)
  for (const each of [folder, loopFolder]) rmSync(each, { recursive: true, force: true })
  return { name, times, rssMiB, start, report }
}

/** @param {Awaited<ReturnType<typeof measure>>} result */
function print({ name, times, rssMiB, start, report }) {
  const bare = times['bare programs'] ?? []
  const rows = Object.entries(times).map(([each, results]) => {
    // Contestants of one round run on the same machine in the same state, so a ratio compares times of one
    // round.
    const ratios = results.map(({ ms }, round) => ms / (bare[round]?.ms ?? Number.NaN))
    const cpuRatios = results.map(({ cpuMs }, round) => cpuMs / (bare[round]?.cpuMs ?? Number.NaN))
    return [
      each,
      fixed(median(results.map(({ ms }) => ms)) / 1000, 1),
      `${fixed(median(ratios))} (${fixed(Math.min(...ratios))} to ${fixed(Math.max(...ratios))})`,
      fixed(median(results.map(({ cpuMs }) => cpuMs)) / 1000, 1),
      `${fixed(median(cpuRatios))} (${fixed(Math.min(...cpuRatios))} to ${fixed(Math.max(...cpuRatios))})`,
    ]
  })
  const { submissions, cases } = size
  const title = `${name}: ${submissions} submissions, ${cases} cases, ${JOBS} at once, rounds: ${rounds}`
  console.log(`### ${title}\n\n${table(['', 's', 'x bare', 'CPU s', 'x bare'], rows)}\n`)
  const programsMs = report.submissions
    .flatMap((/** @type {any} */ each) => each.tests)
    .flatMap((/** @type {any} */ each) => each.runs)
    .reduce((/** @type {number} */ sum, /** @type {any} */ run) => sum + run.usage.cpuTimeMs, 0)
  const graded = median((times[GRADE] ?? []).map(({ cpuMs }) => cpuMs))
  const share = (/** @type {number} */ ms) => `${Math.round((ms / graded) * 100)} %`
  console.log(
    `CPU time of ${GRADE}: programs ${share(programsMs)}; a grading of one submission alone ${share(start.cpuMs)}.`,
  )
  console.log(
    `Memory of the runner in each quarter of the time, MiB: ${quarters(rssMiB).join(', ')}.\n`,
  )
}

/** @param {readonly number[]} samples */
function quarters(samples) {
  const known = samples.filter((each) => !Number.isNaN(each))
  const quarter = Math.ceil(known.length / 4)
  return [0, 1, 2, 3].map((each) => {
    const part = known.slice(each * quarter, (each + 1) * quarter)
    return part.length === 0 ? '-' : fixed(median(part), 0)
  })
}

const machine = describeMachine()
console.log(
  `${machine.date}, Linux ${machine.kernel}, ${machine.processors} processors, Node ${machine.node}; load before: ${machine.loadBefore.toFixed(2)}\n`,
)
const names = positionals.length > 0 ? positionals : Object.keys(classLanguages)
for (const name of names) print(await measure(name))
