import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test as base, describe, expect } from 'vitest'
import { withRepeats } from '../repeats.ts'
import { installOnce } from './npm.ts'
import { writePages } from './pages.ts'

// The three ways in which TypeScript finds a package's types today.
const resolutions = withRepeats<readonly [module: string, resolution: string]>(
  [
    ['esnext', 'bundler'],
    ['nodenext', 'nodenext'],
  ],
  [['node16', 'node16']],
)

const cache = resolve('node_modules/.cache/gradebox-typescript-5.9.3')
const compilers = {
  'TypeScript 7': () => resolve('node_modules/typescript/bin/tsc'),
  // Installed apart from the checkout's own packages. Otherwise its `tsc` would replace the other one in
  // `node_modules/.bin`.
  'TypeScript 5.9': () => {
    const problem = installOnce(cache, ['typescript@5.9.3'])
    return problem === '' ? join(cache, 'node_modules/typescript/bin/tsc') : problem
  },
}

const required = `
import { createSandbox, isSandboxError, SandboxError, sandboxed, type SandboxResult } from 'gradebox'
import grading = require('gradebox/grading/jest')

const python = createSandbox({ policy: 'python' })
export async function run(): Promise<SandboxResult> {
  try {
    return await sandboxed('true')
  } catch (error) {
    if (isSandboxError(error) && error instanceof SandboxError) console.error(error.code)
    return python('python3', ['-V'])
  }
}
export const declare = grading.assignment
`

describe.for(Object.entries(compilers))('%s', ([name, find]) => {
  base.for(resolutions)(
    'accepts the README’s tests with the plugin alone: %s, %s',
    ([module, resolution], { skip }) => {
      const tsc = find()
      if (!existsSync(tsc)) skip(`${name}: ${tsc}`)
      const directory = writePages(['README.md'], {
        'package.json': '{ "type": "module" }',
        'required.cts': required,
      })
      const options = [
        '--noEmit',
        '--strict',
        '--target',
        'es2022',
        '--types',
        'node',
        '--skipLibCheck',
      ]
      const files = ['vitest.config.ts', 'median.test.ts', 'socket.test.ts']
      // The bundler setting makes no CommonJS of a file.
      const more = resolution === 'bundler' ? [] : ['required.cts']
      const command = [tsc, ...options, '--module', module, '--moduleResolution', resolution]
      const { stdout, status } = spawnSync(process.execPath, [...command, ...files, ...more], {
        cwd: directory,
        encoding: 'utf8',
      })
      expect(stdout).toBe('')
      expect(status).toBe(0)
    },
  )
})
