import { spawnSync } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dirSync } from 'tmp-promise'
import { describe, expect, onTestFinished, type TestContext, test } from 'vitest'
import { type Assembled, assemble } from '../../../src/launcher/image/assemble.ts'
import { elfImage } from '../../../src/launcher/image/elf.ts'
import type { Arch } from '../../../src/launcher/machine/machine.ts'
import { STEPS_ADDRESS } from '../../../src/launcher/machine/memory-layout.ts'
import { FD } from '../../../src/launcher/plan/fd-numbers.ts'
import { failSteps } from '../../../src/launcher/plan/starter.ts'
import { parseReport } from '../../../src/launcher/report/parse-report.ts'
import { RECORD } from '../../../src/launcher/report/records.ts'
import {
  at,
  DIE,
  load,
  type Segment,
  type Step,
  stepsOf,
  text,
  words,
} from '../../../src/launcher/step.ts'
import { AT_FDCWD, EEXIST, SIGCHLD } from '../../../src/linux/constants.ts'
import { stepAt } from '../../../src/runner/launch/launch.ts'
import { requireTool } from './tools.ts'

const step = stepsOf('starter')
const EBADF = 9
const RLIMIT_CORE = 4

const print = (line: string, options: Parameters<typeof step>[2] = {}): Step =>
  step('write', [1, text(`${line}\n`), line.length + 1], options)

/** Every way to go from one step to another; each prints a line. */
const plan: Segment = {
  areas: [
    {
      name: 'main',
      fields: [
        { name: 'child', size: 8 },
        { name: 'status', size: 8 },
        { name: 'copy', size: 8 },
        { name: 'text', size: 8, init: Buffer.from('kept\n') },
      ],
    },
  ],
  steps: [
    // A child that dies without a step must leave no core file.
    step('prlimit64', [0, RLIMIT_CORE, words(0, 0), 0]),
    step('clone', [SIGCHLD, 0, 0, 0, 0], {
      store: 'main.child',
      whenEqual: { value: 0, goto: 'child' },
    }),
    step('wait4', [load('main.child'), at('main.status'), 0, 0], {
      whenDifferent: { value: load('main.child'), goto: 'wrong' },
    }),
    step('write', [1, at('main.status'), 8]),
    print('the child is gone'),
    step('clone', [SIGCHLD, 0, 0, 0, 0], {
      store: 'main.child',
      whenEqual: { value: 0, goto: 'dying child' },
    }),
    step('wait4', [load('main.child'), at('main.status'), 0, 0], {
      whenEqual: { value: load('main.child'), goto: 'reaped' },
      next: { goto: 'wrong' },
    }),
    step('write', [1, at('main.status'), 1], { label: 'reaped' }),
    print('the second child is gone'),
    step('mkdirat', [AT_FDCWD, text('/'), 0], { tolerate: EEXIST }),
    print('an error was tolerated'),
    step('close', [99], { onError: 'continue' }),
    print('an error was passed over'),
    step('close', [99], { onError: { goto: 'elsewhere' }, next: { goto: 'wrong' } }),
    print('wrong', { label: 'wrong' }),
    step('exit_group', [99]),
    print('an error led elsewhere', { label: 'elsewhere' }),
    step('close', [99], { whenEqual: { value: -EBADF, goto: 'named' }, next: { goto: 'wrong' } }),
    print('an error was named', { label: 'named' }),
    step('close', [99], {
      whenDifferent: { value: 0, goto: 'wrong' },
      onError: { goto: 'not different' },
    }),
    print('an error is not a different result', { label: 'not different' }),
    step('dup', [1], { label: 'again', whenDifferent: { value: 9, goto: 'again' } }),
    step('write', [9, text('a loop ended\n'), 13], { whenDifferent: { value: 13, goto: 'wrong' } }),
    step('dup', [1], { store: 'main.copy' }),
    step('write', [load('main.copy'), at('main.text'), 5], { next: { goto: 'last' } }),
    print('wrong'),
    step('mkdirat', [AT_FDCWD, text('/'), 0o755], { label: 'last' }),
    print('wrong'),
    ...failSteps,
    print('the child speaks', { label: 'child' }),
    step('exit_group', [7]),
    step('close', [99], { label: 'dying child', onError: { goto: DIE } }),
  ],
}

const TEXT = `the child speaks
\x00\x07\0\0\0\0\0\0the child is gone
\x0bthe second child is gone
an error was tolerated
an error was passed over
an error led elsewhere
an error was named
an error is not a different result
a loop ended
kept
`

