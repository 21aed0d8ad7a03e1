import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, inject, test } from 'vitest'
import { addedInContainers } from '../run/cli/container-filter.ts'

const text = readFileSync(resolve(import.meta.dirname, '../../docs/cli.md'), 'utf8')

interface Example {
  readonly command: string
  /** Its output, stderr too; `…` stands for anything. */
  readonly output: string
}

/** The commands of the ```console blocks, and what the page says that they print. */
const examples: readonly Example[] = [...text.matchAll(/^```console\n([\s\S]*?)^```$/gm)].flatMap(
  ([, block = '']) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((part) => {
        const end = part.indexOf('\n')
        return { command: part.slice(0, end), output: part.slice(end + 1) }
      }),
)

const asPattern = (output: string): RegExp => {
  const parts = output.split('…').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('[\\s\\S]*?')}$`)
}

test('every example of the page on the command line prints what the page says', () => {
  expect(examples.length).toBeGreaterThan(10)
  const directory = mkdtempSync(join(inject('harnessRoot'), 'cli-docs-'))
  const main = join(inject('harnessRoot'), 'node_modules/gradebox/dist/cli/main.js')
  chmodSync(main, 0o755)
  mkdirSync(join(directory, 'bin'))
  symlinkSync(main, join(directory, 'bin/gradebox'))
  for (const { command, output } of examples) {
    const { stdout } = spawnSync('bash', ['-c', `{ ${command}\n} 2>&1`], {
      cwd: directory,
      encoding: 'utf8',
      input: '',
      env: { PATH: `${directory}/bin:${process.env.PATH}`, HOME: directory },
    })
    expect(stdout, command).toMatch(asPattern(output))
  }
})

test('the page names every flag of run', () => {
  const main = join(inject('harnessRoot'), 'node_modules/gradebox/dist/cli/main.js')
  const help = spawnSync(process.execPath, [main, 'run', '--help'], { encoding: 'utf8' }).stdout
  const flags = [...help.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, flag = '']) => flag)
  expect(flags.length).toBeGreaterThan(20)
  expect(flags.filter((flag) => !text.includes(`\`${flag}`))).toEqual([])
})

test('the page on containers adds the calls to the seccomp profile that a test shows to suffice', () => {
  const page = readFileSync(resolve(import.meta.dirname, '../../docs/containers.md'), 'utf8')
  const list = /"names": \[([^\]]*)\]/.exec(page)?.[1] ?? ''
  const names = [...list.matchAll(/"(\w+)"/g)].map(([, name]) => name)
  expect(names).toEqual(addedInContainers)
})
