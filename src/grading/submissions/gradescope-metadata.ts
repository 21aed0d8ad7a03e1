import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'
import { SandboxError } from '../../errors/sandbox-error.ts'
import type { FoundSubmission } from './found-submission.ts'

const loose = v.looseObject({
  id: v.optional(v.union([v.number(), v.string()])),
  created_at: v.optional(v.string()),
  users: v.optional(
    v.array(v.looseObject({ name: v.optional(v.string()), email: v.optional(v.string()) })),
  ),
})

/**
 * Reads Gradescope's facts about a submission, such as people and times, from `submission_metadata.json` in a folder.
 * Returns undefined when the file does not exist.
 *
 * @throws {SandboxError} OPTION_INVALID for a file that is not JSON of Gradescope's form
 */
export function readGradescopeMetadata(
  directory: string,
): Pick<FoundSubmission, 'people' | 'metadata' | 'submittedAt'> | undefined {
  const path = join(directory, 'submission_metadata.json')
  if (!existsSync(path)) return undefined
  let metadata: v.InferOutput<typeof loose>
  try {
    metadata = v.parse(loose, JSON.parse(readFileSync(path, 'utf8')))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new SandboxError(`${path} cannot be read: ${reason}`, {
      code: 'OPTION_INVALID',
      hint: 'Gradescope writes the file; remove it to grade without it.',
    })
  }
  const { users = [], created_at: submittedAt } = metadata
  return {
    people: users.map(({ name, email }) => ({
      ...(name === undefined ? {} : { name }),
      ...(email === undefined ? {} : { email }),
    })),
    metadata,
    ...(submittedAt === undefined ? {} : { submittedAt }),
  }
}
