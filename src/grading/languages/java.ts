import type { Language, Project } from './language.ts'
import { compilerClasses } from './preparations.ts'
import { MiB, paths } from './project-commands.ts'
import { withoutComments } from './source-text.ts'

/** The method that a Java program starts with. Since Java 21, `main` may be an instance method. */
const javaMain = /\bvoid\s+main\s*\(/

const declaration = /\b(?:class|interface|enum|record)\s+([\p{ID_Start}_$][\p{ID_Continue}$]*)/u

/**
 * The name of the class that `java` starts, including its package. This class is the top-level class with `main`.
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

// The serial collector makes a JVM with a small heap start faster. The JVM then also stays below the memory limit if no
// cgroup counts the memory.
const jvmOptions = [
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-XX:-UsePerfData',
  '-Xshare:auto',
]
const heap = (memoryBytes: number) => `-Xmx${Math.max(16, Math.floor(memoryBytes / MiB) - 80)}m`

export const java: Language = {
  title: 'Java',
  extensions: ['.java'],
  mainNames: ['Main.java', 'Solution.java'],
  startsAt: javaMain,
  compile: (project) => [
    'javac',
    ...jvmOptions.map((option) => `-J${option}`),
    '-encoding',
    'UTF-8',
    '-d',
    '.',
    ...paths(project),
  ],
  run: (project, { memoryBytes }) => [
    'java',
    ...jvmOptions,
    heap(memoryBytes),
    '-cp',
    '.',
    javaMainClass(project),
  ],
  preparation: compilerClasses,
  version: ['javac', '-version'],
  tools: ['java'],
  install: 'a JDK (Debian: apt install default-jdk-headless)',
  sample: {
    path: 'Main.java',
    text: 'class Main { public static void main(String[] names) { System.out.println(1); } }\n',
  },
  policy: 'java',
  compilePolicy: 'java',
  limits: { walltime: '10s', cpu: '10s', memory: '512MiB' },
  floors: { memoryBytes: 128 * MiB, walltimeMs: 1000, processes: 32 },
}

export const kotlin: Language = {
  ...java,
  title: 'Kotlin',
  extensions: ['.kt'],
  mainNames: ['Main.kt', 'main.kt'],
  startsAt: /\bfun\s+main\s*\(/,
  linksAll: true,
  compile: (project) => [
    'kotlinc',
    '-nowarn',
    '-include-runtime',
    '-d',
    'program.jar',
    ...paths(project),
  ],
  run: (_, { memoryBytes }) => ['java', ...jvmOptions, heap(memoryBytes), '-jar', 'program.jar'],
  version: ['kotlinc', '-version'],
  tools: ['java'],
  install: 'Kotlin (Debian: apt install kotlin)',
  sample: { path: 'Main.kt', text: 'fun main() { println(1) }\n' },
  compileLimits: { walltime: '120s', memory: '2GiB' },
}
