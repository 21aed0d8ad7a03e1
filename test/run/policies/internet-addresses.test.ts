import { beforeAll, describe, expect, test } from 'vitest'
import { sandboxed } from '../../../src/index.ts'
import { needs } from './language.ts'
import { endsAt, expectEnd, goesOn, UNSUPPORTED } from './network-end.ts'

describe.each(['java', 'kotlin'])('under policy %s', (policy) => {
  const source = `
    import java.net.*; import java.net.http.*; import java.nio.channels.*; import java.nio.file.*;
    public class Probe {
      public static void main(String[] args) throws Exception {
        try { System.out.println(use(args[0])); }
        catch (java.io.IOException error) { System.out.println(error.getMessage()); }
      }
      static Object use(String what) throws Exception {
        switch (what) {
          case "interfaces": return NetworkInterface.getNetworkInterfaces();
          case "its own address": return InetAddress.getLocalHost();
          case "a name that has no address": return InetAddress.getByName("example.com");
          case "a datagram socket": return new DatagramSocket();
          case "a channel for datagrams": return DatagramChannel.open();
          case "files": return FileChannel.open(Files.writeString(Path.of("x"), "hi")).size();
          case "a selector": return Selector.open().isOpen();
          case "a socket without an address": return new Socket().isBound();
          case "a Unix socket": {
            // The length of this address is that of an address of IPv4.
            var address = UnixDomainSocketAddress.of("/tmp/app.sock");
            ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(address);
            return SocketChannel.open(address).isConnected();
          }
          case "a connection": return new Socket("1.1.1.1", 80);
          case "a connection by IPv6": return new Socket("2001:db8::1", 80);
          case "a channel": return SocketChannel.open(new InetSocketAddress("1.1.1.1", 80));
          case "an HTTP client": return HttpClient.newHttpClient()
            .send(HttpRequest.newBuilder(URI.create("http://1.1.1.1/")).build(), HttpResponse.BodyHandlers.ofString());
          case "a URL": return new URL("http://1.1.1.1/").openStream();
          default: return new ServerSocket(0);
        }
      }
    }`
  let compiled: Uint8Array | undefined

  beforeAll(async () => {
    const run = await sandboxed('javac', ['-Xlint:none', 'Probe.java'], {
      policy: 'java',
      files: { '/work/Probe.java': source },
      collect: ['Probe.class'],
    }).catch(() => undefined)
    compiled = run?.files['Probe.class']
  }, 60_000)

  test.for([
    ['interfaces', goesOn('No network interfaces configured\n')],
    ['its own address', goesOn('gradebox/127.0.0.1\n')],
    ['a name that has no address', goesOn('example.com: Name or service not known\n')],
    ['a datagram socket', goesOn(`${UNSUPPORTED}\n`)],
    ['a channel for datagrams', goesOn(`${UNSUPPORTED}\n`)],
    ['files', goesOn('2\n')],
    ['a selector', goesOn('true\n')],
    ['a socket without an address', goesOn('false\n')],
    ['a Unix socket', goesOn('true\n')],
    ['a connection', endsAt(/^connect\(\d+, 0x[0-9a-f]+, (16|28)\)$/)],
    ['a connection by IPv6', endsAt(/^connect\(\d+, 0x[0-9a-f]+, 28\)$/)],
    ['a channel', endsAt(/^connect\(/)],
    ['an HTTP client', endsAt(/^connect\(/)],
    ['a URL', endsAt(/^connect\(/)],
    ['a server', endsAt(/^bind\(/)],
  ] as const)('the JVM: %s', { timeout: 60_000 }, async ([what, end], ctx) => {
    needs(ctx, 'java', 'javac')
    expect(compiled).toBeDefined()
    const run = await sandboxed('java', ['Probe', what], {
      policy,
      files: { '/work/Probe.class': compiled ?? new Uint8Array() },
    })
    expectEnd(run, end)
  })
})

describe.each([
  ['ends the run for denied calls', []],
  ['also logs calls', [{ action: 'log', syscalls: ['getppid'] }] as const],
] as const)('a policy that denies Internet addresses by their length, and %s', (_, rules) => {
  const policy = { extends: 'java', seccomp: { rules } }
  const unix = `import os, socket, threading
def talk(path):
  server = socket.socket(socket.AF_UNIX); server.bind(path); server.listen()
  socket.socket(socket.AF_UNIX).connect(path); print(len(path))
for length in range(10, 30):
  talk("/tmp/" + "x" * (length - 5))
thread = threading.Thread(target=talk, args=["/tmp/app.sock"]); thread.start(); thread.join()
if os.fork() == 0: talk("/tmp/" + "y" * 8)
os.wait()`

  test('lets Unix sockets with addresses of the same lengths connect', async (ctx) => {
    needs(ctx, 'python3')
    const run = await sandboxed('python3', ['-c', unix], { policy })
    expect(run).toSucceed()
    expect(run.stdout.split('\n').slice(0, 20)).toEqual(
      Array.from({ length: 20 }, (_, index) => String(index + 10)),
    )
  })

  test.for([
    ['socket.socket().connect(("127.0.0.1", 9))', 'connect', 16],
    ['socket.socket().bind(("127.0.0.1", 0))', 'bind', 16],
    ['socket.socket(socket.AF_INET6).connect(("::1", 9))', 'connect', 28],
  ] as const)('ends the run at %s', async ([code, call, length], ctx) => {
    needs(ctx, 'python3')
    const run = await sandboxed('python3', ['-c', `${unix}\n${code}`], { policy })
    expect(run).toBeKilledBySeccomp(call)
    expect(run.syscall?.args[2]).toBe(length)
    expect(run.reason).not.toContain('more')
  })
})
