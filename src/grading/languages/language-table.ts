import { java, kotlin } from './java.ts'
import type { Command, Language, LanguageTable, Project } from './language.ts'
import { make } from './make.ts'
import { javascript, typescript } from './node.ts'
import { precompiledHeaders, standardLibrary } from './preparations.ts'
import { dotted, MiB, paths, program, runProgram } from './project-commands.ts'

const interpret =
  (...command: Command) =>
  ({ main }: Project): Command => [...command, dotted(main.path)]

/** The row of a language whose interpreter runs the main file. */
const interpreted = (
  interpreter: string,
  row: Omit<Language, 'run' | 'version' | 'limits'> & Partial<Pick<Language, 'limits'>>,
): Language => ({
  run: interpret(interpreter),
  version: [interpreter, '--version'],
  limits: { walltime: '10s', cpu: '10s', memory: '256MiB' },
  ...row,
})

const withMount = (policy: string, path: string) => ({
  extends: policy,
  mounts: [{ source: path, target: path, optional: true }],
})

const native = {
  policy: 'native',
  limits: { walltime: '10s', cpu: '10s', memory: '256MiB', processes: 16 },
  floors: { memoryBytes: 8 * MiB },
} satisfies Partial<Language>

const cMain = /(?:^|[\s*;}])main\s*\(/

const c: Language = {
  ...native,
  title: 'C',
  extensions: ['.c'],
  startsAt: cMain,
  linksAll: true,
  compile: (project) => [
    'gcc',
    '-O2',
    '-std=gnu17',
    '-Wall',
    '-o',
    program,
    ...paths(project),
    '-lm',
  ],
  run: runProgram,
  version: ['gcc', '--version'],
  install: 'gcc (Debian: apt install gcc libc6-dev)',
  sample: {
    path: 'main.c',
    text: '#include <math.h>\n#include <stdio.h>\nint main(int count, char **names) { printf("%f\\n", sqrt(count)); return names == 0; }\n',
  },
}

const cpp: Language = {
  ...c,
  title: 'C++',
  extensions: ['.cpp', '.cc', '.cxx', '.c++', '.C'],
  compile: (project) => ['g++', '-O2', '-std=gnu++17', '-Wall', '-o', program, ...paths(project)],
  preparation: precompiledHeaders,
  version: ['g++', '--version'],
  install: 'g++ (Debian: apt install g++)',
  sample: {
    path: 'main.cpp',
    text: '#include <iostream>\nint main() { std::cout << 1 << std::endl; }\n',
  },
}

const python: Language = {
  title: 'Python',
  extensions: ['.py'],
  mainNames: ['main.py', '__main__.py', 'solution.py'],
  startsAt: /^if\s+__name__\s*==/m,
  run: interpret('python3'),
  version: ['python3', '--version'],
  install: 'Python 3 (Debian: apt install python3)',
  policy: 'python',
  limits: { walltime: '10s', cpu: '10s', memory: '256MiB' },
  floors: { memoryBytes: 24 * MiB },
}

const go: Language = {
  ...native,
  title: 'Go',
  extensions: ['.go'],
  startsAt: /^func\s+main\s*\(/m,
  linksAll: true,
  compile: (project) => [
    'go',
    'build',
    '-o',
    program,
    ...(project.files.includes('go.mod') ? ['.'] : paths(project)),
  ],
  run: runProgram,
  preparation: standardLibrary,
  version: ['go', 'version'],
  install: 'Go (Debian: apt install golang-go)',
  sample: {
    path: 'main.go',
    text: 'package main\nimport "fmt"\nfunc main() { fmt.Println(1) }\n',
  },
  compilePolicy: 'go',
  compileLimits: { memory: '2GiB' },
  limits: { ...native.limits, processes: 64 },
  floors: { memoryBytes: 48 * MiB, processes: 16 },
}

const rust: Language = {
  ...native,
  title: 'Rust',
  extensions: ['.rs'],
  mainNames: ['main.rs'],
  startsAt: /\bfn\s+main\s*\(/,
  compile: ({ main }) => ['rustc', '-O', '--edition', '2021', '-o', program, dotted(main.path)],
  run: runProgram,
  version: ['rustc', '--version'],
  install: 'Rust (Debian: apt install rustc)',
  sample: { path: 'main.rs', text: 'fn main() { println!("{}", 1); }\n' },
  compilePolicy: 'rust',
  compileLimits: { memory: '2GiB' },
}

const csharp: Language = {
  title: 'C#',
  extensions: ['.cs'],
  startsAt: /\bstatic\s+(?:async\s+)?(?:void|int|Task(?:\s*<\s*int\s*>)?)\s+Main\s*\(/,
  linksAll: true,
  compile: (project) => ['mcs', '-optimize', '-out:program.exe', ...paths(project)],
  run: () => ['mono', 'program.exe'],
  version: ['mcs', '--version'],
  tools: ['mono'],
  install: 'Mono (Debian: apt install mono-mcs mono-runtime)',
  sample: {
    path: 'Main.cs',
    text: 'class Program { static void Main() { System.Console.WriteLine(1); } }\n',
  },
  // Mono finds the C library only with the configuration in /etc/mono.
  policy: withMount('strict', '/etc/mono'),
  compilePolicy: withMount('c', '/etc/mono'),
  limits: { walltime: '10s', cpu: '10s', memory: '512MiB' },
  floors: { memoryBytes: 96 * MiB, processes: 16 },
}

const haskell: Language = {
  ...native,
  title: 'Haskell',
  extensions: ['.hs'],
  mainNames: ['Main.hs', 'main.hs'],
  startsAt: /^main\s*(?:::|=)/m,
  compile: ({ main }) => [
    'ghc',
    '-O1',
    '-v0',
    '-outputdir',
    '/tmp/ghc',
    '-o',
    program,
    dotted(main.path),
  ],
  run: runProgram,
  version: ['ghc', '--version'],
  install: 'GHC (Debian: apt install ghc)',
  sample: { path: 'Main.hs', text: 'main :: IO ()\nmain = print (1 :: Int)\n' },
  // In Debian, GHC's list of packages is a link into this directory.
  compilePolicy: withMount('c', '/var/lib/ghc'),
  compileLimits: { memory: '2GiB' },
  floors: { memoryBytes: 32 * MiB },
}

const ruby = interpreted('ruby', {
  title: 'Ruby',
  extensions: ['.rb'],
  mainNames: ['main.rb', 'solution.rb'],
  install: 'Ruby (Debian: apt install ruby)',
  floors: { memoryBytes: 48 * MiB },
})

const php = interpreted('php', {
  title: 'PHP',
  extensions: ['.php'],
  mainNames: ['main.php', 'index.php', 'solution.php'],
  install: 'PHP (Debian: apt install php-cli)',
  floors: { memoryBytes: 48 * MiB },
})

const perl = interpreted('perl', {
  title: 'Perl',
  extensions: ['.pl'],
  mainNames: ['main.pl', 'solution.pl'],
  install: 'Perl (Debian: apt install perl)',
  floors: { memoryBytes: 16 * MiB },
})

const shell = interpreted('bash', {
  title: 'shell',
  extensions: ['.sh', '.bash'],
  mainNames: ['main.sh', 'solution.sh'],
  install: 'Bash (Debian: apt install bash)',
  policy: 'shell',
  limits: { walltime: '10s', cpu: '10s', memory: '128MiB' },
  floors: { memoryBytes: 8 * MiB },
})

/**
 * The languages that come with Gradebox. A further language needs only a further row of this table. `make` is first,
 * because a Makefile takes precedence over the extensions of other files.
 */
export const languages = {
  make,
  c,
  cpp,
  java,
  python,
  javascript,
  typescript,
  go,
  rust,
  csharp,
  kotlin,
  ruby,
  php,
  perl,
  haskell,
  shell,
} as const satisfies LanguageTable
