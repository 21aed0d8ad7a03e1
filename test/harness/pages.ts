import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { inject } from 'vitest'

/** The root of this repository. */
export const repository = resolve(import.meta.dirname, '../..')

/** The text of a page, by its path in the repository. */
export const readPage = (page: string): string => readFileSync(join(repository, page), 'utf8')

/** The files that a page shows: blocks of code whose first line is a comment with a path. */
export function filesOf(page: string): [path: string, contents: string][] {
  const blocks = readPage(page).matchAll(
    /^```\w+\n(?:\/\/|#) (\S+\.\w+|\S*Makefile)\n([\s\S]*?)^```$/gm,
  )
  return [...blocks].map(([, path = '', contents = '']) => [path, contents])
}

/** The blocks of a page that show output. */
export const outputsOf = (page: string): string[] =>
  [...readPage(page).matchAll(/^```text\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text)

/**
 * Writes the files of pages, and further files, into a new folder where the package is installed.
 *
 * @returns the folder
 */
export function writePages(
  pages: readonly string[],
  others: Readonly<Record<string, string>> = {},
): string {
  const directory = mkdtempSync(join(inject('harnessRoot'), 'page-'))
  const files = [...pages.flatMap(filesOf), ...Object.entries(others)]
  for (const [path, contents] of files) {
    mkdirSync(dirname(join(directory, path)), { recursive: true })
    writeFileSync(join(directory, path), contents)
  }
  return directory
}

/** A command of a ```console block, and its output on the page. */
export interface Example {
  readonly command: string
  /** Its stdout and stderr. `…` stands for any text. */
  readonly output: string
}

/** The commands of the ```console blocks of a page, in their order. */
export const examplesOf = (page: string): Example[] =>
  [...readPage(page).matchAll(/^```console\n([\s\S]*?)^```$/gm)].flatMap(([, block = '']) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((part) => {
        const end = part.indexOf('\n')
        return { command: part.slice(0, end), output: part.slice(end + 1) }
      }),
  )

/** A pattern that matches exactly the output that a page shows. */
export const asPattern = (output: string): RegExp => {
  const parts = output.split('…').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('[\\s\\S]*?')}$`)
}

/**
 * Runs a shell command in a folder where `gradebox` and `npx` are commands.
 *
 * @returns its stdout and stderr
 */
export function runShell(
  directory: string,
  command: string,
  env: Readonly<Record<string, string>> = {},
): string {
  const bin = join(directory, '.bin')
  mkdirSync(bin, { recursive: true })
  link(join(inject('harnessRoot'), 'node_modules/gradebox/dist/cli/main.js'), join(bin, 'gradebox'))
  link(join(repository, 'node_modules/vitest/vitest.mjs'), join(bin, 'vitest'))
  writeFileSync(join(bin, 'npx'), '#!/bin/sh\nexec "$@"\n', { mode: 0o755 })
  return spawnSync('bash', ['-c', `{ ${command}\n} 2>&1`], {
    cwd: directory,
    encoding: 'utf8',
    input: '',
    env: {
      PATH: `${bin}:${process.env.PATH}`,
      HOME: directory,
      NO_COLOR: '1',
      CI: '1',
      ...env,
    },
  }).stdout
}

function link(target: string, path: string): void {
  try {
    symlinkSync(target, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}
