import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { isBuilt, repository } from '../built-package.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** A directory with the package as JavaScript, which Node processes of the tests import. */
    builtPackage: string
  }
}

/** Puts the built package outside the checkout, because other users cannot read or write there. */
export default function setup(project: TestProject): () => void {
  const root = mkdtempSync(join(tmpdir(), 'gradebox-built-'))
  // Vite leaves packages of `node_modules` unchanged, and translates every module elsewhere.
  const directory = join(root, 'node_modules/gradebox')
  mkdirSync(directory, { recursive: true })
  // Tests also run the package as another user.
  chmodSync(root, 0o755)
  const dist = join(directory, 'dist')
  if (isBuilt()) cpSync(join(repository, 'dist'), dist, { recursive: true })
  else build(dist)
  cpSync(join(repository, 'policies'), join(directory, 'policies'), { recursive: true })
  symlinkSync(join(repository, 'node_modules'), join(directory, 'node_modules'))
  cpSync(join(repository, 'package.json'), join(directory, 'package.json'))
  project.provide('builtPackage', directory)
  return () => rmSync(root, { recursive: true, force: true })
}

// The user of the tests may be unable to write to the checkout.
function build(dist: string): void {
  const compiler = 'node_modules/typescript/bin/tsc'
  node([compiler, '-p', 'tsconfig.build.json', '--outDir', dist, '--declaration', 'false'])
  // Makes the command line, which the compiler leaves out.
  node(['scripts/bundle.mjs', dist])
}

function node(args: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: repository,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`${args[0]} failed:\n${stdout}${stderr}`)
}
