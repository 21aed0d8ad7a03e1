import { describe, expect, test } from 'vitest'
import { describeStep } from '../../../src/launcher/describe/describe-step.ts'
import type { Flow } from '../../../src/launcher/plan/flow.ts'
import { type PlanChanges, root, samplePlan, user, workdirs } from './sample-plans.ts'

/** The lines of a plan: the process that executes a step, and the step. */
const lines = (flow: Flow, changes?: PlanChanges): string[] =>
  samplePlan(flow, changes).steps.map((step) => `${step.process.padEnd(7)} ${describeStep(step)}`)

describe('the launch program, step by step', () => {
  test('for an ordinary user', async () => {
    const text = `${lines(user).join('\n')}\n`
    await expect(text).toMatchFileSnapshot('snapshots/plan-user.txt')
  })

  test('for root', async () => {
    const text = `${lines(root).join('\n')}\n`
    await expect(text).toMatchFileSnapshot('snapshots/plan-root.txt')
  })

  test.each(Object.entries(workdirs).slice(1))(
    'for root, with a workdir: %s',
    async (name, workdir) => {
      const others = new Set(lines(root, { workdir: workdirs.empty }))
      const own = lines(root, { workdir }).filter((line) => !others.has(line))
      const file = `snapshots/workdir-${name.replace(' ', '-')}.txt`
      await expect(`${own.join('\n')}\n`).toMatchFileSnapshot(file)
    },
  )

  test('shows no content of the environment and the files', () => {
    const secret = 'hunter2'
    const all = lines(user, {
      env: { TOKEN: secret },
      files: [{ target: '/work/secret', contents: secret }],
    })
    expect(all.filter((line) => line.includes(secret))).toEqual([])
  })
})
