import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { BuildFailure, buildSubmission } from '../../../src/grading/languages/build.ts'
import { languageVersion } from '../../../src/grading/languages/installed.ts'
import type { Language, LanguageTable } from '../../../src/grading/languages/language.ts'
import { languages } from '../../../src/grading/languages/language-table.ts'
import { brokenCompiler } from '../../../src/grading/languages/sample.ts'

let parent: string
beforeAll(() => {
  parent = mkdtempSync(join(tmpdir(), 'gradebox-broken-compiler-'))
})
afterAll(() => rmSync(parent, { recursive: true, force: true }))

const wrongC = { path: 'main.c', text: 'int main(void) { return 0 }\n' }
const rightC = { path: 'main.c', text: 'int main(void) { return 0; }\n' }
const makefile = { path: 'Makefile', text: 'main: main.c\n\tno-such-compiler main.c\n' }

const build = (table: LanguageTable, ...files: { path: string; text: string }[]) =>
  buildSubmission(
    files.map((file) => ({ ...file, bytes: Buffer.from(file.text), executable: false })),
    table,
    parent,
  )

// Prints its version as a compiler without a linker does, and builds nothing.
const broken: Language = {
  ...languages.c,
  compile: () => ['sh', '-c', 'echo "cannot find ld" >&2; exit 1'],
  version: ['echo', 'broken 1.0'],
}

const compiled: [string, Language][] = Object.entries(languages as LanguageTable).filter(
  ([name, { compile }]) => compile !== undefined && name !== 'make',
)

describe('a build that fails', () => {
  beforeEach(async ({ skip }) => {
    const { install, title } = languages.c
    if ((await languageVersion(languages.c)) === undefined) {
      skip(`${title} is not installed: ${install}`)
    }
  })

  test('is the compiler’s fault when it refuses the sample of its language', async () => {
    await expect(build({ c: broken }, rightC)).rejects.toMatchObject({
      name: 'SandboxError',
      code: 'SETUP_FAILED',
      message: expect.stringContaining(
        'C cannot build any program here: exited with code 1 and printed: cannot find ld',
      ),
      hint: 'Install all of gcc (Debian: apt install gcc libc6-dev), and grade again. A limit in `compileLimits` may also be too low.',
    })
  })

  test('is the staff’s fault when no program can be built within `compileLimits`', async () => {
    const small = { ...languages.c, compileLimits: { fileSize: '1KiB' } }
    await expect(build({ c: small }, rightC)).rejects.toMatchObject({ code: 'SETUP_FAILED' })
  })

  test('is the student’s fault when the compiler builds the sample', async () => {
    await expect(build({ c: languages.c }, wrongC)).rejects.toBeInstanceOf(BuildFailure)
  })

  test('is the student’s fault without a sample, because nothing shows another cause', async () => {
    const { sample: _, ...own } = broken
    await expect(build({ c: own }, rightC)).rejects.toBeInstanceOf(BuildFailure)
  })

  test('is the staff’s fault when a Makefile has files of a language that is not installed', async () => {
    const missing = { ...languages.c, version: ['no-such-compiler'] as const }
    const { make } = languages
    await expect(build({ make, c: missing }, makefile, rightC)).rejects.toMatchObject({
      code: 'PROGRAM_NOT_FOUND',
      hint: 'Install gcc (Debian: apt install gcc libc6-dev), and grade again.',
    })
    await expect(build({ make, c: languages.c }, makefile, rightC)).rejects.toBeInstanceOf(
      BuildFailure,
    )
  })
})

describe('the sample of a language', () => {
  test.for(compiled)('is built here: %s', { timeout: 240_000 }, async ([, language], { skip }) => {
    if ((await languageVersion(language)) === undefined) {
      skip(`${language.title} is not installed: ${language.install}`)
    }
    const files = [language.sample?.path ?? 'no sample']
    const project = { main: { path: '', text: '' }, sources: [], files, built: [] }
    expect(language.sample).toBeDefined()
    expect(await brokenCompiler(language, project, {})).toBeUndefined()
  })
})
