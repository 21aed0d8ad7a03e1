import type { Command } from 'commander'
import { type Diagnosis, diagnose, fixLines } from '../../doctor/doctor.ts'
import type { Finding } from '../../doctor/finding.ts'
import { lossHere } from '../../doctor/isolation-checks.ts'
import type { InstalledLanguage } from '../../grading/languages/installed.ts'
import { printableJson, visibleLine } from '../../units/visible.ts'
import { colorsFor, STDOUT } from '../colors.ts'
import { EXIT } from '../errors.ts'
import { print } from '../print.ts'
import { Progress } from './check-progress.ts'

/** `gradebox doctor`: shows what this machine can enforce. */
export function defineDoctor(command: Command): void {
  command
    .description(
      'Tries every part of a sandbox. Says what works, what works in a weaker way, what does not work, why, and how to fix it. Then lists the languages that this machine can grade. Exits with 0 when this machine can enforce the whole default policy, else with 1.',
    )
    .option('--json', 'print JSON')
    .option('--no-languages', 'do not ask every compiler for its version')
    .action(async ({ json, languages }: { json?: boolean; languages: boolean }) => {
      const progress = new Progress(process.stderr)
      const diagnosis = await diagnose((title) => progress.show(`trying: ${title}`))
      const wanted = languages && diagnosis.ok
      const installed = wanted ? await findLanguages(progress) : undefined
      progress.clear()
      print(json === true ? asJson(diagnosis, installed) : asText(diagnosis, installed))
      process.exitCode = diagnosis.ok ? EXIT.success : EXIT.failure
    })
}

// Asks every compiler for its version. The answers take seconds.
async function findLanguages(progress: Progress): Promise<readonly InstalledLanguage[]> {
  progress.show('trying: languages')
  const { installedLanguages } = await import('../../grading/languages/installed.ts')
  return await installedLanguages()
}

type Installed = readonly InstalledLanguage[] | undefined

const asJson = ({ ok, surroundings, findings }: Diagnosis, languages: Installed): string =>
  printableJson({ ok, environments: surroundings.environments, findings, languages }, 2)

function languageLines(languages: Installed = []): string[] {
  const width = Math.max(...languages.map(({ title }) => title.length))
  return languages.map(({ title, version, install }) =>
    version === undefined
      ? `missing  ${title.padEnd(width)}  install ${install}`
      : `works    ${title.padEnd(width)}  ${visibleLine(version)}`,
  )
}

function asText({ ok, surroundings, findings }: Diagnosis, languages: Installed): string {
  const { bold, dim, green, red, yellow } = colorsFor(STDOUT)
  const paint = { works: green, weaker: yellow, fails: red, untried: dim }
  const width = Math.max(...findings.map(({ title }) => title.length))
  const lines = findings.flatMap((finding: Finding) => [
    `${paint[finding.state](finding.state.padEnd(7))}  ${finding.title.padEnd(width)}  ${finding.detail}`,
    ...(finding.state === 'works' ? [] : fixLines(finding, surroundings).map(bold)),
  ])
  const verdict = ok
    ? green('The default policy can be enforced whole.')
    : red('The default policy cannot be enforced here.')
  const loss = lossHere(findings)
  const end = loss === undefined ? [verdict] : [verdict, yellow(loss)]
  return [...lines, ...languageLines(languages), '', ...end].join('\n')
}
