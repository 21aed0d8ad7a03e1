import { createHash } from 'node:crypto'
import { outsideTests } from './outside-tests.ts'
import type { Syntax } from './syntax.ts'

/** The cache's facts about a module of the project that a test worker has loaded. */
export interface LoadedSource {
  /** A hash of the whole module. */
  readonly whole: string
  /** A hash of the module without its tests; absent if Gradebox cannot separate the module from its tests. */
  readonly outside?: string
}

const SOURCES = Symbol.for('gradebox.loadedSources')

const note = ';(globalThis[Symbol.for("gradebox.loadedSources")] ??= new Map()).set'

/** The modules of the project that this worker has loaded, by their paths. */
export const loadedSources = (): ReadonlyMap<string, LoadedSource> =>
  (globalThis as { [SOURCES]?: ReadonlyMap<string, LoadedSource> })[SOURCES] ?? new Map()

/**
 * Adds a line to a module. The line records the module in each test worker that loads the module.
 *
 * @param parse the parser of the bundler, for JavaScript
 */
export function withSource(path: string, code: string, parse: (code: string) => unknown): string {
  // The plugin may run twice: from the project's configuration and from `gradebox grade`.
  if (code.trimEnd().split('\n').at(-1)?.startsWith(note)) return code
  const outside = outsideOf(code, parse)
  const source: LoadedSource = {
    whole: hash(code),
    ...(outside === undefined ? {} : { outside: hash(JSON.stringify(outside)) }),
  }
  return `${code}\n${note}(${JSON.stringify(path)}, ${JSON.stringify(source)});\n`
}

function outsideOf(code: string, parse: (code: string) => unknown): readonly string[] | undefined {
  try {
    return outsideTests(code, parse(code) as Syntax)
  } catch {
    // Vite reports the syntax error when Vite loads the module. Without a syntax tree, every change of the file affects
    // every test.
    return undefined
  }
}

const hash = (text: string): string => createHash('sha256').update(text).digest('hex')
