import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { sandboxed } from '../../../src/index.ts'
import { needs } from './language.ts'

interface Language {
  readonly language: string
  readonly debianPackage: string
  readonly policy: string
  readonly programs: readonly string[]
  readonly file: string
  readonly source: string
  readonly command: string
  /** @default '42\n' */
  readonly stdout?: string
}

/** One program of each language, as Debian's packages build and run it; docs/policies.md has the same list. */
const languages: readonly Language[] = [
  {
    language: 'C',
    debianPackage: 'gcc',
    policy: 'c',
    programs: ['gcc'],
    file: 'main.c',
    source: '#include <stdio.h>\nint main(void) { puts("42"); }\n',
    command: 'gcc main.c && ./a.out',
  },
  {
    language: 'C++',
    debianPackage: 'g++',
    policy: 'c',
    programs: ['g++'],
    file: 'main.cpp',
    source: '#include <iostream>\nint main() { std::cout << 42 << std::endl; }\n',
    command: 'g++ main.cpp && ./a.out',
  },
  {
    language: 'Java',
    debianPackage: 'default-jdk-headless',
    policy: 'java',
    programs: ['javac', 'java'],
    file: 'Main.java',
    source:
      'public class Main { public static void main(String[] a) { System.out.println(42); } }\n',
    command: 'javac Main.java && java Main',
  },
  {
    language: 'Java',
    debianPackage: 'default-jdk-headless',
    policy: 'kiss',
    programs: ['javac', 'java'],
    file: 'Main.java',
    source:
      'public class Main { public static void main(String[] a) { System.out.println(42); } }\n',
    command: 'javac Main.java && java Main',
  },
  {
    language: 'Python',
    debianPackage: 'python3',
    policy: 'python',
    programs: ['python3'],
    file: 'main.py',
    source: 'import json, sqlite3, ssl\nprint(42)\n',
    command: '/usr/bin/python3 main.py',
  },
  {
    language: 'JavaScript',
    debianPackage: 'nodejs',
    policy: 'node',
    programs: ['node'],
    file: 'main.js',
    source: 'console.log(42)\n',
    command: 'node main.js',
  },
  {
    language: 'Go',
    debianPackage: 'golang-go',
    policy: 'go',
    programs: ['go'],
    file: 'main.go',
    source: 'package main\n\nimport "fmt"\n\nfunc main() { fmt.Println(42) }\n',
    command: 'go run main.go',
  },
  {
    language: 'Haskell',
    debianPackage: 'ghc',
    policy: 'haskell',
    programs: ['ghc'],
    file: 'main.hs',
    source:
      'import qualified Data.Map as Map\nmain = print (Map.size (Map.fromList (zip [1 .. 42] [0 ..])))\n',
    command: 'ghc -v0 main.hs && ./main',
  },
  {
    language: 'C#',
    debianPackage: 'mono-mcs mono-runtime',
    policy: 'csharp',
    programs: ['mcs', 'mono'],
    file: 'main.cs',
    source:
      'using System;\nusing System.IO;\nclass P { static void Main() { Console.WriteLine(File.Exists("main.cs") ? 42 : 0); } }\n',
    command: 'mcs main.cs && mono main.exe',
  },
  {
    language: 'PHP',
    debianPackage: 'php-cli',
    policy: 'php',
    programs: ['php'],
    file: 'main.php',
    source: '<?php echo ctype_alpha("a") ? 42 : 0, "\\n";\n',
    command: 'php main.php',
  },
  {
    language: 'Ruby',
    debianPackage: 'ruby',
    policy: 'ruby',
    programs: ['ruby'],
    file: 'main.rb',
    source: 'require "json"\nputs JSON.generate(42)\n',
    command: 'ruby main.rb',
  },
  {
    language: 'Perl',
    debianPackage: 'perl',
    policy: 'perl',
    programs: ['perl'],
    file: 'main.pl',
    source: 'use strict;\nuse List::Util qw(sum);\nprint sum(20, 22), "\\n";\n',
    command: 'perl main.pl',
  },
  {
    language: 'R',
    debianPackage: 'r-base-core',
    policy: 'r',
    programs: ['Rscript'],
    file: 'main.R',
    source: 'cat(sum(20, 22), "\\n", sep = "")\n',
    command: 'Rscript main.R',
  },
  {
    language: 'Pascal',
    debianPackage: 'fp-compiler',
    policy: 'pascal',
    programs: ['fpc'],
    file: 'main.pas',
    source: 'program p; uses sysutils; begin writeln(IntToStr(42)) end.\n',
    command: 'fpc -v0 main.pas > log && ./main',
  },
  {
    language: 'Common Lisp',
    debianPackage: 'sbcl',
    policy: 'lisp',
    programs: ['sbcl'],
    file: 'main.lisp',
    source: '(format t "~a~%" (+ 20 22))\n',
    command: 'sbcl --script main.lisp',
  },
  {
    language: 'Lua',
    debianPackage: 'lua5.3',
    policy: 'strict',
    programs: ['lua5.3'],
    file: 'main.lua',
    source: 'print(42)\n',
    command: 'lua5.3 main.lua',
  },
  {
    language: 'Shell',
    debianPackage: 'bash',
    policy: 'shell',
    programs: ['bash'],
    file: 'main.sh',
    source: 'echo $((20 + 22))\n',
    command: 'bash main.sh',
  },
]

