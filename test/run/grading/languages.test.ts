import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildSubmission } from '../../../src/grading/languages/build.ts'
import { chooseLanguages } from '../../../src/grading/languages/choose-languages.ts'
import { languageVersion } from '../../../src/grading/languages/installed.ts'
import { limitsFor } from '../../../src/grading/languages/language-limits.ts'
import { languages } from '../../../src/grading/languages/language-table.ts'
import { decodeSource, isText } from '../../../src/grading/languages/source-text.ts'
import type { SubmittedFile } from '../../../src/grading/languages/submission-files.ts'
import { sandboxed } from '../../../src/index.ts'

let parent: string
beforeAll(() => {
  parent = mkdtempSync(join(tmpdir(), 'gradebox-languages-'))
})
afterAll(() => rmSync(parent, { recursive: true, force: true }))

type Sources = Readonly<Record<string, string | Uint8Array>>

function submitted(sources: Sources): SubmittedFile[] {
  return Object.entries(sources).map(([path, contents]) => {
    const bytes = Buffer.from(contents)
    return {
      path,
      bytes,
      executable: false,
      ...(isText(bytes) ? { text: decodeSource(bytes) } : {}),
    }
  })
}

const build = (sources: Sources) =>
  buildSubmission(submitted(sources), chooseLanguages(undefined), parent)

type Built = Awaited<ReturnType<typeof build>>

async function runProgram(built: Built, limits = limitsFor(built.language)) {
  const [command, ...args] = built.command(limits)
  return await sandboxed(command, args, {
    policy: built.language.policy ?? 'strict',
    workdir: built.directory,
    limits,
    stdin: '21\n',
  })
}

const doubled: Readonly<Record<keyof typeof languages, Sources>> = {
  c: {
    'main.c':
      '#include "twice.h"\n#include <stdio.h>\nint main(void) { int n; scanf("%d", &n); printf("%d\\n", twice(n)); }',
    'lib/twice.c': '/* int main( */ int twice(int n) { return 2 * n; }',
    'twice.h': 'int twice(int n);',
  },
  cpp: {
    'my program.cpp':
      '#include <iostream>\nint main() { int n; std::cin >> n; std::cout << 2 * n << "\\n"; }',
  },
  java: {
    'org/example/Start.java':
      'package org.example;\nimport java.util.Scanner;\nclass Helper { static int twice(int n) { return 2 * n; } }\npublic class Start { public static void main(String[] args) { System.out.println(Helper.twice(new Scanner(System.in).nextInt())); } }',
    'org/example/Other.java':
      'package org.example;\npublic class Other { /* static void main( */ }',
  },
  python: {
    'main.py': 'from twice import twice\nprint(twice(int(input())))',
    'twice.py': 'def twice(n):\n    return 2 * n',
  },
  javascript: { 'main.js': 'console.log(2 * require("fs").readFileSync(0, "utf8"))' },
  typescript: {
    'main.ts':
      'import fs = require("fs")\nimport { Twice } from "./lib/twice"\nimport { Factor } from "./factor.js"\nconst n: number = Number(await Promise.resolve(fs.readFileSync(0, "utf8")))\nconsole.log(new Twice(Factor.Two).of(n))',
    'lib/twice.ts':
      'export class Twice { constructor(private readonly factor: number) {}\n  of(n: number): number { return this.factor * n } }',
    'factor.ts': 'export enum Factor { One = 1, Two }',
  },
  go: {
    'main.go':
      'package main\nimport "fmt"\nfunc main() { var n int; fmt.Scan(&n); fmt.Println(twice(n)) }',
    'twice.go': 'package main\nfunc twice(n int) int { return 2 * n }',
  },
  rust: {
    'main.rs':
      'mod twice;\nfn main() { let mut s = String::new(); std::io::stdin().read_line(&mut s).unwrap(); println!("{}", twice::twice(s.trim().parse().unwrap())); }',
    'twice.rs': 'pub fn twice(n: i64) -> i64 { 2 * n }',
  },
  csharp: {
    'Program.cs':
      'using System; class Program { static void Main() { Console.WriteLine(2 * int.Parse(Console.ReadLine())); } }',
  },
  kotlin: { 'Main.kt': 'fun main() { println(2 * readLine()!!.trim().toInt()) }' },
  ruby: { 'main.rb': 'puts gets.to_i * 2' },
  php: { 'main.php': '<?php echo 2 * intval(fgets(STDIN)), "\\n";' },
  perl: { 'main.pl': 'use strict; print 2 * <STDIN>, "\\n";' },
  haskell: {
    'Main.hs':
      'import Twice\nmain :: IO ()\nmain = interact (\\s -> show (twice (read s)) ++ "\\n")',
    'Twice.hs': 'module Twice where\ntwice :: Int -> Int\ntwice = (* 2)',
  },
  shell: { 'main.sh': 'read -r n\necho $((n * 2))' },
  make: {
    Makefile: 'double: double.c\n\tgcc -o double double.c\n',
    'double.c':
      '#include <stdio.h>\nint main(void) { int n; scanf("%d", &n); printf("%d\\n", 2 * n); }',
  },
}

const windows = (sources: Sources): Sources =>
  Object.fromEntries(
    Object.entries(sources).map(([path, text]) => [
      path,
      `\ufeff${String(text).replaceAll('\n', '\r\n')}\r\n`,
    ]),
  )

describe.for(Object.keys(doubled) as (keyof typeof languages)[])('%s', async (name) => {
  const language = languages[name]
  const isInstalled = (await languageVersion(language)) !== undefined
  if (!isInstalled) console.warn(`NOT TESTED: ${language.title}: ${language.install}`)
  let built: Built
  beforeAll(async () => {
    if (isInstalled) built = await build(doubled[name])
  }, 240_000)

  test.runIf(isInstalled)('is built and run unchanged', async () => {
    expect(built.name).toBe(name)
    const run = await runProgram(built)
    expect(run).toSucceed()
    expect(run).toHaveStdout('42\n')
  })

  test.runIf(isInstalled)(
    'is built and run as an editor on Windows writes it',
    {
      timeout: 240_000,
    },
    async () => {
      expect(await runProgram(await build(windows(doubled[name])))).toHaveStdout('42\n')
    },
  )

  test.runIf(isInstalled)('starts within the floors of its limits', async () => {
    const { memoryBytes, processes } = built.language.floors ?? {}
    const floors = {
      ...(memoryBytes === undefined ? {} : { memory: memoryBytes }),
      ...(processes === undefined ? {} : { processes }),
    }
    const run = await runProgram(built, limitsFor(built.language, [], [floors]))
    expect(run).toHaveStdout('42\n')
  })
})
