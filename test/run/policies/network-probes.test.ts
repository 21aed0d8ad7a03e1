import { describe, test } from 'vitest'
import { sandboxed } from '../../../src/index.ts'
import { needs } from './language.ts'
import { type End, endsAt, expectEnd, goesOn, TCP, UNSUPPORTED } from './network-end.ts'

const python = (code: string) => ['python3', '-c', `import socket, sys\n${code}`]
const pythonError = (code: string) =>
  python(`try: ${code}\nexcept OSError as error: print(error.strerror)`)
const ruby = (code: string) => ['ruby', '-rsocket', '-rnet/http', '-e', code]
const rubyError = (code: string) =>
  ruby(`begin; ${code}; rescue SystemCallError => e; puts e.class; end`)
const node = (code: string) => ['node', '-e', code]
const php = (code: string) => ['php', '-r', code]
const perl = (code: string) => ['perl', '-MSocket', '-MIO::Socket::INET', '-e', code]
const bash = (code: string) => ['bash', '-c', code]
const r = (code: string) => ['Rscript', '-e', code]
const sbcl = (code: string) => [
  'sbcl',
  '--noinform',
  '--disable-debugger',
  '--eval',
  '(require :sb-bsd-sockets)',
  '--eval',
  code,
  '--quit',
]

const rows: readonly (readonly [policy: string, probe: string, command: string[], end: End])[] = [
  [
    'strict',
    'the addresses of localhost',
    bash('getent ahosts localhost | grep -m1 127 | cut -d" " -f1'),
    goesOn('127.0.0.1\n'),
  ],
  [
    'strict',
    'a name that has no address',
    bash('getent hosts example.com; echo $?'),
    goesOn('2\n'),
  ],

  [
    'python',
    'an address of the machine',
    python('import uuid; print(uuid.uuid1().version)'),
    goesOn('1\n'),
  ],
  ['python', 'pip', bash('pip --version | cut -c1-4'), goesOn('pip \n')],
  ['python', 'the interfaces', pythonError('socket.if_nameindex()'), goesOn(`${UNSUPPORTED}\n`)],
  [
    'python',
    'its own name',
    python('print(socket.gethostbyname(socket.gethostname()))'),
    goesOn('127.0.0.1\n'),
  ],
  [
    'python',
    'a datagram socket',
    pythonError('socket.socket(type=socket.SOCK_DGRAM)'),
    goesOn(`${UNSUPPORTED}\n`),
  ],
  [
    'python',
    'a netlink socket',
    pythonError('socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)'),
    goesOn(`${UNSUPPORTED}\n`),
  ],
  [
    'python',
    'both versions of IP',
    python('print(socket.has_dualstack_ipv6())'),
    goesOn('False\n'),
  ],
  [
    'python',
    'an event loop',
    python('import asyncio; asyncio.run(asyncio.sleep(0)); print(1)'),
    goesOn('1\n'),
  ],
  [
    'python',
    'a connection',
    python('socket.create_connection(("1.1.1.1", 80))'),
    endsAt(/^socket\(AF_INET, SOCK_STREAM\|SOCK_CLOEXEC, 6\)$/),
  ],
  [
    'python',
    'a connection by IPv6',
    python('socket.create_connection(("::1", 80))'),
    endsAt(/^socket\(AF_INET6, SOCK_STREAM\|SOCK_CLOEXEC, 6\)$/),
  ],
  [
    'python',
    'a URL',
    python('import urllib.request; urllib.request.urlopen("http://1.1.1.1/")'),
    TCP,
  ],
  ['python', 'a server', python('import http.server; http.server.HTTPServer(("", 0), None)'), TCP],

  ['ruby', 'the addresses', rubyError('Socket.ip_address_list'), goesOn('Errno::EAFNOSUPPORT\n')],
  ['ruby', 'the interfaces', rubyError('Socket.getifaddrs'), goesOn('Errno::EAFNOSUPPORT\n')],
  ['ruby', 'a datagram socket', rubyError('UDPSocket.new'), goesOn('Errno::EAFNOSUPPORT\n')],
  ['ruby', 'a connection', ruby('TCPSocket.new("1.1.1.1", 80)'), TCP],
  ['ruby', 'a URL', ruby('Net::HTTP.get(URI("http://1.1.1.1/"))'), TCP],
  ['ruby', 'a server', ruby('TCPServer.new(0)'), TCP],

  [
    'node',
    'the interfaces',
    node('try { os.networkInterfaces() } catch (error) { console.log(error.code) }'),
    goesOn('ERR_SYSTEM_ERROR\n'),
  ],
  [
    'node',
    'a datagram socket',
    node('dgram.createSocket("udp4").on("error", (e) => console.log(e.code)).bind(0)'),
    goesOn('EAFNOSUPPORT\n'),
  ],
  [
    'node',
    'the address of localhost',
    node('dns.lookup("localhost", (_, address) => console.log(address))'),
    goesOn('127.0.0.1\n'),
  ],
  [
    'node',
    'a name that has no address',
    node('fetch("http://example.com/").catch((e) => console.log(e.cause.code))'),
    goesOn('ENOTFOUND\n'),
  ],
  ['node', 'a connection', node('net.connect(80, "1.1.1.1")'), TCP],
  ['node', 'a URL', node('fetch("http://1.1.1.1/")'), TCP],
  ['node', 'a server', node('http.createServer().listen(0)'), TCP],

  [
    'php',
    'a datagram socket',
    php('var_dump(@fsockopen("udp://1.1.1.1", 80));'),
    goesOn('bool(false)\n'),
  ],
  ['php', 'the interfaces', php('var_dump(@net_get_interfaces());'), goesOn('bool(false)\n')],
  ['php', 'the address of localhost', php('echo gethostbyname("localhost");'), goesOn('127.0.0.1')],
  ['php', 'a connection', php('fsockopen("1.1.1.1", 80);'), TCP],
  ['php', 'a URL', php('file_get_contents("http://1.1.1.1/");'), TCP],

  [
    'perl',
    'a datagram socket',
    perl('socket(S, PF_INET, SOCK_DGRAM, 17) or print "$!\\n"'),
    goesOn(`${UNSUPPORTED}\n`),
  ],
  [
    'perl',
    'the address of localhost',
    perl('print inet_ntoa(inet_aton("localhost"))'),
    goesOn('127.0.0.1'),
  ],
  ['perl', 'a connection', perl('IO::Socket::INET->new("1.1.1.1:80")'), TCP],

  ['shell', 'a datagram', bash('exec 3<>/dev/udp/1.1.1.1/80; echo $?'), goesOn('1\n')],
  ['shell', 'a connection', bash('exec 3<>/dev/tcp/1.1.1.1/80'), TCP],

  ['r', 'the address of localhost', r('cat(nsl("localhost"))'), goesOn('127.0.0.1')],
  [
    'r',
    'processes that share work',
    r('cat(unlist(parallel::mclapply(1:3, function(x) x * 2)))'),
    goesOn('2 4 6'),
  ],
  ['r', 'a connection', r('socketConnection("1.1.1.1", 80)'), TCP],
  ['r', 'a URL', r('readLines("http://1.1.1.1/")'), TCP],

  [
    'lisp',
    'the address of localhost',
    sbcl('(princ (sb-bsd-sockets:host-ent-address (sb-bsd-sockets:get-host-by-name "localhost")))'),
    goesOn(/127 0 0 1/),
  ],
  [
    'lisp',
    'a connection',
    sbcl("(make-instance 'sb-bsd-sockets:inet-socket :type :stream :protocol :tcp)"),
    TCP,
  ],
]

