import { availableParallelism } from 'node:os'
import { describe, expect, test } from 'vitest'
import { sandboxed } from '../../../src/index.ts'
import { shippedPolicies } from '../../../src/policy/shipped.ts'
import { makeDirectory } from '../support/directory.ts'
import { runC, runPython, runShell } from '../support/programs.ts'
import { lacks } from '../support/tools.ts'

const counts = [1, Math.min(2, availableParallelism())]

// The policy `native` shows no program of the system; it has a test of its own below.
describe.each(shippedPolicies().filter((name) => name !== 'native'))(
  'under policy %s a program',
  (policy) => {
    test.each(counts)('counts %i processors, however it asks', async (cpus) => {
      const ask = [
        'nproc',
        'nproc --all',
        'getconf _NPROCESSORS_ONLN',
        'getconf _NPROCESSORS_CONF',
        'grep -c ^processor /proc/cpuinfo',
        'grep -c "^cpu[0-9]" /proc/stat',
        'ls /sys/devices/system/cpu | grep -c "^cpu[0-9]"',
      ]
      const run = await runShell(ask.join('; '), { policy, limits: { cpus } })
      expect(run).toHaveStdout(`${cpus}\n`.repeat(ask.length))
    })
  },
)

test.skipIf(lacks('gcc')).each(counts)(
  'under policy native a program counts %i processors',
  async (cpus) => {
    const run = await runC('count-processors', [], { policy: 'native', limits: { cpus } })
    expect(run).toHaveStdout(`${cpus} ${cpus}\n`)
  },
)

const inLanguages: [string, string, string[], string | undefined][] = [
  ['python', 'python3', ['-c', 'import os; print(os.cpu_count())'], undefined],
  ['node', 'node', ['-p', 'os.cpus().length'], undefined],
  ['ruby', 'ruby', ['-retc', '-e', 'puts Etc.nprocessors'], undefined],
  ['perl', 'perl', ['-MPOSIX', '-e', 'print POSIX::sysconf(84), "\\n"'], undefined],
  ['r', 'Rscript', ['-e', 'cat(parallel::detectCores(), "\\n", sep="")'], undefined],
  [
    'java',
    'java',
    ['Main.java'],
    'class Main { public static void main(String[] a) { System.out.println(Runtime.getRuntime().availableProcessors()); } }',
  ],
  [
    'go',
    'go',
    ['run', 'Main.go'],
    'package main\nimport ("fmt"; "runtime")\nfunc main() { fmt.Println(runtime.NumCPU()) }\n',
  ],
]

describe.each(inLanguages)('in %s', (policy, command, args, source) => {
  test.skipIf(lacks(command)).each(counts)('a program counts %i processors', async (cpus) => {
    const files = source === undefined ? {} : { [`/work/${args.at(-1)}`]: source }
    const limits = { cpus, walltime: '60s', cpu: '60s', memory: '2GiB' }
    const env = { GOCACHE: '/tmp', GOFLAGS: '-mod=mod', GO111MODULE: 'off' }
    const run = await sandboxed(command, args, { policy, files, limits, env })
    expect(run.stderr).toBe('')
    expect(run).toHaveStdout(`${cpus}\n`)
  })
})

test('the list of processors has the numbers of the program’s own ones', async () => {
  const script = `
import os
listed = open('/sys/devices/system/cpu/online').read()
print(listed == open('/sys/devices/system/cpu/possible').read() == open('/sys/devices/system/cpu/present').read())
numbers = [range(int(first), int(last or first) + 1) for first, _, last in (part.partition('-') for part in listed.split(','))]
print(sorted(os.sched_getaffinity(0)) == [each for part in numbers for each in part])
`
  for (const cpus of counts) {
    expect(await runPython(script, { limits: { cpus } })).toHaveStdout('True\nTrue\n')
    const own = { limits: { cpus }, files: { '/work/x': '' } }
    expect(await runPython(script, own)).toHaveStdout('True\nTrue\n')
  }
})

test('a program cannot change these files', async () => {
  const script = `
for file in /sys/devices/system/cpu/online /proc/stat /proc/cpuinfo; do
  (echo 9 > $file; chmod 666 $file; rm -f $file; mv $file /tmp/x) 2> /dev/null
done
ls -l /proc/self/fd | grep -c -e online -e stat
nproc --all
grep -c ^processor /proc/cpuinfo`
  for (const policy of ['strict', 'kiss']) {
    expect(await runShell(script, { policy })).toHaveStdout('0\n1\n1\n')
  }
})

test('the figures of other programs are not in /proc/stat', async () => {
  const run = await runShell('cut -d " " -f 2- /proc/stat | tr -d " 0\n"')
  // The time of the machine’s start, and one running process.
  expect(run.stdout.length).toBeLessThanOrEqual(11)
})

test('the system’s own tools read these files', async () => {
  for (const tool of ['ps aux', 'vmstat', 'top -b -n 1', 'lscpu'].filter(
    (tool) => !lacks(tool.split(' ', 1)[0] ?? tool),
  )) {
    const run = await runShell(`${tool} > /dev/null`, { limits: { walltime: '20s' } })
    expect(run, tool).toSucceed()
  }
})

test('a policy’s own files and mounts come before those of the sandbox', async () => {
  const source = makeDirectory({ online: '0-6\n', possible: '0-7\n' })
  const target = '/sys/devices/system/cpu'
  const list = `cat ${target}/online`
  const mounted = { extends: 'strict', mounts: [{ source, target }] }
  expect(await runShell(list, { policy: mounted })).toHaveStdout('0-6\n')
  expect(await runShell(list, { mounts: [{ source, target }] })).toHaveStdout('0-6\n')
  const files = [{ target: `${target}/online`, contents: '0-4\n' }]
  expect(await runShell(list, { policy: { extends: 'strict', files } })).toHaveStdout('0-4\n')
  expect(await runShell(list, { files: { [`${target}/online`]: '0-3\n' } })).toHaveStdout('0-3\n')
})

test('os.cpus() has each processor with its model', async () => {
  const script = 'os.cpus().every(({ model }) => model !== "unknown")'
  const run = await sandboxed('node', ['-p', script], { policy: 'node' })
  expect(run).toHaveStdout('true\n')
})
