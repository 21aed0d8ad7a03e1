import type { Command } from 'commander'
import { type Diagnosis, diagnose, fixLines } from '../../doctor/doctor.ts'
import type { Finding } from '../../doctor/finding.ts'
import { EXIT } from '../errors.ts'
import { print } from '../print.ts'
import { colorsFor, STDOUT } from '../style.ts'
import { Progress } from './progress.ts'

/** `gradebox doctor`: what this machine can enforce. */
export function addDoctorCommand(program: Command): Command {
  return program
    .command('doctor')
    .summary('find out what this machine can enforce')
    .description(
      'Tries everything that a sandbox is made of, and says what works, what works in a weaker way, what does not, why, and what mends it. Exits with 0 when the default policy can be enforced whole, else with 1.',
    )
    .option('--json', 'print JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const progress = new Progress(process.stderr)
      const diagnosis = await diagnose((title) => progress.show(`trying: ${title}`))
      progress.clear()
      print(json === true ? asJson(diagnosis) : asText(diagnosis))
      process.exitCode = diagnosis.ok ? EXIT.success : EXIT.failure
    })
}

const asJson = ({ ok, surroundings, findings }: Diagnosis): string =>
  JSON.stringify({ ok, environments: surroundings.environments, findings }, null, 2)

function asText({ ok, surroundings, findings }: Diagnosis): string {
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
  return [...lines, '', verdict].join('\n')
}
