import { describe, expect, test } from 'vitest'
import { runShell } from '../support/programs.ts'
import { lacks } from '../support/tools.ts'

const threads = (body: string) => `
static int n;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static void *add(void *unused) { ${body} return unused; }
int main(void) {
  pthread_t a, b;
  pthread_create(&a, 0, add, 0);
  pthread_create(&b, 0, add, 0);
  pthread_join(a, 0);
  pthread_join(b, 0);
  return 0;
}`

/** A clean program and a faulty one for each sanitizer, and the report on the faulty one. */
const sanitizers = [
  {
    kind: 'address',
    clean: 'int main(void) { char *p = malloc(8); p[7] = 1; free(p); return 0; }',
    faulty: 'int main(void) { char *p = malloc(8); p[8] = 1; free(p); return 0; }',
    report: 'heap-buffer-overflow',
  },
  {
    kind: 'leak',
    clean: 'int main(void) { free(malloc(8)); return 0; }',
    faulty: 'int main(void) { void *volatile p = malloc(8); p = 0; return 0; }',
    report: 'detected memory leaks',
  },
  {
    kind: 'undefined',
    clean: 'int main(int argc, char **argv) { return argc - 1; }',
    faulty: 'int main(int argc, char **argv) { int x = 2147483647; return x + argc == 0; }',
    report: 'signed integer overflow',
  },
  {
    kind: 'thread',
    clean: threads('pthread_mutex_lock(&mutex); n++; pthread_mutex_unlock(&mutex);'),
    faulty: threads('for (int i = 0; i < 1000; i++) n++;'),
    report: 'data race',
  },
]

describe.skipIf(lacks('gcc'))('a program built with -fsanitize', () => {
  const run = (kind: string, source: string) =>
    runShell(`gcc -w -g -pthread -fsanitize=${kind} main.c && ./a.out`, {
      policy: 'sanitizers',
      files: { '/work/main.c': `#include <pthread.h>\n#include <stdlib.h>\n${source}\n` },
    })

  test.each(sanitizers)('=$kind succeeds when it has no fault', async ({ kind, clean }) => {
    const clear = await run(kind, clean)
    expect(clear).toSucceed()
    expect(clear.stderr).toBe('')
  })

  test.each(sanitizers)('=$kind exits with 99 and reports a fault', async (sanitizer) => {
    const found = await run(sanitizer.kind, sanitizer.faulty)
    expect(found).toExitWith(99)
    expect(found.stderr).toContain(sanitizer.report)
  })
})
