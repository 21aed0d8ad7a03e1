// @ts-check
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { latencies } from '../lib/latencies.mjs'

const lib = join(import.meta.dirname, '../lib')
const asUser = ['setpriv', '--reuid', '1000', '--regid', '1000', '--clear-groups']

// The system's Python: root may have another one, which only root can execute.
const env = { ...process.env, PATH: '/usr/bin:/bin' }

/**
 * Times runs without namespaces, in a process that can make none. A confined run copies its working directory.
 *
 * @param {{ runs: number }} options
 */
export async function measure({ runs }) {
  const isRoot = process.geteuid?.() === 0
  /** @type {Record<string, Record<string, number[]>>} */
  const results = {}
  for (const [who, by] of Object.entries(
    isRoot ? { root: [], 'a user': asUser } : { 'a user': [] },
  )) {
    const command = [...by, 'python3', join(lib, 'without-namespaces.py'), process.execPath]
    const [name = '', ...args] = [...command, join(lib, 'confined-alone.mjs'), `${runs}`]
    const { status, stdout, stderr } = spawnSync(name, args, { encoding: 'utf8', env })
    if (status !== 0) throw new Error(`The bench of confined failed as ${who}: ${stderr}`)
    results[who] = JSON.parse(stdout)
  }
  return { runs, results }
}

/** @param {Awaited<ReturnType<typeof measure>>} result */
export const report = ({ runs, results }) =>
  [
    `${runs} runs of each, in turns; ms.`,
    ...Object.entries(results).map(([who, times]) => `As ${who}:\n\n${latencies(times)}`),
  ].join('\n\n')
