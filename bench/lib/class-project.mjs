// @ts-check
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * A language of the class bench. The commands are those of Gradebox's own table, in a shell: `$1` is the submission's folder.
 *
 * @typedef {{ file: string, source: string, comment: string, build: string, command: string }} ClassLanguage
 */

/** @type {Record<string, ClassLanguage>} */
export const classLanguages = {
  c: {
    file: 'main.c',
    source:
      '#include <stdio.h>\nint main(void) { long sum = 0, n; while (scanf("%ld", &n) == 1) sum += n; printf("%ld\\n", sum); }\n',
    comment: '//',
    build: 'gcc -std=gnu17 -O2 -Wall -o "$1/program" "$1/main.c" -lm',
    command: './program',
  },
  cpp: {
    file: 'main.cpp',
    source:
      '#include <bits/stdc++.h>\nusing namespace std;\nint main() { vector<long> all; long n; while (cin >> n) all.push_back(n); sort(all.begin(), all.end()); cout << accumulate(all.begin(), all.end(), 0L) << endl; }\n',
    comment: '//',
    build: 'g++ -O2 -std=gnu++17 -Wall -o "$1/program" "$1/main.cpp"',
    command: './program',
  },
  java: {
    file: 'Main.java',
    source:
      'import java.util.*;\npublic class Main { public static void main(String[] a) { Scanner s = new Scanner(System.in); List<Long> all = new ArrayList<>(); while (s.hasNextLong()) all.add(s.nextLong()); Collections.sort(all); System.out.println(all.stream().mapToLong(Long::longValue).sum()); } }\n',
    comment: '//',
    build: 'javac -encoding UTF-8 -d "$1" "$1/Main.java"',
    command: 'java -cp . Main',
  },
  python: {
    file: 'main.py',
    source: 'import sys\nprint(sum(int(n) for n in sys.stdin.read().split()))\n',
    comment: '#',
    build: ':',
    command: 'python3 ./main.py',
  },
}

/**
 * Writes an assignment with this number of submissions and cases. The contents of each submission are different.
 *
 * @param {ClassLanguage} language
 * @param {{ submissions: number, cases: number }} size
 */
export function makeClass({ file, source, comment }, { submissions, cases }) {
  const folder = mkdtempSync(join(tmpdir(), 'gradebox-class-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const write = (/** @type {string} */ path, /** @type {string} */ contents) => {
    mkdirSync(join(folder, path, '..'), { recursive: true })
    writeFileSync(join(folder, path), contents)
  }
  write('package.json', '{}')
  write('assignment.toml', 'name = "Sum"\n[[cases]]\npath = "cases"\n')
  for (let number = 0; number < cases; number++) {
    write(`cases/${number}.in`, `${number} 1 2\n`)
    write(`cases/${number}.ans`, `${number + 3}\n`)
  }
  for (let number = 0; number < submissions; number++) {
    write(`submissions/s${number}/${file}`, `${comment} ${number}\n${source}`)
  }
  return folder
}
