import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BuildFailure, buildSubmission } from '../../../src/grading/languages/build.ts'
import { languageVersion } from '../../../src/grading/languages/installed.ts'
import type { Language, Preparation } from '../../../src/grading/languages/language.ts'
import { languages } from '../../../src/grading/languages/language-table.ts'
import { sandboxed } from '../../../src/index.ts'

let parent: string
beforeAll(() => {
  parent = mkdtempSync(join(tmpdir(), 'gradebox-toolchain-'))
  chmodSync(parent, 0o755)
})
afterAll(() => rmSync(parent, { recursive: true, force: true }))

// The first build waits for the compiler's preparation, so that one build shows it.
const atOnce = (language: Language): Language => ({
  ...language,
  preparation: { ...(language.preparation as Preparation), after: 0, waits: true },
})
const without = ({ preparation: _, ...language }: Language): Language => language

async function build(language: Language, path: string, source: string) {
  const files = [{ path, bytes: Buffer.from(source), text: source, executable: false }]
  return await buildSubmission(files, { it: language }, parent)
}

/** The messages of a build, or the program's output where the build works. */
async function outcome(language: Language, path: string, source: string) {
  try {
    const { run, directory, command } = await build(language, path, source)
    const [program, ...args] = command({ memory: '512MiB' })
    const policy = language.policy ?? 'strict'
    const limits = language.limits
    const { stdout } = await sandboxed(program, args, {
      policy,
      workdir: directory,
      limits,
      stdin: '3 4\n',
    })
    return { build: [run?.stdout, run?.stderr], stdout, args: run?.args }
  } catch (error) {
    if (!(error instanceof BuildFailure)) throw error
    return { build: [error.run.stdout, error.run.stderr], stdout: undefined, args: error.run.args }
  }
}

const usesIt = (args: readonly string[] = []) =>
  args.some((arg) => arg.includes('/opt/gradebox-toolchain'))

const main = 'int main() { long a, b; std::cin >> a >> b; std::cout << a + b << "\\n"; }'

describe('C++ with precompiled headers', async () => {
  const isInstalled = (await languageVersion(languages.cpp)) !== undefined
  if (!isInstalled) console.warn('NOT TESTED: there is no g++ here')
  const cpp = atOnce(languages.cpp)

  test.runIf(isInstalled).each([
    ['bits/stdc++.h', `#include <bits/stdc++.h>\n${main}`, true],
    ['iostream', `// A sum.\n#include <iostream>\n#include <vector>\n${main}`, true],
    ['a macro before the header', `#define long short\n#include <iostream>\n${main}`, false],
    [
      'a pragma before the header',
      `#pragma GCC optimize("O3")\n#include <iostream>\n${main}`,
      false,
    ],
    ['another header', `#include <vector>\n#include <iostream>\n${main}`, false],
    ['a warning', `#include <iostream>\nint f() { int unused; return 1; }\n${main}`, false],
    [
      'an error',
      '#include <bits/stdc++.h>\nint main() { std::map<int, int> m; std::sort(m); }',
      false,
    ],
    [
      'a header of the student with that name',
      `#include "iostream"\n#include <iostream>\n${main}`,
      false,
    ],
  ] as const)(
    '%s: the same messages and the same program as without',
    async (_, source, isUsed) => {
      const prepared = await outcome(cpp, 'main.cpp', source)
      const plain = await outcome(without(cpp), 'main.cpp', source)
      expect(prepared.build).toEqual(plain.build)
      expect(prepared.stdout).toBe(plain.stdout)
      expect(usesIt(prepared.args)).toBe(isUsed)
    },
    600_000,
  )

  test.runIf(isInstalled)(
    'a build cannot change the headers of the next one',
    async () => {
      const attack = {
        ...cpp,
        compile: () =>
          ['g++', '-O2', '-std=gnu++17', '-Wall', '-o', 'a.out', './main.cpp'] as const,
        preparation: {
          ...(cpp.preparation as Preparation),
          use: (_: unknown, place: string) =>
            [
              'sh',
              '-c',
              `(echo x > ${place}/iostream.gch || rm -rf ${place}/bits) 2>/dev/null; touch a.out`,
            ] as const,
        },
      } satisfies Language
      const stored = () =>
        readdirSync(join(parent, 'toolchains'), { recursive: true, encoding: 'utf8' }).sort()
      const source = `#include <iostream>\n${main}`
      await outcome(cpp, 'main.cpp', source)
      const before = stored()
      await build(attack, 'main.cpp', source)
      expect(stored()).toEqual(before)
      expect((await outcome(cpp, 'main.cpp', source)).stdout).toBe('7\n')
    },
    600_000,
  )
})

test('Java with an archive of the compiler: the same messages and the same program as without', async ({
  skip,
}) => {
  if ((await languageVersion(languages.java)) === undefined) skip('there is no JDK here')
  const java = atOnce(languages.java)
  const body =
    'var s = new java.util.Scanner(System.in); System.out.println(s.nextInt() + s.nextInt());'
  const source = (text: string) =>
    `public class Main { public static void main(String[] a) { ${text} } }`
  const prepared = await outcome(java, 'Main.java', source(body))
  expect(prepared).toMatchObject({ build: ['', ''], stdout: '7\n' })
  expect(usesIt(prepared.args)).toBe(true)
  const wrong = await outcome(java, 'Main.java', source('int x = "y";'))
  expect(wrong.build).toEqual(
    (await outcome(without(java), 'Main.java', source('int x = "y";'))).build,
  )
  expect(wrong.build[1]).toContain('incompatible types')
}, 600_000)

test('Go with its standard library compiled: each build changes its own copy', async ({ skip }) => {
  if ((await languageVersion(languages.go)) === undefined) skip('there is no Go here')
  const source =
    'package main\nimport "fmt"\nfunc main() { var a, b int; fmt.Scan(&a, &b); fmt.Println(a + b) }\n'
  const first = await outcome(languages.go, 'main.go', source)
  expect(first).toMatchObject({ build: ['', ''], stdout: '7\n' })
  expect(usesIt(first.args)).toBe(true)
  const toolchains = join(parent, 'toolchains')
  const stored = () => readdirSync(toolchains, { recursive: true }).length
  const before = stored()
  expect((await outcome(languages.go, 'main.go', `${source}// again\n`)).stdout).toBe('7\n')
  expect(stored()).toBe(before)
}, 600_000)

test('a compiler that cannot prepare its files builds without them', async () => {
  const language: Language = {
    ...languages.shell,
    compile: () => ['cp', './main.sh', 'program'],
    preparation: {
      prepare: () => ['sh', '-c', 'echo x > half; exit 1'],
      use: () => ['false'],
      waits: true,
    },
  }
  const { directory } = await build(language, 'main.sh', 'echo hello\n')
  expect(existsSync(join(directory, 'program'))).toBe(true)
  expect(
    readdirSync(join(parent, 'toolchains')).filter((name) => name.startsWith('making-')),
  ).toEqual([])
})
