// @ts-check
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { median, round } from '../lib/stats.mjs'
import { fixed, table } from '../lib/table.mjs'

const repository = resolve(import.meta.dirname, '../..')
const IMPORTS = 30
const PROJECTS = 7

/** @type {(args: readonly string[], cwd: string) => number} */
function timeNode(args, cwd) {
  const start = performance.now()
  const { status, stderr } = spawnSync(process.execPath, args, { cwd, encoding: 'utf8' })
  if (status !== 0) throw new Error(`node ${args.join(' ')}: ${status}: ${stderr}`)
  return performance.now() - start
}

/** A Vitest project with one test that does nothing, with the plugin or without. */
function makeProject() {
  const directory = mkdtempSync(join(tmpdir(), 'gradebox-bench-'))
  mkdirSync(join(directory, 'node_modules'))
  for (const name of ['vitest', 'vite']) {
    symlinkSync(join(repository, 'node_modules', name), join(directory, 'node_modules', name))
  }
  symlinkSync(repository, join(directory, 'node_modules/gradebox'))
  const files = {
    'package.json': '{ "type": "module" }',
    'empty.test.js': "import { test } from 'vitest'\ntest('does nothing', () => {})\n",
    'without.config.js': 'export default {}\n',
    'with.config.js':
      "import gradebox from 'gradebox/vitest'\nexport default { plugins: [gradebox()] }\n",
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text)
  return directory
}

/** The cost of importing the package, and of the plugin in a project. */
export async function measure() {
  const directory = makeProject()
  const vitest = join(repository, 'node_modules/vitest/vitest.mjs')
  const withConfig = (/** @type {string} */ config) => [vitest, 'run', '--config', config]
  const module = ['--input-type=module', '-e']
  /** @type {Record<string, { args: string[], base?: string, times: number }>} */
  const contestants = {
    'node, nothing imported': { args: [...module, ''], times: IMPORTS },
    "import 'gradebox'": {
      args: [...module, "import 'gradebox'"],
      base: 'node, nothing imported',
      times: IMPORTS,
    },
    'Vitest, one empty test': { args: withConfig('without.config.js'), times: PROJECTS },
    'Vitest with the plugin': {
      args: withConfig('with.config.js'),
      base: 'Vitest, one empty test',
      times: PROJECTS,
    },
  }
  try {
    /** @type {Record<string, number[]>} */
    const timesMs = Object.fromEntries(Object.keys(contestants).map((name) => [name, []]))
    for (let turn = -1; turn < IMPORTS; turn++) {
      for (const [name, { args, times }] of Object.entries(contestants)) {
        if (turn >= times) continue
        const time = timeNode(args, directory)
        if (turn >= 0) timesMs[name]?.push(round(time, 1))
      }
    }
    return {
      results: Object.entries(contestants).map(([name, { base }]) => {
        const values = timesMs[name] ?? []
        const over = base === undefined ? null : median(values) - median(timesMs[base] ?? [])
        return { name, medianMs: median(values), least: Math.min(...values), overMs: over }
      }),
    }
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** @param {Awaited<ReturnType<typeof measure>>} result */
export function report({ results }) {
  const rows = results.map(({ name, medianMs, least, overMs }) => [
    ...[name, fixed(least, 0), fixed(medianMs, 0)],
    overMs === null ? '-' : fixed(overMs, 0),
  ])
  return [
    'A Node process of its own each time; milliseconds.',
    '',
    table(['', 'least', 'median', 'more than the one above'], rows),
  ].join('\n')
}
