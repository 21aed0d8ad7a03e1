import { createRequire } from 'node:module'
import type { Language } from './language.ts'
import { MiB } from './project-commands.ts'

/** The policy for Node. If Node is installed outside the system's directories, the policy mounts the Node binary. */
function nodePolicy(execPath: string): string | object {
  if (/^\/(usr|bin)\//.test(execPath)) return 'node'
  return {
    extends: 'node',
    mounts: [{ source: execPath, target: '/opt/node/bin/node' }],
    env: { PATH: '/opt/node/bin:/usr/local/bin:/usr/bin:/bin' },
  }
}

export const javascript: Language = {
  title: 'JavaScript',
  extensions: ['.js', '.mjs', '.cjs'],
  mainNames: ['main.js', 'main.mjs', 'index.js', 'solution.js'],
  run: ({ main }) => ['node', `./${main.path}`],
  version: ['node', '--version'],
  install: 'Node.js (Debian: apt install nodejs)',
  policy: nodePolicy(process.execPath),
  limits: { walltime: '10s', cpu: '10s', memory: '512MiB' },
  floors: { memoryBytes: 96 * MiB, processes: 16 },
}

const compiler = '/opt/gradebox/esbuild'
const program = 'program.mjs'

// Sources with `import x = require('x')` and CommonJS files need `require`, which an ES module does not have.
const banner =
  "import * as gradeboxModule from 'node:module'; globalThis.require ??= gradeboxModule.createRequire(import.meta.url);"

/** esbuild builds TypeScript, so that a program runs in the same way with every version of Node. */
export const typescript: Language = {
  ...javascript,
  title: 'TypeScript',
  extensions: ['.ts', '.mts', '.cts'],
  mainNames: ['main.ts', 'main.mts', 'index.ts', 'solution.ts'],
  compile: ({ main }) => [
    compiler,
    `./${main.path}`,
    '--bundle',
    '--platform=node',
    '--format=esm',
    '--target=node20',
    '--log-level=warning',
    '--color=false',
    `--banner:js=${banner}`,
    `--outfile=${program}`,
  ],
  run: () => ['node', `./${program}`],
  // The command fails if Node or esbuild is missing.
  version: [
    'sh',
    '-c',
    `node=$(node --version) && esbuild=$(${compiler} --version) && echo "$node, esbuild $esbuild"`,
  ],
  install: 'Node.js, and the npm package esbuild with its optional dependencies',
  sample: { path: 'main.ts', text: 'console.log(1 as number)\n' },
  compilePolicy: compilePolicy(esbuildPath()),
}

// esbuild depends on one package per processor architecture. The esbuild binary is in such a package.
function esbuildPath(): string | undefined {
  try {
    const esbuild = createRequire(import.meta.url).resolve('esbuild/package.json')
    return createRequire(esbuild).resolve(`@esbuild/linux-${process.arch}/bin/esbuild`)
  } catch {
    return undefined
  }
}

function compilePolicy(source: string | undefined): string | object {
  const policy = nodePolicy(process.execPath)
  if (source === undefined) return policy
  const base = typeof policy === 'string' ? { extends: policy, mounts: [] } : policy
  const { mounts } = base as { readonly mounts: readonly object[] }
  return { ...base, mounts: [...mounts, { source, target: compiler }] }
}