/** The command that runs a program of that architecture here: none, or an emulator. */
function commandFor(ctx: TestContext, arch: Arch, program: string): [string, string[]] {
  if (process.arch === arch) return [program, []]
  const emulator = arch === 'arm64' ? 'qemu-aarch64' : 'qemu-x86_64'
  requireTool(ctx, emulator, 'qemu-user')
  return [emulator, [program]]
}

function runPlan(ctx: TestContext, segment: Segment, arch: Arch) {
  const assembled = assemble(segment, { arch, address: STEPS_ADDRESS })
  const directory = dirSync({ unsafeCleanup: true })
  onTestFinished(() => directory.removeCallback())
  const program = join(directory.name, 'program')
  writeFileSync(program, elfImage(assembled, arch, RECORD.failure.tag))
  chmodSync(program, 0o755)
  const [command, args] = commandFor(ctx, arch, program)
  const ended = spawnSync(command, args, {
    cwd: directory.name,
    stdio: ['ignore', 'pipe', 'ignore', 'pipe'],
    timeout: 20_000,
  })
  const report = ended.output[FD.report] as Buffer | null
  return { assembled, ended, report: parseReport(report ?? Buffer.alloc(0)) }
}

const failedStep = (assembled: Assembled, report: ReturnType<typeof parseReport>) =>
  report.map((record) =>
    record.kind === 'failure'
      ? { step: stepAt(record.stepAddress, [assembled]), result: record.result }
      : record.kind,
  )

describe.each(['x64', 'arm64'] as const)('on %s', (arch) => {
  test('the machine executes the steps of a plan', (ctx) => {
    const { assembled, ended, report } = runPlan(ctx, plan, arch)
    expect(ended.stdout.toString('latin1')).toBe(TEXT)
    expect({ status: ended.status, signal: ended.signal }).toEqual({ status: 1, signal: null })
    const failed = plan.steps.find(({ label }) => label === 'last')
    expect(failedStep(assembled, report)).toEqual([{ step: failed, result: -EEXIST }])
  })

  test('each of the six arguments is a literal or loaded', (ctx) => {
    // mmap(address, length, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, offset) of a memfd.
    const values = [0x5000_0000, 0x1_0000, 1, 0x12, 9, 0x1_0000]
    const place = (index: number) => load(`six.argument${index}`)
    const maps = [...values.keys()].flatMap((loaded) => [
      step('mmap', [...values.map((value, index) => (index === loaded ? place(index) : value))], {
        whenDifferent: { value: 0x5000_0000, goto: 'fail' },
      }),
      step('write', [1, loaded === 1 ? place(0) : 0x5000_0000, 4]),
      step('munmap', [0x5000_0000, 0x1_0000]),
    ])
    const fields = values.map((value, index) => {
      const init = Buffer.alloc(8)
      init.writeUInt32LE(value)
      return { name: `argument${index}`, size: 8, init }
    })
    const { ended, report } = runPlan(
      ctx,
      {
        areas: [
          { name: 'six', fields },
          { name: 'memory', fields: [{ name: 'fd', size: 8 }] },
        ],
        steps: [
          step('memfd_create', [text(''), 0], { store: 'memory.fd' }),
          step('dup3', [load('memory.fd'), 9, 0]),
          step('ftruncate', [9, 0x2_0000]),
          step('pwrite64', [9, text('here'), 4, 0x1_0000]),
          ...maps,
          step('exit_group', [5]),
          ...failSteps,
        ],
      },
      arch,
    )
    expect(report).toEqual([])
    expect(ended.stdout.toString()).toBe('here'.repeat(6))
    expect(ended.status).toBe(5)
  })

  test('a result that the plan does not expect is reported unchanged', (ctx) => {
    const steps = [
      step('write', [1, text('12345'), 5], { whenDifferent: { value: 4, goto: 'fail' } }),
      step('exit_group', [0]),
      ...failSteps,
    ]
    const { assembled, ended, report } = runPlan(ctx, { areas: [], steps }, arch)
    expect(failedStep(assembled, report)).toEqual([{ step: steps[0], result: 5 }])
    expect(ended.status).toBe(1)
  })

  test('only results from -4095 to -1 are errors', (ctx) => {
    const positions = [2 ** 31, 2 ** 32, 2 ** 52]
    const steps = [
      step('memfd_create', [text(''), 0], { store: 'memory.fd' }),
      ...positions.map((position) =>
        step('lseek', [load('memory.fd'), position, 0], {
          whenDifferent: { value: position, goto: 'fail' },
        }),
      ),
      step('exit_group', [6]),
      ...failSteps,
    ]
    const areas = [{ name: 'memory', fields: [{ name: 'fd', size: 8 }] }]
    const { ended, report } = runPlan(ctx, { areas, steps }, arch)
    expect(report).toEqual([])
    expect(ended.status).toBe(6)
  })
})
