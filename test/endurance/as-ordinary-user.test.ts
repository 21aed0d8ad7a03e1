import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { afterAll, expect, test } from 'vitest'

const UID = 1000
const repository = resolve(import.meta.dirname, '../..')
const needed = ['src', 'scripts', 'test', 'fixtures', 'policies']
const neededFiles = ['package.json', 'tsconfig.json', 'tsconfig.build.json', 'vitest.config.ts']
const asUser = ['--reuid', String(UID), '--regid', String(UID), '--clear-groups', '--']

// By default Vite writes the bundled configuration into node_modules, which does not belong to this user.
const withoutTraces = ['--configLoader', 'runner']

interface Report {
  readonly success: boolean
  /** Errors outside of tests, such as the death of a worker, which the reporter does not count. */
  readonly trouble: string | undefined
  readonly numTotalTests: number
  readonly testResults: readonly {
    readonly name: string
    readonly message: string
    readonly assertionResults: readonly {
      readonly fullName: string
      readonly status: string
      readonly failureMessages: readonly string[]
    }[]
  }[]
}

const place = mkdtempSync(join(tmpdir(), 'gradebox-as-user-'))
afterAll(() => rmSync(place, { recursive: true, force: true }))

/** The reason why the tests cannot be run as another user here; undefined when they can. */
function obstacle(): string | undefined {
  if (process.getuid?.() !== 0) return 'these tests are run by an ordinary user already'
  const { status, error } = spawnSync('setpriv', [...asUser, 'true'])
  if (status === 0) return undefined
  return `setpriv (util-linux) cannot change to user ${UID}: ${error?.message ?? `exit code ${status}`}`
}

const why = obstacle()
if (why !== undefined) console.warn(`SKIPPED: the run suite as an ordinary user: ${why}`)

// Only root may be able to read the directory of a checkout. The other user gets a tree of links to its files.
function copyTree(): string {
  const tree = join(place, 'tree')
  mkdirSync(tree)
  for (const name of needed) cpSync(join(repository, name), join(tree, name), { recursive: true })
  for (const name of neededFiles) cpSync(join(repository, name), join(tree, name))
  const modules = join(repository, 'node_modules')
  // Hard links, where the file system allows them.
  const linked = spawnSync('cp', ['-al', modules, tree])
  if (linked.status !== 0) execFileSync('cp', ['-a', modules, tree])
  // The files of the copy still belong to root, so this command only makes them readable.
  execFileSync('chmod', [
    '-R',
    'a+rX',
    ...[...needed, ...neededFiles].map((name) => join(tree, name)),
  ])
  return tree
}

function runSuite(
  directory: string,
  prefix: readonly string[],
  name: string,
  more: readonly string[] = [],
): Report {
  const own = join(place, name)
  mkdirSync(own)
  chmodSync(place, 0o755)
  if (prefix.length > 0) chownSync(own, UID, UID)
  const output = join(own, 'report.json')
  const vitest = join(directory, 'node_modules/vitest/vitest.mjs')
  const reporters = ['--reporter', 'json', '--outputFile', output]
  const [command = process.execPath, ...args] = [
    ...prefix,
    process.execPath,
    ...[
      vitest,
      'run',
      '--project',
      'run',
      '--maxWorkers=1',
      ...withoutTraces,
      ...reporters,
      ...more,
    ],
  ]
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: directory,
    // The environment without the variables of the test runner that runs this test.
    env: { PATH: process.env.PATH, HOME: own, TMPDIR: own, NO_COLOR: '1' },
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  try {
    const report = JSON.parse(readFileSync(output, 'utf8'))
    const isWhole = status === 0 || !report.success
    return { ...report, trouble: isWhole ? undefined : `${stdout}\n${stderr}` }
  } catch (cause) {
    throw new Error(`The suite left no report:\n${stdout}\n${stderr}`, { cause })
  }
}

const testsOf = ({ testResults }: Report) =>
  testResults.flatMap(({ assertionResults }) => assertionResults)

const failuresOf = (report: Report): string[] => [
  ...report.testResults.flatMap(({ name, message }) =>
    message === '' ? [] : [`${name}: ${message}`],
  ),
  ...testsOf(report)
    .filter(({ status }) => status === 'failed')
    .map(({ fullName, failureMessages }) => `${fullName}\n${failureMessages.join('\n')}`),
]

/** The skipped tests, by their file and name. */
const skippedIn = (report: Report, directory: string) =>
  report.testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status }) => status !== 'passed' && status !== 'failed')
      .map(({ fullName }) => ({ file: relative(directory, name), fullName })),
  )

// Tests that only root can prepare; see lacksRoot() in test/run/support/tools.ts.
const forRootOnly =
  /a directory of root|gives root neither CAP_SYS_ADMIN|no program in memory|whiteout|files of all owners|mounts below|\/proc hides|a file system was mounted|runs programs for root/

test.skipIf(why !== undefined)(
  'the run and hostile suites pass as an ordinary user, with the same tests as for root',
  { timeout: 900_000 },
  () => {
    const tree = copyTree()
    const asOther = runSuite(tree, ['setpriv', ...asUser], 'user')
    expect(failuresOf(asOther)).toEqual([])
    expect(asOther).toMatchObject({ success: true, trouble: undefined })
    // With a name that no test has, every test is skipped and still counted.
    const none = ['--testNamePattern', 'no test has this name']
    expect(asOther.numTotalTests).toBe(runSuite(repository, [], 'count', none).numTotalTests)
    const skipped = skippedIn(asOther, tree).filter(({ fullName }) => !forRootOnly.test(fullName))
    // Root must skip these tests too, because of a missing compiler, for example.
    const files = [...new Set(skipped.map(({ file }) => file))]
    const asRoot =
      files.length === 0 ? [] : skippedIn(runSuite(repository, [], 'root', files), repository)
    expect(asRoot).toEqual(expect.arrayContaining(skipped))
  },
)
