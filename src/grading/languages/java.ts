import type { Project } from './language.ts'
import { withoutComments } from './source-text.ts'

/** The start of a Java program; since Java 21 it may be a method of an instance. */
export const javaMain = /\bvoid\s+main\s*\(/

const declaration = /\b(?:class|interface|enum|record)\s+([\p{ID_Start}_$][\p{ID_Continue}$]*)/u

/**
 * The name of the class that `java` starts: the top-level class with `main`, with its package.
 *
 * @example
 * javaMainClass(project) // 'org.example.Main'
 */
export function javaMainClass({ main }: Pick<Project, 'main'>): string {
  const text = withoutComments(main.text)
  const name =
    topLevelClassWithMain(text) ?? (main.path.split('/').at(-1) ?? '').replace(/\.java$/, '')
  const [, packageName] = /^\s*package\s+([\p{ID_Continue}$.\s]+?)\s*;/mu.exec(text) ?? []
  return packageName === undefined ? name : `${packageName.replace(/\s+/g, '')}.${name}`
}

function topLevelClassWithMain(text: string): string | undefined {
  let depth = 0
  let current: string | undefined
  for (const [token] of text.matchAll(tokens)) {
    if (token === '{') depth += 1
    else if (token === '}') depth -= 1
    else if (depth === 0) current = declaration.exec(token)?.[1] ?? current
    else if (depth === 1 && javaMain.test(token)) return current
  }
  return undefined
}

const tokens = new RegExp(`[{}]|${declaration.source}|${javaMain.source}`, 'gu')
