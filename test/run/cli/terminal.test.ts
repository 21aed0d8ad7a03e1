import { describe, expect, test } from 'vitest'
import { eventually, makeMarker, processesWith } from '../support/processes.ts'
import { lacks, sandboxLacks } from '../support/tools.ts'
import { Screen } from './screen.ts'

const skipped = lacks('tmux') || sandboxLacks('bash')

describe.skipIf(skipped)('a shell in a sandbox, on a terminal', () => {
  test('has a terminal of its own, of the same size', async () => {
    const screen = new Screen({ columns: 97, rows: 31 })
    await screen.enterSandbox()
    screen.enter('tty; ls /dev/pts; stty size; echo "$TERM"; echo "dev $(stat -c %t:%T /dev/tty)"')
    await screen.shows(/\/dev\/pts\/0\n0 +ptmx\n31 97\nscreen\ndev 5:0\n/)
  })

  test('learns of a change of size', async () => {
    const screen = new Screen()
    await screen.enterSandbox()
    screen.enter(`trap 'echo "now $(stty size)"' WINCH; echo ready-$?`)
    await screen.shows(/ready-0/)
    screen.resize(72, 22)
    screen.enter('true')
    await screen.shows(/now 22 72/)
  })

  test('Ctrl-C ends the program in it, not the shell and not gradebox', async () => {
    const screen = new Screen()
    await screen.enterSandbox()
    const marker = makeMarker()
    screen.enter(`sleep ${marker}`)
    expect(await eventually(() => processesWith(`sleep\0${marker}`).length === 1)).toBe(true)
    screen.key('C-c')
    await screen.shows(/\^C\nbox>/)
    screen.enter('echo "code $?"')
    await screen.shows(/code 130/)
  })

  test('Ctrl-Z stops the program, and fg and bg work', async () => {
    const screen = new Screen()
    await screen.enterSandbox()
    const marker = makeMarker()
    screen.enter(`sleep ${marker}`)
    expect(await eventually(() => processesWith(`sleep\0${marker}`).length === 1)).toBe(true)
    screen.key('C-z')
    await screen.shows(/Stopped +sleep/)
    screen.enter('bg; jobs')
    await screen.shows(/Running +sleep/)
    screen.enter('fg')
    await screen.shows(/fg\nsleep/)
    screen.key('C-c')
    screen.enter('echo "left $(jobs | wc -l)"')
    await screen.shows(/left 0/)
  })

  test('Ctrl-D ends the shell; gradebox exits with its code, and the terminal is as before', async () => {
    const screen = new Screen()
    await screen.shows(/user>/)
    screen.enter('stty -a | md5sum > /tmp/gradebox-stty-$$')
    await screen.enterSandbox()
    screen.enter('(exit 9)')
    // Before the prompt the terminal takes Ctrl-D for itself.
    await screen.shows(/\(exit 9\)\nbox>/)
    screen.key('C-d')
    await screen.shows(/exit\nuser>/)
    screen.enter(
      'echo "code $?"; stty -a | md5sum | cmp - /tmp/gradebox-stty-$$ && echo same; rm /tmp/gradebox-stty-$$',
    )
    await screen.shows(/code 9\nsame/)
  })

  test('shows all output, up to the last byte', async () => {
    const screen = new Screen()
    await screen.shows(/user>/)
    screen.enter('$GRADEBOX run -- sh -c "seq 1 20000; printf the-end"; echo "-code $?"')
    await screen.shows(/19999\n20000\nthe-end-code 0/)
  })

  test('lets a program open /dev/tty and pseudo-terminals of its own', async () => {
    if (sandboxLacks('python3')) return
    const screen = new Screen()
    await screen.enterSandbox('--setenv PYTHONDONTWRITEBYTECODE=1')
    screen.enter('echo through-$((1+1)) > /dev/tty')
    await screen.shows(/through-2/)
    screen.enter(`python3 -c "import pty; pty.spawn(['tty'])"`)
    await screen.shows(/\/dev\/pts\/1/)
  })

  test('gives the terminal back when the walltime ends the shell', async () => {
    const screen = new Screen()
    await screen.enterSandbox('--limit-walltime 1s')
    await screen.shows(/gradebox: ran longer than the walltime limit of 1 s\nuser>/)
    screen.enter('echo "code $?"')
    await screen.shows(/code 137/)
  })

  test('has an output limit too', async () => {
    const screen = new Screen()
    await screen.shows(/user>/)
    screen.enter('$GRADEBOX run --limit-output 20kB -- yes; echo "code $?"')
    await screen.shows(/gradebox: wrote more than the output limit of .*\ncode 137/)
  })

  test('leaves the terminal alone when the run cannot be set up', async () => {
    const screen = new Screen()
    await screen.shows(/user>/)
    screen.enter('$GRADEBOX run no-such-program; stty | grep -c -- "-icanon"; echo "code $?"')
    await screen.shows(/error: The program "no-such-program" was not found[\s\S]*\n0\ncode 1/)
  })

  test('ends with its run when the terminal closes', async () => {
    const screen = new Screen()
    const marker = makeMarker()
    await screen.enterSandbox()
    screen.enter(`sleep ${marker}`)
    expect(await eventually(() => processesWith(`sleep\0${marker}`).length === 1)).toBe(true)
    screen.hangUp()
    expect(await eventually(() => processesWith(marker).length === 0)).toBe(true)
  })
})

/** Types into its terminal with TIOCSTI (ioctl_tty(2)). */
const forger = `
import errno, fcntl, sys, termios
for fd in (0, 2):
    try:
        for byte in b'echo FORGED-$((6*7))\\n':
            fcntl.ioctl(fd, termios.TIOCSTI, bytes([byte]))
        print('typed')
    except OSError as error:
        print(errno.errorcode[error.errno])
try:
    fcntl.ioctl(2, termios.TIOCSCTTY, 1)
    print('stole')
except OSError as error:
    print('kept', errno.errorcode[error.errno])
`
  .trim()
  .replaceAll("'", `'"'"'`)

describe.skipIf(skipped || sandboxLacks('python3'))('a program that forges input', () => {
  test('reaches no further than its own terminal', async () => {
    const screen = new Screen()
    await screen.shows(/user>/)
    screen.enter(`$GRADEBOX run -- python3 -c '${forger}'; clear; echo over`)
    await screen.shows(/over\nuser>/)
    screen.enter('echo next')
    await screen.shows(/next\nuser>/)
    expect(screen.text()).not.toContain('FORGED-42')
  })

  test('reaches no terminal that it inherits beside a pipe', async () => {
    const screen = new Screen()
    await screen.shows(/user>/)
    screen.enter(`clear; $GRADEBOX run -- python3 -c '${forger}' | cat; echo over`)
    await screen.shows(/(EPERM|EIO)\n(EPERM|EIO)\nkept EPERM\nover/)
    screen.enter('echo next')
    await screen.shows(/next\nuser>/)
    expect(screen.text()).not.toContain('FORGED-42')
  })
})