test.for(languages)(
  '$language works under policy $policy as Debian installs it: $debianPackage',
  { timeout: 120_000 },
  async ({ programs, policy, file, source, command, stdout = '42\n' }, ctx) => {
    needs(ctx, ...programs)
    const run = await sandboxed('sh', ['-c', command], {
      policy,
      files: { [`/work/${file}`]: source },
    })
    expect(run).toSucceed()
    expect(run).toHaveStdout(stdout)
  },
)

test('the documentation lists the same languages, packages and policies', () => {
  const page = readFileSync(resolve(import.meta.dirname, '../../../docs/policies.md'), 'utf8')
  const rows = page
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('`', '')))
    .map(([, ...cells]) => cells.slice(0, 3).join(' | '))
  for (const { language, debianPackage, policy } of languages) {
    if (policy !== 'kiss') expect(rows).toContain(`${language} | ${debianPackage} | ${policy}`)
  }
})

test.for(['csharp', 'go', 'java', 'kiss', 'node', 'perl', 'php', 'python', 'r', 'ruby'])(
  'the system’s certificates are shown under policy %s',
  async (policy) => {
    const directory = '/etc/ssl/certs'
    const names = existsSync(directory) ? readdirSync(directory) : []
    const run = await sandboxed('ls', ['-A', directory], { policy })
    expect(run.stdout.split('\n').length - 1).toBe(names.length)
  },
)

test.for(['csharp', 'java', 'kiss', 'python', 'r'])(
  'the system’s fonts are shown under policy %s',
  async (policy, ctx) => {
    needs(ctx, 'fc-list')
    const run = await sandboxed('fc-list', { policy })
    expect(run).toSucceed()
    expect(run.stderr).not.toContain('Cannot load')
  },
)

test('npm runs a script under policy node', async (ctx) => {
  needs(ctx, 'npm')
  const manifest = { name: 'sample', scripts: { test: 'node -e "console.log(42)"' } }
  const run = await sandboxed('npm', ['--silent', 'test'], {
    policy: 'node',
    files: { '/work/package.json': JSON.stringify(manifest) },
  })
  expect(run).toSucceed()
  expect(run).toHaveStdout('42\n')
}, 60_000)

test('PHP keeps a session under policy php', async (ctx) => {
  needs(ctx, 'php')
  const code =
    'session_id("a"); session_start(); $_SESSION["n"] = 41; session_write_close(); session_start(); echo $_SESSION["n"] + 1;'
  const run = await sandboxed('php', ['-r', code], { policy: 'php' })
  expect(run).toSucceed()
  expect(run).toHaveStdout('42')
})
