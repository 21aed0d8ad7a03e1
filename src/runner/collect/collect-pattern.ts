import { posix } from 'node:path'

/** One character of a name, or {@link STAR} for any number of characters. */
type Token = typeof STAR | ((character: string) => boolean)
const STAR = Symbol('*')

/** One directory or file of a pattern's path, and the part below it. */
interface Part {
  /** The characters of the name; undefined for `**`, which stands for any number of directories. */
  readonly tokens: readonly Token[] | undefined
  /** Undefined at the pattern's end. */
  readonly next: Part | undefined
}

/** The position of a walk in a pattern: the possible next parts, and whether the path so far matches. */
export interface Position {
  readonly parts: ReadonlySet<Part>
  readonly matches: boolean
}

/** The meaning of one entry of the option `collect`. */
export interface CollectName {
  /** The text as the caller wrote it. */
  readonly name: string
  /** The file's path. For a pattern: the directory before the pattern's first special character. */
  readonly base: string
  /** The position at which the walk in the pattern starts; undefined if the entry is not a pattern. */
  readonly start: Position | undefined
}

/** The largest number of patterns that the braces of one pattern may make. */
const MOST_ALTERNATIVES = 256
const SPECIAL = /[*?[{]/

/** Whether an entry of `collect` names more than one file. */
export const isPattern = (name: string): boolean => SPECIAL.test(name) || name.endsWith('/')

/**
 * How the init passes on the entries of `collect`. A pattern needs descriptors, because this process itself walks
 * through the pattern's directory.
 */
export const collectionBy = (collect: readonly string[]): 'copies' | 'descriptors' =>
  collect.some(isPattern) ? 'descriptors' : 'copies'

/**
 * Reads an entry of `collect`: a path, a directory (`out/`), or a pattern with `*`, `?`, `[a-z]`, `{a,b}` and `**`.
 *
 * @throws {RangeError} for `..` in a pattern's variable part, and for braces that make too many patterns; the
 *   message is the end of a sentence
 */
export function parseCollectName(name: string): CollectName {
  if (!isPattern(name)) return { name, base: name, start: undefined }
  const segments = (name.endsWith('/') ? `${name}**` : name).split('/')
  const fixed = segments.findIndex((segment) => /[*?[{\\]/.test(segment))
  const base = segments.slice(0, fixed).join('/')
  const alternatives = expandBraces(segments.slice(fixed).join('/'))
  const first = alternatives.map((path) => partsOf(path))
  return {
    name,
    base: base === '' && name.startsWith('/') ? '/' : base,
    start: positionAt(first, false),
  }
}

/** The position after one more directory or file of that name. */
export function advance({ parts }: Position, name: string): Position {
  const characters = [...name]
  const next: Part[] = []
  let matches = false
  for (const part of parts) {
    if (part.tokens === undefined) next.push(part)
    else if (matchesName(part.tokens, characters)) {
      if (part.next === undefined) matches = true
      else next.push(part.next)
    }
  }
  return positionAt(next, matches)
}

/**
 * The entry of `collect` that names a path of the sandbox.
 *
 * @param cwd the directory at which relative paths start
 */
export function namingEntry(
  collect: readonly string[],
  cwd: string,
  path: string,
): string | undefined {
  const wanted = posix.resolve(cwd, path)
  return collect.find((name) => {
    const { base, start } = parseCollectName(name)
    const from = posix.resolve(cwd, base)
    if (start === undefined) return from === wanted
    const below = posix.relative(from, wanted)
    return below !== '' && !below.startsWith('../') && matchesPath(start, below)
  })
}

function matchesPath(start: Position, path: string): boolean {
  return path.split('/').reduce(advance, start).matches
}

// `**` may also match no directory at all, so the part after it may follow directly.
function positionAt(parts: readonly Part[], matches: boolean): Position {
  const all = new Set<Part>()
  for (let part of parts) {
    all.add(part)
    while (part.tokens === undefined && part.next !== undefined) {
      part = part.next
      all.add(part)
    }
  }
  return { parts: all, matches }
}

function partsOf(path: string): Part {
  const segments = path.split('/').filter((segment) => segment !== '' && segment !== '.')
  if (segments.includes('..'))
    throw new RangeError('a pattern without ".." after its first special character')
  // A directory means everything below it.
  if (segments.length === 0 || segments.at(-1) === '**' || path.endsWith('/')) segments.push('*')
  let part: Part | undefined
  for (const segment of segments.reverse()) {
    const isAnyDepth = segment === '**'
    if (isAnyDepth && part?.tokens === undefined && part !== undefined) continue
    part = { tokens: isAnyDepth ? undefined : tokensOf(segment), next: part }
  }
  return part as Part
}

function tokensOf(segment: string): Token[] {
  const tokens: Token[] = []
  const characters = [...segment]
  for (let index = 0; index < characters.length; index++) {
    const character = characters[index] ?? ''
    const set = character === '[' ? characterSet(characters, index) : undefined
    if (set !== undefined) {
      tokens.push(set.token)
      index = set.end
    } else if (character === '*') tokens.push(STAR)
    else if (character === '?') tokens.push(() => true)
    else if (character === '\\' && index + 1 < characters.length) {
      tokens.push(exactly(characters[++index] ?? ''))
    } else tokens.push(exactly(character))
  }
  return tokens
}

const exactly = (wanted: string) => (character: string) => character === wanted

// As in glob(7): `]` may be the first character of a set, and a `[` that starts a set without an end is a plain `[`.
function characterSet(
  characters: readonly string[],
  start: number,
): { token: Token; end: number } | undefined {
  const negated = ['!', '^'].includes(characters[start + 1] ?? '')
  const first = start + (negated ? 2 : 1)
  const end = characters.indexOf(']', first + 1)
  if (end === -1) return undefined
  const ranges: (readonly [string, string])[] = []
  for (let index = first; index < end; index++) {
    const low = characters[index] ?? ''
    const isRange = characters[index + 1] === '-' && index + 2 < end
    ranges.push([low, (isRange ? characters[index + 2] : low) ?? low])
    if (isRange) index += 2
  }
  const point = (character: string) => character.codePointAt(0) ?? 0
  const has = (character: string) =>
    ranges.some(([low, high]) => point(low) <= point(character) && point(character) <= point(high))
  return { token: (character) => has(character) !== negated, end }
}

// The program chooses the names, so no name may make the match slow. The code retries only the last star. The time is
// therefore at most proportional to the product of both lengths.
function matchesName(tokens: readonly Token[], characters: readonly string[]): boolean {
  let [token, index, star, tried] = [0, 0, -1, 0]
  while (index < characters.length) {
    const current = tokens[token]
    if (current === STAR) {
      star = token++
      tried = index
    } else if (current?.(characters[index] ?? '')) {
      token++
      index++
    } else if (star !== -1) {
      token = star + 1
      index = ++tried
    } else return false
  }
  return tokens.slice(token).every((rest) => rest === STAR)
}

/** Expands the braces of a pattern: `{a,b}c` becomes `ac` and `bc`. */
function expandBraces(pattern: string): string[] {
  const done: string[] = []
  const waiting = [pattern]
  for (let text = waiting.pop(); text !== undefined; text = waiting.pop()) {
    const braces = firstBraces(text)
    if (braces === undefined) done.push(text)
    else {
      const { before, choices, after } = braces
      waiting.push(...choices.map((choice) => `${before}${choice}${after}`))
    }
    if (done.length + waiting.length > MOST_ALTERNATIVES) {
      throw new RangeError(`a pattern whose braces make at most ${MOST_ALTERNATIVES} patterns`)
    }
  }
  return done
}

// The first `{` with a matching `}` and a comma between them. Other braces are plain characters.
function firstBraces(text: string) {
  for (let start = 0; start < text.length; start++) {
    if (text[start] === '\\') start++
    else if (text[start] === '{') {
      const found = choicesAt(text, start)
      if (found !== undefined) {
        const { choices, end } = found
        return { before: text.slice(0, start), choices, after: text.slice(end + 1) }
      }
    }
  }
  return undefined
}

function choicesAt(text: string, start: number): { choices: string[]; end: number } | undefined {
  const choices: string[] = []
  let depth = 0
  let from = start + 1
  for (let index = start; index < text.length; index++) {
    const character = text[index]
    if (character === '\\') index++
    else if (character === '{') depth++
    else if (character === ',' && depth === 1) {
      choices.push(text.slice(from, index))
      from = index + 1
    } else if (character === '}' && --depth === 0) {
      if (choices.length === 0) return undefined
      return { choices: [...choices, text.slice(from, index)], end: index }
    }
  }
  return undefined
}
