/** A file that `gradebox init` writes. */
export interface InitFile {
  /** Relative to the assignment's folder. */
  readonly path: string
  readonly contents: string
  readonly executable?: boolean
}

/** The ways to write an assignment: as TOML, or as tests of Vitest or Jest. */
export const assignmentKinds = ['toml', 'vitest', 'jest'] as const
export type AssignmentKind = (typeof assignmentKinds)[number]

/** The platforms whose files `gradebox init` adds to the assignment. */
export interface InitPlatforms {
  readonly gradescope: boolean
  readonly github: boolean
}

/** The files of a new assignment, with two sample submissions to grade. */
export function initFiles(
  kind: AssignmentKind,
  { gradescope, github }: InitPlatforms,
  version: string,
): readonly InitFile[] {
  return [
    ...assignmentFiles[kind],
    ...samples,
    { path: 'package.json', contents: packageJson(kind, version) },
    ...(gradescope ? gradescopeFiles : []),
    ...(github ? githubFiles : []),
  ]
}

const samples: readonly InitFile[] = [
  {
    path: 'submissions/correct/main.py',
    contents: 'numbers = sorted(map(int, input().split()))\nprint(numbers[len(numbers) // 2])\n',
  },
  {
    path: 'submissions/mistaken/main.py',
    contents:
      '# Forgets to sort.\nnumbers = list(map(int, input().split()))\nprint(numbers[len(numbers) // 2])\n',
  },
  { path: 'cases/negative.in', contents: '-5 3 -9\n' },
  { path: 'cases/negative.ans', contents: '-5\n' },
  { path: 'cases/repeated.in', contents: '2 2 1\n' },
  { path: 'cases/repeated.ans', contents: '2\n' },
]

const toml = `#:schema ./node_modules/gradebox/assignment.schema.json
name = "Median"
submissions = "submissions"

# Limits of every run; see docs/limits.md for all of them.
[limits]
cpu = "1s"
memory = "256MiB"

[[tests]]
name = "three numbers"
points = 2
stdin = "3 1 2\\n"
stdout = "2"

# A test for each NAME.in with NAME.ans; students see neither.
[[cases]]
path = "cases"
points = 3
visibility = "hidden"
group = "sum"
`

const tests = (entry: string) => `import { assignment } from '${entry}'

const median = assignment({
  name: 'Median',
  submissions: 'submissions',
  limits: { cpu: '1s', memory: '256MiB' },
})

median.test('three numbers', { points: 2 }, async ({ run, expect }) => {
  expect(await run({ stdin: '3 1 2\\n' })).toHaveStdout({ lines: '2' })
})

// A test for each NAME.in with NAME.ans; students see neither.
median.cases('cases', { points: 3, visibility: 'hidden', group: 'sum' })
`

const assignmentFiles: Readonly<Record<AssignmentKind, readonly InitFile[]>> = {
  toml: [{ path: 'assignment.toml', contents: toml }],
  vitest: [
    { path: 'median.test.ts', contents: tests('gradebox/grading/vitest') },
    {
      path: 'vitest.config.ts',
      contents: `import gradebox from 'gradebox/vitest'
import { defineConfig } from 'vitest/config'

export default defineConfig({ plugins: [gradebox({ reports: { csv: 'grades.csv' } })] })
`,
    },
  ],
  jest: [
    { path: 'median.test.js', contents: tests('gradebox/grading/jest') },
    {
      path: 'jest.config.js',
      contents: `export default {
  testEnvironment: 'gradebox/jest-environment',
  reporters: ['default', ['gradebox/grading/jest-reporter', { reports: { csv: 'grades.csv' } }]],
  // Hides students' files, because their names can look like names of tests.
  modulePathIgnorePatterns: ['<rootDir>/submissions/'],
  transform: {},
}
`,
    },
  ],
}

function packageJson(kind: AssignmentKind, version: string): string {
  const scripts = {
    toml: 'gradebox grade .',
    vitest: 'gradebox grade .',
    jest: 'node --experimental-vm-modules node_modules/jest/bin/jest.js',
  }
  const runner: Readonly<Record<string, string>> =
    kind === 'jest' ? { jest: '^30.0.0', 'jest-environment-node': '^30.0.0' } : { vitest: '^4.1.0' }
  const contents = {
    private: true,
    type: 'module',
    scripts: { grade: scripts[kind] },
    devDependencies: { gradebox: `^${version}`, ...runner },
  }
  return `${JSON.stringify(contents, null, 2)}\n`
}

// Gradescope builds the image with setup.sh once, and calls run_autograder for each submission. Its
// containers allow no namespaces, so run_autograder passes `--isolation confined`.
const gradescopeFiles: readonly InitFile[] = [
  {
    path: 'setup.sh',
    executable: true,
    contents: `#!/usr/bin/env bash
set -euo pipefail
apt-get update
apt-get install -y --no-install-recommends ca-certificates curl gcc g++ python3 libseccomp2
curl -fsSL https://deb.nodesource.com/setup_22.x | bash -
apt-get install -y --no-install-recommends nodejs
cd /autograder/source
npm install
`,
  },
  {
    path: 'run_autograder',
    executable: true,
    contents: `#!/usr/bin/env bash
cd /autograder/source
npx gradebox grade . --isolation confined \\
  --submissions /autograder/submission \\
  --report gradescope=/autograder/results/results.json
`,
  },
]

const githubFiles: readonly InitFile[] = [
  {
    path: '.github/workflows/classroom.yml',
    contents: `name: Autograding
on: [push]
permissions:
  contents: read
  checks: write
  actions: read
jobs:
  grade:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with:
          node-version: 22
      # Ubuntu 24.04 denies user namespaces to programs without an AppArmor profile.
      - run: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0
      - run: npm install
      - run: >
          npx gradebox grade . --submissions submissions
          --report markdown=summary.md --report github-notices=notices.txt
      - if: always()
        run: |
          cat summary.md >> "$GITHUB_STEP_SUMMARY"
          cat notices.txt
`,
  },
]
