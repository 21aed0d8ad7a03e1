import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import * as globals from '../../src/globals.ts'

const src = resolve(import.meta.dirname, '../../src')

/** Files that no test can reach: the page runs in a browser, and the watch's thread is made of .cjs files. */
const EXEMPT = /^grading\/writers\/html\/page\/|^globals\.ts$/

/** Globals for which src/globals.ts exports a function of the same name. */
const CAPTURED = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate']

const BARE = [
  /\bperformance\s*\./,
  /\bDate\.now\b/,
  /\bnew Date\(\)/,
  /\bprocess\.(?:kill|hrtime|nextTick)\b/,
  /\bqueueMicrotask\(/,
  /\bglobalThis\.(?:set|clear)/,
  /from 'node:(?:timers|timers\/promises|perf_hooks)'/,
]

const withoutComments = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '')

/** The uses of globals in a file that do not come from src/globals.ts. */
function bareUses(text: string): string[] {
  const code = withoutComments(text)
  const imported = /import \{([^}]*)\} from '[^']*\/globals\.ts'/.exec(code)?.[1] ?? ''
  const names = imported.split(',').map((name) => name.trim())
  const called = CAPTURED.filter((name) => new RegExp(`(?<![\\w.])${name}\\(`).test(code))
  return [
    ...called.filter((name) => !names.includes(name)),
    ...BARE.flatMap((pattern) => pattern.exec(code)?.[0] ?? []),
  ]
}

test('no file but globals.ts uses a global that a test may replace', () => {
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !EXEMPT.test(file),
  )
  expect(files.length).toBeGreaterThan(200)
  const found = files.flatMap((file) =>
    bareUses(readFileSync(join(src, file), 'utf8')).map((use) => `${file}: ${use}`),
  )
  expect(found).toEqual([])
})

test('the search finds a direct use', () => {
  expect(bareUses('const a = performance.now()')).toEqual(['performance.'])
  expect(bareUses("import { pause } from '../globals.ts'\nsetTimeout(f, 1)")).toEqual([
    'setTimeout',
  ])
  expect(bareUses("import { setTimeout } from './globals.ts'\nsetTimeout(f, 1)")).toEqual([])
  expect(bareUses('// setTimeout(f, 1)\nclock.setTimeout(f)')).toEqual([])
})

describe('under fake timers', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  test('time passes, and the timers of the product fire', async () => {
    vi.useFakeTimers({
      toFake: [
        'setTimeout',
        'setInterval',
        'setImmediate',
        'performance',
        'Date',
        'hrtime',
        'queueMicrotask',
      ],
    })
    const before = [
      globals.clockMs(),
      globals.machineClockNs(),
      globals.timeOfDay().getTime(),
    ] as const
    await globals.pause(5)
    await new Promise((done) => globals.setImmediate(done as () => void))
    expect(globals.clockMs()).toBeGreaterThan(before[0])
    expect(globals.machineClockNs()).toBeGreaterThan(before[1])
    expect(globals.timeOfDay().getTime()).toBeGreaterThan(before[2])
  })
})
