import { expect, test } from 'vitest'
import { makeDirectory } from '../support/directory.ts'
import { gradebox } from './cli.ts'

const TOML = `name = "Median"

[[tests]]
name = "three numbers"
stdin = "3 1 2\\n"
stdout = "2"

[[tests]]
name = "two numbers"
stdin = "5 4 9\\n"
stdout = "5"

[[tests]]
name = "large numbers"
stdin = "70 90 80\\n"
stdout = "80"
`

const folderWith = (solution: string): string =>
  makeDirectory({
    'package.json': '{}',
    'assignment.toml': TOML,
    'submissions/ada/main.py': '',
    'solutions/reference/main.py': solution,
  })

test('calibrate proposes limits from the reference solutions', () => {
  const cwd = folderWith('print(sorted(map(int, input().split()))[1])\n')
  const { code, stdout, stderr } = gradebox(['calibrate', '--runs', '2'], { cwd })
  expect(code).toBe(0)
  expect(stderr).toBe(
    'Run 1 of 2\n gradebox  reference is done (3 of 3 tests)\nRun 2 of 2\n gradebox  reference is done (3 of 3 tests)\n',
  )
  expect(stdout).toMatch(
    /^# 6 runs in python: wall time [\d.]+ s to [\d.]+ s, CPU time .*\n\[languages\.python\.limits\]\nwalltime = "\d+ms"\ncpu = "\d+ms"\nmemory = "\d+MiB"\n$/,
  )
}, 120_000)

test('calibrate refuses a reference solution that fails', () => {
  const cwd = folderWith('print(input().split()[1])\n')
  const refused = gradebox(['calibrate', '--runs', '1'], { cwd })
  expect(refused.code).toBe(2)
  expect(refused.stderr).toContain('The solution reference does not pass: three numbers: ')
}, 120_000)
