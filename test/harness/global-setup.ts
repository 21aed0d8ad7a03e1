import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { isBuilt, repository } from '../built-package.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** A directory in whose `node_modules` this package is installed, as npm would install it. */
    harnessRoot: string
  }
}

const packaged = [
  'dist',
  'policies',
  'gradebox-report.schema.json',
  'assignment.schema.json',
  'package.json',
]
/** Builds the package if its sources changed, and installs it where the fixture projects find it. */
export default function setup(project: TestProject): () => void {
  if (!isBuilt()) build()
  const root = mkdtempSync(join(tmpdir(), 'gradebox-harness-'))
  install(root)
  project.provide('harnessRoot', root)
  return () => rmSync(root, { recursive: true, force: true })
}

function build(): void {
  const { status, stdout, stderr } = spawnSync('npm', ['run', 'build'], {
    cwd: repository,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`npm run build failed:\n${stdout}${stderr}`)
}

// The package is copied, not linked. Through a link, Node, Vite and Jest would see the repository's path outside any
// node_modules, and treat the package as the project's own source.
function install(root: string): void {
  const modules = join(root, 'node_modules')
  mkdirSync(modules)
  for (const name of readdirSync(join(repository, 'node_modules'))) {
    if (!name.startsWith('.'))
      symlinkSync(join(repository, 'node_modules', name), join(modules, name))
  }
  for (const path of packaged) {
    const source = join(repository, path)
    if (existsSync(source)) cpSync(source, join(modules, 'gradebox', path), { recursive: true })
  }
}
