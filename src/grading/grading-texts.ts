import { type FeedbackLanguage, fill } from '../feedback/feedback-texts.ts'
import type { SubmissionProblem } from './languages/submission-problem.ts'

/** The messages of grading for a student, as templates. `src/feedback` has the messages about a program. */
interface GradingTexts {
  readonly passed: string
  readonly partial: string
  readonly failed: string
  /** The test could not be judged. */
  readonly error: string
  readonly hint: string
  /** The program and a judge waited for each other. */
  readonly deadlock: string
  /** The heading of the compiler's output. */
  readonly compilerSays: string
  readonly problems: Readonly<Record<SubmissionProblem['code'], string>>
}

const english: GradingTexts = {
  passed: 'Passed.',
  partial: 'Partly passed.',
  failed: 'Failed.',
  error:
    'This test could not be judged. That is not the fault of your program; the course staff can see the reason.',
  hint: 'Hint: {hint}',
  deadlock:
    'Your program waited for input while the test waited for output of your program. Does it print every answer, and flush it?',
  compilerSays: 'The compiler says:',
  problems: {
    empty: 'Your submission has no files.',
    'no-program':
      'No program was found. A program is a file with one of these names or endings: {endings}.',
    'several-languages':
      'Your submission has programs in several languages: {candidates}. Hand in one.',
    'several-programs': 'Your submission has several programs: {files}. Hand in one.',
    'no-start': 'None of your files has the place where the program starts (`main`): {files}.',
    'too-large': 'Your submission is too large; the most is {most}.',
    unreadable: 'A file of your submission could not be read: {reason}.',
    'build-failed': 'Your program could not be built.',
    'built-nothing': 'Your Makefile ran, but it built no program.',
    'built-several':
      'Your Makefile built several programs: {files}. Give the one to run one of these names: {names}.',
  },
}

const german: GradingTexts = {
  passed: 'Bestanden.',
  partial: 'Teilweise bestanden.',
  failed: 'Nicht bestanden.',
  error:
    'Dieser Test konnte nicht bewertet werden. Dein Programm ist daran nicht schuld; die Kursleitung sieht den Grund.',
  hint: 'Hinweis: {hint}',
  deadlock:
    'Dein Programm wartete auf eine Eingabe, während der Test auf eine Ausgabe deines Programms wartete. Gibt es jede Antwort aus, und leert es danach den Puffer (flush)?',
  compilerSays: 'Der Compiler meldet:',
  problems: {
    empty: 'Deine Abgabe enthält keine Dateien.',
    'no-program':
      'Es wurde kein Programm gefunden. Ein Programm ist eine Datei mit einem dieser Namen oder einer dieser Endungen: {endings}.',
    'several-languages':
      'Deine Abgabe enthält Programme in mehreren Sprachen: {candidates}. Gib eines ab.',
    'several-programs': 'Deine Abgabe enthält mehrere Programme: {files}. Gib eines ab.',
    'no-start': 'In keiner deiner Dateien beginnt das Programm (`main`): {files}.',
    'too-large': 'Deine Abgabe ist zu groß; erlaubt sind {most}.',
    unreadable: 'Eine Datei deiner Abgabe konnte nicht gelesen werden: {reason}.',
    'build-failed': 'Dein Programm konnte nicht übersetzt werden.',
    'built-nothing': 'Dein Makefile lief, aber es hat kein Programm erzeugt.',
    'built-several':
      'Dein Makefile hat mehrere Programme erzeugt: {files}. Gib dem richtigen einen dieser Namen: {names}.',
  },
}

const spanish: GradingTexts = {
  passed: 'Superada.',
  partial: 'Superada en parte.',
  failed: 'No superada.',
  error:
    'Esta prueba no se pudo evaluar. No es culpa de tu programa; el profesorado puede ver el motivo.',
  hint: 'Pista: {hint}',
  deadlock:
    'Tu programa esperaba una entrada mientras la prueba esperaba una salida de tu programa. ¿Escribe cada respuesta y vacía después el búfer (flush)?',
  compilerSays: 'El compilador dice:',
  problems: {
    empty: 'Tu entrega no tiene archivos.',
    'no-program':
      'No se encontró ningún programa. Un programa es un archivo con uno de estos nombres o extensiones: {endings}.',
    'several-languages':
      'Tu entrega tiene programas en varios lenguajes: {candidates}. Entrega uno solo.',
    'several-programs': 'Tu entrega tiene varios programas: {files}. Entrega uno solo.',
    'no-start': 'En ninguno de tus archivos empieza el programa (`main`): {files}.',
    'too-large': 'Tu entrega es demasiado grande; el máximo es {most}.',
    unreadable: 'Un archivo de tu entrega no se pudo leer: {reason}.',
    'build-failed': 'Tu programa no se pudo compilar.',
    'built-nothing': 'Tu Makefile se ejecutó, pero no creó ningún programa.',
    'built-several':
      'Tu Makefile creó varios programas: {files}. Da al que se ejecuta uno de estos nombres: {names}.',
  },
}

export const gradingTexts: Readonly<Record<FeedbackLanguage, GradingTexts>> = {
  en: english,
  de: german,
  es: spanish,
}

/** The text that a student reads about a submission that cannot be run. */
export function problemText(problem: SubmissionProblem, language: FeedbackLanguage): string {
  return fill(gradingTexts[language].problems[problem.code], problem.values)
}
