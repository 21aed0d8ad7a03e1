import { describe, expect, test } from 'vitest'
import { assembleInPieces } from '../../../src/launcher/image/assemble.ts'
import { REQUEST_ADDRESS } from '../../../src/launcher/machine/memory-layout.ts'
import { planConfinedRequest } from '../../../src/launcher/plan/confined/confined-plan.ts'
import type { DirectoryEntry } from '../../../src/launcher/plan/copy.ts'
import { attachTreeSteps } from '../../../src/launcher/plan/late-mounts.ts'
import { SafePaths } from '../../../src/launcher/plan/paths.ts'
import { FAIL, stepsOf } from '../../../src/launcher/step.ts'
import { finish, type Work } from '../../../src/work.ts'

const FILES = 5000

const entries = Array.from(
  { length: FILES },
  (_, n): DirectoryEntry => ({
    path: `file ${n}`,
    type: 'file',
    mode: 0o644,
    sizeBytes: 1,
    modifiedMs: 0,
  }),
)
const owner = { uid: 1000, gid: 1000 }
const tree = { source: '/srv/a', target: '/work', mode: 0o755, readOnly: false }

const pieces = (work: Work<unknown>): number => [...work].length

describe('the plan of a directory of 5,000 files pauses', () => {
  test.each([
    ['a copy', { type: 'copy', ...tree, entries }],
    ['an overlay', { type: 'overlay', ...tree, options: '', chown: entries }],
  ] as const)('for %s', (_, mount) => {
    const options = { mounts: [mount], arch: 'x64', owner } as const
    expect(pieces(attachTreeSteps(options, new SafePaths('x64')))).toBeGreaterThan(FILES / 50)
  })

  test('for a copy without namespaces', () => {
    const request = planConfinedRequest({
      arch: 'x64',
      as: 'root',
      path: '/tmp/run',
      owner,
      neighbour: 1001,
      lastCapability: 2,
      workdir: { source: '/srv/a', entries },
      readOnly: false,
      files: [],
      rules: [],
      moreTasks: undefined,
      pipes: [],
      program: {
        candidates: ['/bin/true'],
        argv: ['true'],
        env: {},
        cwd: '/work',
        wallTimeMs: undefined,
        affinity: { processors: [0], token: 1n, isShown: true },
        limits: [],
        collect: { paths: [], by: 'copies' },
        filter: { instructions: 1, report: 'listener', by: 'target' },
      },
    })
    expect(pieces(request)).toBeGreaterThan(FILES / 50)
  })

  test('when it is encoded', () => {
    const init = stepsOf('init')
    const steps = entries.map((_, n) => init('close', [n], n === 0 ? { label: FAIL } : {}))
    const options = { arch: 'x64', address: REQUEST_ADDRESS } as const
    expect(pieces(assembleInPieces({ steps, areas: [] }, options))).toBe(Math.ceil(FILES / 64))
    expect(finish(assembleInPieces({ steps, areas: [] }, options)).steps.length).toBe(FILES)
  })
})
