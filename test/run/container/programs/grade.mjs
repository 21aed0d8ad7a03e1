// Grades the sample submissions at a level of isolation; prints each one's verdicts.
import { readdirSync } from 'node:fs'
import { createSandbox } from '/gradebox/dist/index.js'

const [isolation] = process.argv.slice(2)
const INPUTS = ['3 1 2\n', '4 1 3 2\n', '']
const folder = '/gradebox/fixtures/submissions'
const limits = { walltime: '3s', memory: '64MiB', processes: 16, output: '64KiB' }
const box = createSandbox({ isolation, limits })
const compile = createSandbox({ isolation, policy: 'c' })

async function commandFor(source, workdir) {
  const compiler = { 'main.c': 'gcc', 'main.cpp': 'g++' }[source]
  if (compiler === undefined) {
    const interpreter = { 'main.py': 'python3', 'main.js': 'node', 'main.sh': 'sh' }[source]
    // Node reserves more than these limits allow.
    const own = source === 'main.js' ? { limits: { memory: '512MiB', processes: 32 } } : {}
    return { command: [interpreter, source], options: { workdir, ...own } }
  }
  const built = await compile(compiler, [source, '-o', 'a.out'], { workdir, collect: ['a.out'] })
  if (!built.ok) return undefined
  return { command: ['./a.out'], options: { files: { '/work/a.out': built.files['a.out'] } } }
}

const verdicts = {}
for (const name of readdirSync(folder).filter((each) => each !== 'README.md')) {
  const workdir = `${folder}/${name}`
  const [source] = readdirSync(workdir)
  const program = await commandFor(source, workdir)
  verdicts[name] = program === undefined ? ['no program'] : []
  for (const stdin of program === undefined ? [] : INPUTS) {
    const [command, ...args] = program.command
    const run = await box(command, args, { ...program.options, stdin })
    const { status, exitCode, signal, syscall } = run
    // A shell that cannot fork may continue or end.
    const code = name === 'wrong-shell-fork-bomb' ? '' : (exitCode ?? signal)
    verdicts[name].push([status, code, syscall?.name, run.ok ? run.stdout : ''].join(' '))
    // Further inputs take as long.
    if (status === 'walltime') break
  }
}
console.log(JSON.stringify(verdicts))
