import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type SandboxOptions, sandboxed } from '../../../src/index.ts'
import { needs } from './language.ts'

const shell = (script: string, options: SandboxOptions & { encoding?: 'utf8' }) =>
  sandboxed('sh', ['-c', script], options)

describe('the policy java', () => {
  const main = `
import java.util.*;
import java.util.concurrent.*;
public class Main {
  public static void main(String[] args) throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(4);
    Future<Integer> six = pool.submit(() -> 6);
    System.out.println(six.get() * 7 + " " + new Scanner(System.in).nextInt());
    pool.shutdown();
  }
}
`

  test('lets javac compile, and java run the class', async (ctx) => {
    needs(ctx, 'javac', 'java')
    const files = { '/work/Main.java': main }
    const run = await shell('javac Main.java && java Main', { policy: 'java', files, stdin: '5\n' })
    expect(run).toSucceed()
    expect(run).toHaveStdout('42 5\n')
    expect(run.stderr).toBe('')
  })

  test('lets java run a source file', async (ctx) => {
    needs(ctx, 'java')
    const files = { '/work/Main.java': main }
    const run = await sandboxed('java', ['Main.java'], { policy: 'java', files, stdin: '6\n' })
    expect(run).toHaveStdout('42 6\n')
  })

  test('gives no network, and shows no file of the host', async (ctx) => {
    needs(ctx, 'java')
    const source = `
public class Main {
  public static void main(String[] args) throws Exception {
    System.out.println(new java.io.File("/etc/shadow").exists());
    System.out.flush();
    new java.net.Socket("10.0.0.1", 80);
  }
}
`
    const run = await sandboxed('java', ['Main.java'], {
      policy: 'java',
      files: { '/work/Main.java': source },
    })
    expect(run.stdout).toBe('false\n')
    expect(run).toBeKilledBySeccomp('connect')
  })

  test('stops a program that allocates memory without end, and one that starts threads for ever', async (ctx) => {
    needs(ctx, 'java')
    const eats = `public class Main { public static void main(String[] a) {
      var l = new java.util.ArrayList<byte[]>(); for (;;) l.add(new byte[1 << 24]); } }`
    const threads = `public class Main { public static void main(String[] a) {
      for (;;) new Thread(() -> { try { Thread.sleep(100000); } catch (Exception e) {} }).start(); } }`
    for (const source of [eats, threads]) {
      const run = await sandboxed('java', ['Main.java'], {
        policy: 'java',
        limits: { walltime: '5s' },
        files: { '/work/Main.java': source },
      })
      expect(run).not.toSucceed()
    }
  })
})

// The system's tool, or the one of rustup, which is in a user's home directory.
function rustToolchain(
  ctx: { skip: (reason: string) => void },
  tool: 'rustc' | 'cargo',
): Pick<SandboxOptions, 'mounts'> {
  if (existsSync(`/usr/bin/${tool}`)) return {}
  try {
    const sysroot = execFileSync('rustc', ['--print', 'sysroot'], { encoding: 'utf8' }).trim()
    if (existsSync(join(sysroot, 'bin', tool))) {
      return { mounts: [{ source: sysroot, target: '/opt/rust' }] }
    }
  } catch {}
  needs(ctx, tool)
  return {}
}

describe('the policy rust', () => {
  const main = `
use std::{collections::HashMap, thread};
fn main() {
    let n: i32 = thread::spawn(|| 6).join().unwrap();
    let mut m = HashMap::new();
    m.insert("a", n * 7);
    println!("{}", m["a"]);
}
`

  test('lets rustc compile, and the result run', async (ctx) => {
    const options = {
      policy: 'rust',
      files: { '/work/main.rs': main },
      ...rustToolchain(ctx, 'rustc'),
    }
    const run = await shell('rustc -O main.rs && ./main', options)
    expect(run).toSucceed()
    expect(run).toHaveStdout('42\n')
  })

  test('lets cargo build offline', async (ctx) => {
    const files = {
      '/work/src/main.rs': main,
      '/work/Cargo.toml': '[package]\nname = "sample"\nversion = "0.1.0"\nedition = "2021"\n',
    }
    const run = await shell('cargo run --quiet', {
      policy: 'rust',
      files,
      ...rustToolchain(ctx, 'cargo'),
    })
    expect(run).toSucceed()
    expect(run).toHaveStdout('42\n')
  })

  test('kills a program that opens a network socket', async (ctx) => {
    const source =
      'fn main() { println!("{}", std::net::TcpStream::connect("10.0.0.1:80").is_ok()) }'
    const options = {
      policy: 'rust',
      files: { '/work/main.rs': source },
      ...rustToolchain(ctx, 'rustc'),
    }
    const run = await shell('rustc main.rs && exec ./main', options)
    expect(run).toBeKilledBySeccomp('socket')
  })
})

describe('the policy go', () => {
  const main =
    'package main\n\nimport "fmt"\n\nfunc main() {\n\tc := make(chan int)\n\tgo func() { c <- 42 }()\n\tfmt.Println(<-c)\n}\n'

  test('lets go build, and the result run', async (ctx) => {
    needs(ctx, 'go')
    const files = { '/work/main.go': main }
    const run = await shell('go build -o a.out main.go && ./a.out', { policy: 'go', files })
    expect(run).toSucceed()
    expect(run).toHaveStdout('42\n')
  })

  test('kills a program that opens a network socket', async (ctx) => {
    needs(ctx, 'go')
    const source =
      'package main\n\nimport "net"\n\nfunc main() { net.Dial("tcp", "10.0.0.1:80") }\n'
    const options = { policy: 'go', files: { '/work/main.go': source } }
    const run = await shell('go build -o a.out main.go && exec ./a.out', options)
    expect(run).toBeKilledBySeccomp('socket')
  })
})
