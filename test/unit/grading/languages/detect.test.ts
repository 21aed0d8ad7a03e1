import { describe, expect, test } from 'vitest'
import { problemText } from '../../../../src/grading/grading-texts.ts'
import { chooseLanguages } from '../../../../src/grading/languages/choose-languages.ts'
import { detectLanguage } from '../../../../src/grading/languages/detect.ts'
import { javaMainClass } from '../../../../src/grading/languages/java.ts'
import { limitsFor } from '../../../../src/grading/languages/language-limits.ts'
import { languages } from '../../../../src/grading/languages/language-table.ts'
import { SubmissionProblem } from '../../../../src/grading/languages/submission-problem.ts'

const files = (sources: Readonly<Record<string, string>>) =>
  Object.entries(sources).map(([path, text]) => ({ path, text }))

function detected(sources: Readonly<Record<string, string>>): string[] {
  const { name, main } = detectLanguage(files(sources), languages)
  return [name, main.path]
}

/** The text that a student reads, in English. */
function refusal(sources: Readonly<Record<string, string>>): string {
  try {
    detected(sources)
  } catch (error) {
    if (error instanceof SubmissionProblem) return problemText(error, 'en')
    throw error
  }
  throw new Error('It was not refused')
}

const cMain = 'int main(void) { }'

describe('a submission’s language', () => {
  test('follows from its files', () => {
    expect(detected({ 'sum.py': '', 'notes.txt': '', 'data.csv': '' })).toEqual([
      'python',
      'sum.py',
    ])
    expect(detected({ 'a.c': 'int f;', 'b.c': cMain, 'b.h': '' })).toEqual(['c', 'b.c'])
    expect(detected({ 'x/Main.java': 'class Main { static void main(String[] a) { } }' })).toEqual([
      'java',
      'x/Main.java',
    ])
  })

  test('is make where there is a Makefile, whatever other files there are', () => {
    expect(detected({ Makefile: '', 'a.c': cMain, 'b.py': '' })).toEqual(['make', 'Makefile'])
    expect(detected({ 'lib/Makefile': '', 'a.c': cMain })).toEqual(['c', 'a.c'])
  })

  test('is refused, with a list of the languages, when there are several', () => {
    expect(refusal({ 'a.c': cMain, 'b.py': '' })).toBe(
      'Your submission has programs in several languages: C (a.c); Python (b.py). Hand in one.',
    )
  })

  test('is refused when no file is a program, with a list of program files', () => {
    expect(refusal({})).toBe('Your submission has no files.')
    expect(refusal({ 'README.md': '' })).toBe(
      'No program was found. A program is a file with one of these names or endings: Makefile, .c, .cpp, .java, .py, .js, .ts, .go, .rs, .cs, .kt, .rb, .php, .pl, .hs, .sh.',
    )
  })
})

describe('the file to start with', () => {
  test('is the one with the entry point', () => {
    expect(detected({ 'a.py': 'def f(): pass', 'b.py': "if __name__ == '__main__': f()" })).toEqual(
      ['python', 'b.py'],
    )
    expect(detected({ 'a.go': 'package main', 'b.go': 'package main\nfunc main() { }' })).toEqual([
      'go',
      'b.go',
    ])
  })

  test('is the one with the usual name among several', () => {
    expect(detected({ 'helper.py': '', 'main.py': '' })).toEqual(['python', 'main.py'])
    expect(detected({ 'index.js': '', 'util.js': '' })).toEqual(['javascript', 'index.js'])
  })

  test('is refused, with a list of the files, when there are several', () => {
    expect(refusal({ 'a.c': cMain, 'b.c': cMain })).toBe(
      'Your submission has several programs: a.c, b.c. Hand in one.',
    )
    expect(refusal({ 'a.py': '', 'b.py': '' })).toBe(
      'Your submission has several programs: a.py, b.py. Hand in one.',
    )
  })

  test('is not recognized by a comment or a text', () => {
    expect(
      detected({ 'a.c': '/* int main( */ // int main(\nchar *s = "int main(";', 'b.c': cMain }),
    ).toEqual(['c', 'b.c'])
    expect(refusal({ 'a.c': 'int f;', 'b.c': 'int g;' })).toBe(
      'None of your files has the place where the program starts (`main`): a.c, b.c.',
    )
  })
})

test.for([
  ['class A { public static void main(String[] a) { } }', 'A'],
  ['package a . b;\npublic class B { static void main(String[] a) { } }', 'a.b.B'],
  ['class Helper { void f() { } } class C { public static void main(String... a) { } }', 'C'],
  ['class D { class Inner { static void main(String[] a) { } } }', 'File'],
  ['/* package x; class X { void main( */ enum E { ONE; static void main(String[] a) { } }', 'E'],
  ['class F { String s = "{ class G { void main("; static void main(String[] a) { } }', 'F'],
] as const)('the main class of %j is %s', ([text, name]) => {
  expect(javaMainClass({ main: { path: 'x/File.java', text } })).toBe(name)
})

describe('an assignment’s languages', () => {
  const lua = {
    title: 'Lua',
    extensions: ['.lua'],
    run: () => ['lua', 'main.lua'] as const,
    version: ['lua', '-v'] as const,
    install: 'Lua',
    limits: { memory: '64MiB' },
  } as const

  test('are a list of names, or changes in an object', () => {
    expect(Object.keys(chooseLanguages(['c', 'java']))).toEqual(['c', 'java'])
    expect(Object.keys(chooseLanguages({ lua }))).toEqual([...Object.keys(languages), 'lua'])
    expect(Object.keys(chooseLanguages({ c: true, lua }))).toEqual(['c', 'lua'])
    const changed = chooseLanguages({ c: { title: 'C23', limits: { memory: '1GiB' } } })
    expect(changed.c).toMatchObject({ title: 'C23', extensions: ['.c'] })
    expect(() => chooseLanguages(['d'])).toThrow('There is no language `d`')
    expect(() => chooseLanguages({ d: { title: 'D' } })).toThrow(
      'The language `d` lacks extensions, run, version, install, limits.memory',
    )
  })

  test('have limits of their own, which override those of the assignment', () => {
    const { java } = chooseLanguages({ java: { limits: { memory: '1GiB' } } })
    if (java === undefined) throw new Error('no Java')
    expect(limitsFor(java, [{ memory: '64MiB', cpu: '1s' }])).toMatchObject({
      memory: '1GiB',
      cpu: '1s',
    })
  })

  test('refuse a limit under which no program of the language starts', () => {
    expect(() => limitsFor(languages.java, [{ memory: '64MiB' }])).toThrow(
      'The limit `memory: "64MiB"` is too small for Java, which needs 128 MiB to start',
    )
    expect(() => limitsFor(languages.java, [], [{ walltime: 100 }])).toThrow(
      'The limit `walltime: 100` is too small for Java, which needs 1 s to start',
    )
    expect(limitsFor(languages.c, [{ memory: '64MiB' }])).toMatchObject({ memory: '64MiB' })
  })
})
