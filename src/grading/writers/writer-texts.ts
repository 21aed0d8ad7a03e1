/** The texts that writers add to the report's texts. Students read the added texts. */
export interface WriterTexts {
  readonly hiddenTests: string
  readonly hiddenTest: (number: number) => string
  readonly allTests: string
  readonly notGraded: string
  readonly notFinished: (done: number, all: number) => string
  readonly points: (points: string, maxPoints: string) => string
  readonly build: string
  readonly adjustment: string
  readonly statuses: Readonly<Record<'passed' | 'partial' | 'failed' | 'error' | 'blocked', string>>
}

const english: WriterTexts = {
  hiddenTests: 'Hidden tests',
  hiddenTest: (number) => `Hidden test ${number}`,
  allTests: 'All tests',
  notGraded:
    'Your submission is not graded yet: the grader had a problem, which is not your fault. Please tell the staff.',
  notFinished: (done, all) => `Grading did not finish: ${done} of ${all} tests have ended.`,
  points: (points, maxPoints) => `${points} of ${maxPoints} points`,
  build: 'Build',
  adjustment: 'Adjustment',
  statuses: {
    passed: 'passed',
    partial: 'partly passed',
    failed: 'failed',
    error: 'not graded',
    blocked: 'not run',
  },
}

const german: WriterTexts = {
  hiddenTests: 'Verdeckte Tests',
  hiddenTest: (number) => `Verdeckter Test ${number}`,
  allTests: 'Alle Tests',
  notGraded:
    'Deine Abgabe ist noch nicht bewertet: Die Bewertung hatte eine Störung, an der du keine Schuld hast. Bitte melde dich bei der Kursleitung.',
  notFinished: (done, all) =>
    `Die Bewertung wurde nicht fertig: ${done} von ${all} Tests sind beendet.`,
  points: (points, maxPoints) => `${points} von ${maxPoints} Punkten`,
  build: 'Übersetzung',
  adjustment: 'Anpassung',
  statuses: {
    passed: 'bestanden',
    partial: 'teilweise bestanden',
    failed: 'nicht bestanden',
    error: 'nicht bewertet',
    blocked: 'nicht ausgeführt',
  },
}

const spanish: WriterTexts = {
  hiddenTests: 'Pruebas ocultas',
  hiddenTest: (number) => `Prueba oculta ${number}`,
  allTests: 'Todas las pruebas',
  notGraded:
    'Tu entrega aún no está calificada: el evaluador tuvo un problema que no es culpa tuya. Avisa al profesorado.',
  notFinished: (done, all) => `La evaluación no terminó: han acabado ${done} de ${all} pruebas.`,
  points: (points, maxPoints) => `${points} de ${maxPoints} puntos`,
  build: 'Compilación',
  adjustment: 'Ajuste',
  statuses: {
    passed: 'superada',
    partial: 'superada en parte',
    failed: 'no superada',
    error: 'sin calificar',
    blocked: 'no ejecutada',
  },
}

const languages: Readonly<Record<string, WriterTexts>> = { en: english, de: german, es: spanish }

/** The texts of a language such as `de` or `de-AT`. A language without texts gets the English texts. */
export function writerTexts(language = 'en'): WriterTexts {
  return languages[language.toLowerCase().split(/[-_]/)[0] ?? 'en'] ?? english
}
