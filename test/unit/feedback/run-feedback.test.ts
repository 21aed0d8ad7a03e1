import { describe, expect, test } from 'vitest'
import type { FinishedRun } from '../../../src/feedback/finished-run.ts'
import { feedbackFor } from '../../../src/feedback/run-feedback.ts'
import { finishedRun } from './runs.ts'

const MiB = 1 << 20
const call = (name: string, ...args: number[]): FinishedRun =>
  finishedRun({ status: 'seccomp', signal: 'SIGSYS', syscall: { name, args } })
const killed = (signal: string): FinishedRun => finishedRun({ status: 'signaled', signal })

const cases: readonly (readonly [
  what: string,
  run: FinishedRun,
  english: string,
  german: string,
])[] = [
  [
    'success',
    finishedRun(),
    'Your program ended normally.',
    'Dein Programm ist normal zu Ende gelaufen.',
  ],
  [
    'an exit code',
    finishedRun({ exitCode: 3 }),
    'Your program ended with exit code 3; 0 means success.',
    'Dein Programm endete mit dem Exit-Code 3; 0 bedeutet Erfolg.',
  ],
  [
    'the exit code of a shell whose child crashed',
    finishedRun({ exitCode: 136 }),
    'Your program ended with exit code 136, which usually means that a part of it crashed: it did an impossible calculation, for example a division by zero.',
    'Dein Programm endete mit dem Exit-Code 136. Meist bedeutet das, dass ein Teil davon abgestürzt ist: Es hat etwas Unmögliches berechnet, zum Beispiel durch null geteilt.',
  ],
  [
    'the walltime limit',
    finishedRun({ status: 'walltime' }),
    'Your program did not stop within 2 s.',
    'Dein Programm hat nicht innerhalb von 2 s aufgehört.',
  ],
  [
    'the walltime limit, reached while waiting',
    finishedRun({ status: 'walltime', usage: { cpuTimeMs: 3 }, limits: { wallTimeMs: 1500 } }),
    'Your program did not stop within 1.5 s; it spent nearly all of that time waiting, for example for input.',
    'Dein Programm hat nicht innerhalb von 1,5 s aufgehört; es hat fast die ganze Zeit gewartet, zum Beispiel auf eine Eingabe.',
  ],
  [
    'the walltime limit on a machine too busy to judge',
    finishedRun({ status: 'walltime', usage: { cpuTimeMs: 3, waitTimeMs: 1800 } }),
    'Your program did not stop within 2 s, but the machine was too busy to judge it fairly.',
    'Dein Programm hat nicht innerhalb von 2 s aufgehört, aber der Rechner war zu beschäftigt, um es gerecht zu beurteilen.',
  ],
  [
    'the CPU limit',
    finishedRun({ status: 'cpu' }),
    'Your program used 1.9 s of processor time; 1 s are allowed.',
    'Dein Programm hat 1,9 s Rechenzeit verbraucht; erlaubt sind 1 s.',
  ],
  [
    'the CPU limit, by less than is shown',
    finishedRun({ status: 'cpu', usage: { cpuTimeMs: 1000.4 } }),
    'Your program used more processor time than the 1 s that are allowed.',
    'Dein Programm hat mehr Rechenzeit verbraucht als die erlaubten 1 s.',
  ],
  [
    'the memory limit',
    finishedRun({ status: 'memory', usage: { peakMemoryBytes: 70 * MiB } }),
    'Your program used 70 MiB of memory; 64 MiB are allowed.',
    'Dein Programm hat 70 MiB Speicher belegt; erlaubt sind 64 MiB.',
  ],
  [
    'the memory limit that the kernel held',
    finishedRun({ status: 'memory', usage: { peakMemoryBytes: 64 * MiB } }),
    'Your program needed more memory than the 64 MiB that are allowed.',
    'Dein Programm brauchte mehr Speicher als die erlaubten 64 MiB.',
  ],
  [
    'the output limit',
    finishedRun({ status: 'output' }),
    'Your program printed more than the 1 KiB that are allowed.',
    'Dein Programm hat mehr als die erlaubten 1 KiB ausgegeben.',
  ],
  [
    'output that no text can hold',
    finishedRun({ status: 'output', limits: {} }),
    'Your program printed too much.',
    'Dein Programm hat zu viel ausgegeben.',
  ],
  [
    'the file-size limit',
    killed('SIGXFSZ'),
    'Your program tried to make a file larger than the 1.5 MiB that are allowed.',
    'Dein Programm wollte eine Datei anlegen, die größer ist als die erlaubten 1,5 MiB.',
  ],
  [
    'a crash',
    killed('SIGSEGV'),
    'Your program crashed: it used memory that does not belong to it, for example past the end of an array or after too many nested calls.',
    'Dein Programm ist abgestürzt: Es hat Speicher benutzt, der ihm nicht gehört, zum Beispiel hinter dem Ende eines Arrays oder nach zu vielen verschachtelten Aufrufen.',
  ],
  [
    'any other signal',
    killed('SIGTERM'),
    'Your program was stopped by the signal SIGTERM.',
    'Dein Programm wurde durch das Signal SIGTERM beendet.',
  ],
  [
    'a network connection',
    call('socket', 2, 1, 0),
    'Your program tried to open a network connection, which is not allowed here.',
    'Dein Programm hat versucht, eine Netzwerkverbindung zu öffnen; das ist hier nicht erlaubt.',
  ],
  [
    'a local socket',
    call('socket', 1, 1, 0),
    'Your program tried to talk to other programs through a socket, which is not allowed here.',
    'Dein Programm hat versucht, über einen Socket mit anderen Programmen zu sprechen; das ist hier nicht erlaubt.',
  ],
  [
    'another process',
    call('clone3'),
    'Your program tried to start another process or thread, which is not allowed here.',
    'Dein Programm hat versucht, einen weiteren Prozess oder Thread zu starten; das ist hier nicht erlaubt.',
  ],
  [
    'a system call of no known kind',
    call('keyctl'),
    'Your program tried to use the system function `keyctl`, which is not allowed here.',
    'Dein Programm hat versucht, die Systemfunktion `keyctl` zu benutzen; das ist hier nicht erlaubt.',
  ],
  [
    'a call that the kernel did not name',
    finishedRun({ status: 'seccomp', signal: 'SIGSYS' }),
    'Your program tried to do something that is not allowed here.',
    'Dein Programm hat etwas versucht, das hier nicht erlaubt ist.',
  ],
  [
    'an end that the caller asked for',
    finishedRun({ status: 'aborted' }),
    'Your program was stopped before it had ended.',
    'Dein Programm wurde angehalten, bevor es zu Ende war.',
  ],
]