/** The program that a row starts itself, or in a shell. */
const programOf = ([name = '', , code = '']: string[]) =>
  name === 'bash' ? (code.split(' ')[0] ?? '') : name

const titles = (table: typeof rows) =>
  table.map(([policy, probe, command, end]) => ({ policy, probe, command, end }))

describe('a library that tests for a network goes on, and a TCP connection ends the run', () => {
  test.for(titles(rows))('under policy $policy: $probe', { timeout: 60_000 }, async (row, ctx) => {
    const program = programOf(row.command)
    if (program !== 'exec') needs(ctx, program)
    const [command = '', ...args] = row.command
    expectEnd(await sandboxed(command, args, { policy: row.policy }), row.end)
  })
})

describe('under policy go', () => {
  test.for([
    ['the interfaces', 'net.Interfaces()', goesOn(/address family not supported/)],
    ['a datagram socket', 'net.Dial("udp", "1.1.1.1:53")', goesOn(/address family not supported/)],
    [
      'a server of datagrams',
      'net.ListenPacket("udp", ":0")',
      goesOn(/address family not supported/),
    ],
    ['the address of localhost', 'net.LookupHost("localhost")', goesOn(/127\.0\.0\.1/)],
    ['a connection', 'net.Dial("tcp", "1.1.1.1:80")', TCP],
    ['a server', 'net.Listen("tcp", ":0")', TCP],
  ] as const)('$0', { timeout: 180_000 }, async ([, code, end], ctx) => {
    needs(ctx, 'go')
    const main = `package main\nimport ("fmt"; "net")\nfunc main() { fmt.Println(${code}) }\n`
    const run = await sandboxed('go', ['run', 'main.go'], {
      policy: 'go',
      files: { '/work/main.go': main },
    })
    expectEnd(run, end)
  })
})
