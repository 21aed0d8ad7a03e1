import type { Command, Preparation, Project } from './language.ts'
import { withoutComments } from './source-text.ts'

/** The headers that make a compilation much shorter when they are precompiled. GCC uses at most one per compilation. */
const headers = ['bits/stdc++.h', 'iostream']

// GCC finds NAME.gch before NAME along the include path, and refuses a NAME.gch that was made with other flags or
// macros. The script precompiles a file that includes the real header, because some pragmas work only in an included
// file.
const precompile = [
  'header=$1 && shift',
  'real=$(echo "#include <$header>" | g++ "$@" -H -fsyntax-only -x c++ - 2>&1 | sed -n "1s/^\\. //p")',
  'mkdir -p "$(dirname "./$header")" && echo "#include \\"$real\\"" > "./$header" || exit',
  'g++ "$@" -x c++-header "./$header" -o "./$header.gch" && rm "./$header"',
].join('\n')

/** A precompiled header for C++ programs whose sources all include this header first. */
export const precompiledHeaders: Preparation = {
  prepare: (command, project) => {
    const [header, ...others] = new Set(project.sources.map(firstHeader))
    if (command[0] !== 'g++' || header === undefined || others.length > 0) return undefined
    return ['sh', '-c', precompile, 'prepare', header, ...flagsOf(command, project)]
  },
  use: ([program, ...args], place) => [program, '-I', place, ...args],
  after: 6,
}

// The header must come first, because a macro or a pragma before the header could change its meaning.
function firstHeader({ text }: Project['main']): string | undefined {
  const [, header = ''] = /^\s*#\s*include\s*<([^>\n]+)>/.exec(withoutComments(text)) ?? []
  return headers.includes(header) ? header : undefined
}

function flagsOf([, ...args]: Command, { sources }: Project): string[] {
  const own = new Set(sources.map(({ path }) => `./${path}`))
  return args.filter((arg, at) => arg !== '-o' && args[at - 1] !== '-o' && !own.has(arg))
}

const sampleClass =
  'import java.util.*; public class Main { record P(int a) {} public static void main(String[] a) { Scanner s = new Scanner(System.in); List<P> l = new ArrayList<>(); while (s.hasNextInt()) l.add(new P(s.nextInt())); System.out.println(l.stream().mapToInt(p -> p.a() + 1).sum()); } }'

/** An archive of javac's own classes. The JVM maps the archive instead of loading and checking each class. */
export const compilerClasses: Preparation = {
  prepare: ([program, ...args]) => {
    if (program !== 'javac') return undefined
    const flags = args.filter((arg) => arg.startsWith('-J'))
    const script = `mkdir /tmp/sample && echo '${sampleClass}' > /tmp/sample/Main.java && archive=$PWD/javac.jsa && javac "$@" "-J-XX:ArchiveClassesAtExit=$archive" -d /tmp/sample /tmp/sample/Main.java && test -s "$archive"`
    return ['sh', '-c', script, 'prepare', ...flags]
  },
  use: ([program, ...args], place) => [
    program,
    `-J-XX:SharedArchiveFile=${place}/javac.jsa`,
    ...args,
  ],
  after: 4,
}

const packages =
  'bufio bytes container/heap container/list context errors fmt io math math/big math/bits math/rand os os/signal regexp sort strconv strings sync sync/atomic time unicode unicode/utf8'

/** Go's cache with the compiled standard library. Without this cache, Go compiles the library for the first program. */
export const standardLibrary: Preparation = {
  prepare: ([program]) =>
    program === 'go' ? ['sh', '-c', `GOCACHE=$PWD go build ${packages}`, 'prepare'] : undefined,
  use: (command, place) => ['env', `GOCACHE=${place}`, ...command],
  changes: true,
  waits: true,
}
