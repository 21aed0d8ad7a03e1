import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { type SandboxOptions, sandboxed } from '../../../src/index.ts'
import { compile } from '../support/programs.ts'
import { needs } from './language.ts'

const hello = '#include <stdio.h>\nint main(void) { puts("hello"); return 0; }\n'
const everything =
  '#include <bits/stdc++.h>\nint main() { std::vector<std::string> v{"b","a"}; std::ranges::sort(v); std::cout << v[0] << "\\n"; }\n'

// Both steps run in one sandbox, which leaves nothing behind at its end.
const shell = (script: string, options: SandboxOptions & { encoding?: 'utf8' }) =>
  sandboxed('sh', ['-c', script], options)

describe('the policy c', () => {
  test('lets gcc compile, and the result run', async (ctx) => {
    needs(ctx, 'gcc')
    const files = { '/work/main.c': hello }
    const run = await shell('gcc -O2 -Wall -o a.out main.c && ./a.out', { policy: 'c', files })
    expect(run).toSucceed()
    expect(run).toHaveStdout('hello\n')
  })

  test('lets g++ compile every header of the library, with debugging information', async (ctx) => {
    needs(ctx, 'g++')
    const files = { '/work/main.cpp': everything }
    const run = await shell('g++ -std=c++20 -g -O2 main.cpp && ./a.out', {
      policy: 'c',
      files,
      // A busy machine takes longer than the 30 s of the policy.
      limits: { walltime: '5min' },
    })
    expect(run).toSucceed()
    expect(run).toHaveStdout('a\n')
  })

  test('lets clang compile', async (ctx) => {
    needs(ctx, 'clang')
    const files = { '/work/main.c': hello }
    const run = await shell('clang -O2 main.c && ./a.out', { policy: 'c', files })
    expect(run).toHaveStdout('hello\n')
  })

  test('brings the compiled program back', async (ctx) => {
    needs(ctx, 'gcc')
    const files = { '/work/main.c': hello }
    const options = { policy: 'c', files, collect: ['/work/a.out'] } as const
    const built = await sandboxed('gcc', ['main.c'], options)
    const [program] = Object.values(built.files)
    const run = await sandboxed('/work/a.out', [], {
      policy: 'native',
      files: { '/work/a.out': program as Uint8Array },
    })
    expect(run).toHaveStdout('hello\n')
  })

  test('limits a source that makes the compiler allocate memory without end', async (ctx) => {
    needs(ctx, 'gcc')
    const files = {
      '/work/main.c': 'int a[2000000000ull] = { 1 };\nint main(void) { return a[0]; }\n',
    }
    expect(await sandboxed('gcc', ['main.c'], { policy: 'c', files })).not.toSucceed()
  })

  test('hides files that a source includes and must not read', async (ctx) => {
    needs(ctx, 'gcc')
    for (const path of ['/etc/shadow', '/root/.ssh/id_rsa', '/proc/1/environ']) {
      const files = { '/work/main.c': `#include "${path}"\n` }
      const run = await sandboxed('gcc', ['-E', 'main.c'], { policy: 'c', files })
      expect(run, path).toExitWith(1)
    }
  })
})

describe('the policy native', () => {
  const files = { '/work/multiply': compile('multiply'), '/work/call': compile('call') }

  test('runs a compiled program', async () => {
    const source =
      '#include <math.h>\n#include <stdio.h>\nint main(int c, char **v) { printf("%.1f\\n", sqrt(c * 4.0)); }\n'
    const program = compileSource(source)
    const run = await sandboxed('/work/a.out', [], {
      policy: 'native',
      files: { '/work/a.out': program },
    })
    expect(run).toHaveStdout('2.0\n')
  })

  test('has no other program', async () => {
    const source = '#include <stdlib.h>\nint main(void) { return system("true") == 0 ? 1 : 0; }\n'
    const run = await sandboxed('/work/a.out', [], {
      policy: 'native',
      files: { '/work/a.out': compileSource(source) },
    })
    expect(run).toSucceed()
    await expect(sandboxed('sh', [], { policy: 'native' })).rejects.toMatchObject({
      code: 'PROGRAM_NOT_FOUND',
    })
  })

  test('limits a fork bomb', async () => {
    const source = '#include <unistd.h>\nint main(void) { for (;;) fork(); }\n'
    const run = await sandboxed('/work/a.out', [], {
      policy: 'native',
      limits: { walltime: '500ms' },
      files: { ...files, '/work/a.out': compileSource(source) },
    })
    expect(run).toExceedWalltime()
  })

  test('kills a program that opens a network socket', async () => {
    const source =
      '#include <sys/socket.h>\nint main(void) { return socket(AF_INET, SOCK_STREAM, 0); }\n'
    const run = await sandboxed('/work/a.out', [], {
      policy: 'native',
      files: { '/work/a.out': compileSource(source) },
    })
    expect(run).toBeKilledBySeccomp('socket')
  })
})

function compileSource(source: string): Uint8Array {
  const script = 'd=$(mktemp -d) && gcc -x c -o $d/a - -lm && cat $d/a && rm -r $d'
  return execFileSync('sh', ['-c', script], { input: source, maxBuffer: 1 << 24 })
}
