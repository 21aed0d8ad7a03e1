import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { asPattern, examplesOf, filesOf, readPage, runShell, writePages } from './pages.ts'

const esm = '{ "type": "module" }'

/** Runs the commands of a page in a folder, and compares their output with the page. */
function runExamples(page: string, directory: string): void {
  for (const { command, output } of examplesOf(page)) {
    expect(runShell(directory, command), command).toMatch(asPattern(output))
  }
}

test('every recipe works as it is shown', () => {
  const directory = writePages(['docs/recipes.md'], { 'recipes/package.json': esm })
  const output = runShell(join(directory, 'recipes'), 'npx vitest run --testTimeout=100000')
  expect(output).toMatch(/Test Files {2}9 passed \(9\)/)
  expect(output).toMatch(/Tests {2}15 passed \(15\)/)
})

test('the tutorial works as it is shown', () => {
  const directory = writePages(['docs/tutorial.md'], { 'tutorial/package.json': esm })
  expect(examplesOf('docs/tutorial.md').length).toBeGreaterThan(6)
  runExamples('docs/tutorial.md', join(directory, 'tutorial'))
})

test('every block of code of these pages is a file, a tested command, or output', () => {
  const pages = ['docs/recipes.md', 'docs/tutorial.md', 'docs/class.md', 'docs/machines.md']
  for (const page of pages) {
    const blocks = readPage(page).match(/^```(?!text|console|sh)\w+\n/gm)
    const shown = filesOf(page).filter(([path]) => !/\.(?:in|ans|sbatch)$/.test(path))
    expect(blocks, page).toHaveLength(shown.length)
  }
})

test('the page on grading a class shows the output of its commands', () => {
  const directory = writePages(['docs/class.md'], { 'class/package.json': esm })
  expect(examplesOf('docs/class.md').length).toBeGreaterThan(6)
  runExamples('docs/class.md', join(directory, 'class'))
})

describe('the page on several machines', () => {
  // The page uses the assignment of the page on grading a class.
  const pages = ['docs/class.md', 'docs/machines.md']
  const folderOf = () => join(writePages(pages, { 'class/package.json': esm }), 'class')

  test('shows the output of its commands', () => {
    expect(examplesOf('docs/machines.md').length).toBeGreaterThan(2)
    runExamples('docs/machines.md', folderOf())
  })

  test('shows a workflow, an array and a job that grade the whole class', () => {
    const folder = folderOf()
    const workflow = parse(readFileSync(join(folder, '.github/workflows/grade.yml'), 'utf8'))
    const job = parse(readFileSync(join(folder, 'job.yaml'), 'utf8'))
    const steps = (name: string): string[] =>
      workflow.jobs[name].steps
        .map(({ run = '' }) => run)
        .filter((run: string) => run.includes('gradebox'))
    const [ofMatrix = ''] = steps('grade')
    const [merge = ''] = steps('merge')
    const [ofPod] = job.spec.template.spec.containers[0].args
    const shards: number[] = workflow.jobs.grade.strategy.matrix.shard
    const byMatrix = (shard: number) =>
      ofMatrix
        .replaceAll(`\${{ matrix.shard }}`, `${shard}`)
        .replaceAll(`\${{ strategy.job-total }}`, `${shards.length}`)
    const byArray = (shard: number) =>
      `SLURM_ARRAY_TASK_ID=${shard} SLURM_ARRAY_TASK_COUNT=2 sh grade.sbatch`
    const byJob = (shard: number) =>
      `JOB_COMPLETION_INDEX=${shard - 1}; ${ofPod.replaceAll('/reports', folder)}`
    expect(shards).toEqual([1, 2])
    expect(job.spec.completions).toBe(2)
    // The shards of all three fit together.
    for (const [first, second] of [
      [byMatrix, byArray],
      [byJob, byMatrix],
    ] as const) {
      runShell(folder, first(1))
      runShell(folder, second(2))
      expect(runShell(folder, merge)).toContain(
        'Median: 2 submissions\n  ada  5 of 5 points  Python\n  bob  0 of 5 points  Python\n',
      )
      runShell(folder, 'rm shard-*.json grades.csv summary.md gradebox-report.json')
    }
  })
})
