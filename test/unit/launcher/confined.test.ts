import { describe, expect, test } from 'vitest'
import { describeStep } from '../../../src/launcher/describe/describe-step.ts'
import { planConfinedImage } from '../../../src/launcher/plan/confined/confined-plan.ts'
import { endUserSteps } from '../../../src/runner/confined/left-user.ts'
import { makeImage } from '../../../src/runner/launch/launch.ts'

const image = (as: 'root' | 'user') =>
  planConfinedImage({
    arch: 'x64',
    as,
    parentPid: 4321,
    oomScore: 500,
    landlockAbi: 4,
    rules: [{ path: '/usr', access: 'read' }],
    filter: new Uint8Array(24),
    listener: true,
    log: [
      { from: 0, action: 'kill' },
      { from: 56, action: 'continue' },
      { from: 62, action: 'signal' },
    ],
    discard: [],
  })

const killsAll = ({ syscall, args }: { syscall: string; args: readonly unknown[] }) =>
  syscall === 'kill' && args[0] === -1

describe('a plan without namespaces', () => {
  test.each(['root', 'user'] as const)('can be assembled: as %s', (as) => {
    expect(makeImage(image(as), 'x64').elf.length).toBeGreaterThan(0)
    expect(makeImage(image(as), 'arm64').elf.length).toBeGreaterThan(0)
  })

  test('never signals every process as the user who runs the tests', () => {
    expect(image('user').steps.filter(killsAll)).toEqual([])
  })

  test('signals every process only as a user that may signal the run alone', () => {
    const { steps } = image('root')
    const at = steps.flatMap((step, index) => (killsAll(step) ? [index] : []))
    expect(at.length).toBe(2)
    for (const index of at) {
      const before = steps.slice(index - 4, index)
      expect(before.map(({ syscall }) => syscall)).toEqual([
        'setresuid',
        'geteuid',
        'getuid',
        'kill',
      ])
      const [become, effective, real, alone] = before
      // Any deviation leads to the step that kills the target alone.
      for (const step of [become, effective, real])
        expect(step?.onError).toEqual({ goto: alone?.label })
      expect([effective?.whenDifferent?.goto, real?.whenDifferent?.goto]).toEqual([
        alone?.label,
        alone?.label,
      ])
      expect(real?.next).toEqual({ goto: steps[index]?.label })
      expect(alone?.next).toEqual({ goto: 'fail' })
    }
  })

  // No namespace ends with this init, so an init that gives up would leave the run's processes behind.
  test.each(['root', 'user'] as const)(
    'ends the run whatever fails while it watches: as %s',
    (as) => {
      const { steps } = image(as)
      const [from, to] = ['watch', 'watch.walltime'].map((label) =>
        steps.findIndex((step) => step.label === label),
      )
      const watching = steps.slice(from, to)
      expect(watching.length).toBeGreaterThan(20)
      expect(watching.filter(({ onError }) => onError === undefined)).toEqual([])
      const reports = steps
        .slice(to)
        .filter(({ label }) => /^watch\.(walltime|tampered|stopped)$/.test(label ?? ''))
      expect(reports.map(({ onError }) => onError)).toEqual(['continue', 'continue', 'continue'])
    },
  )

  test('does not tie the init to the test runner, whose end closes the control pipe', () => {
    const ties = image('user').steps.filter((step) => describeStep(step).includes('PDEATHSIG'))
    expect(ties.map(({ process }) => process)).toEqual(['starter'])
  })
})

test('ends the leftovers of a killed init as a user that may signal the run alone', () => {
  const calls = endUserSteps({ uid: 70000, neighbour: 70001 }).map(describeStep)
  expect(calls.slice(0, 6)).toEqual([
    'setgroups(0, NULL)',
    'setresgid(70001, 70001, 70001)',
    'setresuid(70001, 70000, 70001)',
    'geteuid()',
    'getuid()',
    'kill(-1, SIGKILL)',
  ])
})
