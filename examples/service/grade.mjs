// @ts-check
import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const gradeboxPackage = fileURLToPath(import.meta.resolve('gradebox/package.json'))
const { bin } = JSON.parse(readFileSync(gradeboxPackage, 'utf8'))
const gradebox = join(dirname(gradeboxPackage), bin.gradebox)

const assignment = resolve(process.env.ASSIGNMENT ?? join(import.meta.dirname, 'assignment'))

/**
 * Grades one submission into `report.json` of the folder.
 *
 * @param {import('./service.mjs').SubmissionJob} job
 * @param {string} folder an empty folder
 * @throws if `gradebox grade` could not grade the submission, because such an end is no score
 */
export async function gradeFiles({ submission, files }, folder) {
  const root = join(folder, 'submissions')
  writeFiles(inside(root, submission), files)
  const flags = ['--submissions', root, '--report', `json=${join(folder, 'report.json')}`]
  const grade = [gradebox, 'grade', assignment, ...flags, '--no-cache', '--jobs', '1']
  const { code, output } = await run(process.execPath, grade, folder)
  if (code !== 0) throw new Error(`gradebox grade ended with ${code}:\n${output}`)
}

/** @type {(folder: string, files: Record<string, string>) => void} */
function writeFiles(folder, files) {
  for (const [path, contents] of Object.entries(files)) {
    const target = inside(folder, path)
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, Buffer.from(contents, 'base64'), { flag: 'wx' })
  }
}

/** @type {(folder: string, path: string) => string} */
function inside(folder, path) {
  const target = resolve(folder, path)
  if (target.startsWith(`${folder}${sep}`)) return target
  throw new Error(`${JSON.stringify(path)} is outside the submission`)
}

const MAX_OUTPUT = 64 * 1024

/** @type {(command: string, args: readonly string[], cwd: string) => Promise<{ code: number | string, output: string }>} */
function run(command, args, cwd) {
  // The kernel kills the grading when the worker dies.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', command, ...args], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output = `${output}${text}`.slice(-MAX_OUTPUT)
    })
  }
  return new Promise((settle, fail) => {
    child.on('error', fail)
    child.on('close', (code, signal) => settle({ code: code ?? signal ?? 'no code', output }))
  })
}
