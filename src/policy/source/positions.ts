import type { KeyPath } from '../../errors/problem.ts'

/** The offsets of a key and its value in a TOML text, and of the keys below it. */
interface Node {
  /** The offset of the key; for an element of a list, the offset of the element. */
  key: number
  /** The offset of the value; absent for a table with a header. */
  value?: number
  readonly children: Map<string | number, Node>
  /** Whether the value is a list of `[[tables]]`. */
  isTables: boolean
}

const makeNode = (key: number): Node => ({ key, children: new Map(), isTables: false })

/** Selects the key's offset or the value's offset. */
export type Part = 'key' | 'value'

/** The positions of the keys of a TOML document. */
export interface TomlPositions {
  /**
   * The offset of a key or its value; for an absent key, the offset of the nearest table that would contain the key.
   */
  find(path: KeyPath, part: Part): number | undefined
}

const ESCAPES: Readonly<Record<string, string>> = { b: '\b', t: '\t', n: '\n', f: '\f', r: '\r' }

/** Reads a valid document and records only positions. */
class Scanner {
  readonly #text: string
  #at = 0
  readonly root = makeNode(0)

  constructor(text: string) {
    this.#text = text
  }

  scan(): void {
    let table = this.root
    for (this.#skip(); this.#at < this.#text.length; this.#skip()) {
      const before = this.#at
      if (this.#text[this.#at] === '[') table = this.#header()
      else this.#pair(table)
      if (this.#at === before) this.#at++
    }
  }

  // Skips blanks, line ends, comments and commas.
  #skip(): void {
    this.#pass(/(?:[\s,]|#[^\n]*)*/y)
  }

  #pass(pattern: RegExp): void {
    pattern.lastIndex = this.#at
    // At the end of the text nothing matches, and a failed match would reset lastIndex to 0.
    if (pattern.test(this.#text)) this.#at = pattern.lastIndex
  }

  #blanks(): void {
    while (this.#text[this.#at] === ' ' || this.#text[this.#at] === '\t') this.#at++
  }

  #header(): Node {
    const isTables = this.#text[this.#at + 1] === '['
    this.#at += isTables ? 2 : 1
    const node = this.#key(this.root)
    this.#at += isTables ? 2 : 1
    if (!isTables) return node
    node.isTables = true
    const element = makeNode(node.key)
    node.key = node.children.size === 0 ? node.key : (node.children.get(0)?.key ?? node.key)
    node.children.set(node.children.size, element)
    return element
  }

  // Reads a dotted key of a table, and returns the node of the key's last part.
  #key(table: Node): Node {
    let node = table
    do {
      if (this.#text[this.#at] === '.') this.#at++
      this.#blanks()
      const at = this.#at
      const name = this.#name()
      const elements = node.isTables ? node.children.get(node.children.size - 1) : undefined
      const parent = elements ?? node
      node = parent.children.get(name) ?? makeNode(at)
      // A repeated header, such as [[mounts]], has the position of its last occurrence.
      node.key = at
      parent.children.set(name, node)
      this.#blanks()
    } while (this.#text[this.#at] === '.')
    return node
  }

  #name(): string {
    const quote = this.#text[this.#at]
    const start = this.#at
    if (quote === '"' || quote === "'") {
      this.#string()
      const inner = this.#text.slice(start + 1, this.#at - 1)
      return quote === "'" ? inner : decode(inner)
    }
    this.#pass(/[\w-]*/y)
    return this.#text.slice(start, this.#at)
  }

  #pair(table: Node): void {
    const node = this.#key(table)
    if (this.#text[this.#at] !== '=') return
    this.#at++
    this.#blanks()
    this.#value(node)
  }

  #value(node: Node): void {
    node.value = this.#at
    const first = this.#text[this.#at]
    if (first === '"' || first === "'") this.#string()
    else if (first === '[') this.#list(node)
    else if (first === '{') this.#inlineTable(node)
    else this.#pass(/[^,\]}#\n]*/y)
  }

  #list(node: Node): void {
    this.#at++
    for (this.#skip(); this.#at < this.#text.length; this.#skip()) {
      if (this.#text[this.#at] === ']') break
      const element = makeNode(this.#at)
      node.children.set(node.children.size, element)
      this.#value(element)
      if (this.#at === element.key) this.#at++
    }
    this.#at++
  }

  #inlineTable(node: Node): void {
    this.#at++
    for (this.#skip(); this.#at < this.#text.length; this.#skip()) {
      if (this.#text[this.#at] === '}') break
      const before = this.#at
      this.#pair(node)
      if (this.#at === before) this.#at++
    }
    this.#at++
  }

  #string(): void {
    const quote = this.#text[this.#at] ?? ''
    const isLong = this.#text.startsWith(quote.repeat(3), this.#at)
    const end = isLong ? quote.repeat(3) : quote
    this.#at += end.length
    while (this.#at < this.#text.length && !this.#text.startsWith(end, this.#at)) {
      this.#at += quote === '"' && this.#text[this.#at] === '\\' ? 2 : 1
    }
    this.#at += end.length
    // A string in triple quotes may itself end in quotes.
    while (isLong && this.#text[this.#at] === quote) this.#at++
  }
}

function decode(inner: string): string {
  return inner.replaceAll(/\\(?:u([\da-fA-F]{4})|U([\da-fA-F]{8})|(.))/g, (_, u, U, character) =>
    character === undefined
      ? String.fromCodePoint(Number.parseInt(u ?? U, 16))
      : (ESCAPES[character] ?? character),
  )
}

/**
 * Finds the position of each key of a TOML document, because the parser smol-toml does not report positions.
 *
 * @param text a document that smol-toml accepts; for other text the function guesses the positions and does not throw
 */
export function tomlPositions(text: string): TomlPositions {
  const scanner = new Scanner(text)
  scanner.scan()
  return {
    find(path, part) {
      let node = scanner.root
      for (const key of path) {
        const child = node.children.get(key)
        if (child === undefined) return node === scanner.root ? undefined : node.key
        node = child
      }
      if (node === scanner.root) return undefined
      return part === 'key' ? node.key : (node.value ?? node.key)
    },
  }
}