test.each(cases)('a student reads one sentence about %s', (_, run, english, german) => {
  expect(feedbackFor(run)).toBe(english)
  expect(feedbackFor(run, { language: 'de' })).toBe(german)
  expect(feedbackFor(run, { language: 'es' })).toMatch(/^Tu programa .+\.$/)
})

describe('the language', () => {
  test('can be one that the user defines', () => {
    const texts = { succeeded: 'Je programma is klaar.', wallTime: 'Langer dan {limit}.' }
    expect(feedbackFor(finishedRun(), { texts })).toBe('Je programma is klaar.')
    expect(feedbackFor(finishedRun({ status: 'walltime' }), { texts })).toBe('Langer dan 2 s.')
  })

  test('that Gradebox does not have is refused', () => {
    // @ts-expect-error no such language
    expect(() => feedbackFor(finishedRun(), { language: 'tlh' })).toThrow(
      new RangeError(
        'Expected `language` to be one of "en", "de", "es", got "tlh"; pass other languages as `texts`',
      ),
    )
    // @ts-expect-error no such language
    expect(() => feedbackFor(finishedRun(), { language: 'constructor' })).toThrow(RangeError)
  })
})

test('no control character of a signal’s or a call’s name reaches the student', () => {
  expect(feedbackFor(killed('\u001b[2J\nSIG'))).toBe(
    'Your program was stopped by the signal \\e[2J\\nSIG.',
  )
  expect(feedbackFor(call('x\u202e\u2028'))).toContain('`x\\u202e\\u2028`')
})
