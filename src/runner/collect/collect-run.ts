import { readSync } from 'node:fs'
import { takeDescriptor } from '../../ffi/passing.ts'
import type { Flow } from '../../launcher/plan/flow.ts'
import type { ReportRecord } from '../../launcher/report/parse-report.ts'
import { inTurns } from '../../work.ts'
import type { Launched } from '../launch/launcher.ts'
import { collectionBy, parseCollectName } from './collect-pattern.ts'
import { collectTrees } from './collect-tree.ts'
import { type Collected, type CollectRecord, collectFiles } from './collected.ts'

const NOTHING: Collected = { files: {}, uncollected: {} }

/**
 * The fourth stage of a run: from the run's report to the files that the option `collect` names.
 *
 * @param user the ids of the program; the run does not collect files that the program may not read
 */
export async function collectRun(
  names: readonly string[],
  report: readonly ReportRecord[],
  process: Pick<Launched, 'collected' | 'gone'>,
  user: Flow,
): Promise<Collected> {
  const { collected } = process
  const records = report.filter((record): record is CollectRecord => record.kind === 'collect')
  if (collected === undefined || records.length === 0) return NOTHING
  if (collectionBy(names) === 'copies') {
    const read = (buffer: Uint8Array, position: number) =>
      readSync(collected, buffer, 0, buffer.length, position)
    return (await inTurns(collectFiles(names, records, read))) ?? NOTHING
  }
  // The kernel unmounts the sandbox's file systems when the init ends. After that, no directory leads into another
  // mount.
  await process.gone()
  const take = () => takeDescriptor(collected)
  return collectTrees(names.map(parseCollectName), { records, take, user })
}
