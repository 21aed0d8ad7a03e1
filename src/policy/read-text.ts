import { invalid } from '../errors/invalid.ts'
import type { TemplateInputs } from './source/template-inputs.ts'

/** A larger file is no policy. The largest shipped policy has 6 KiB. */
const MAX_BYTES = 1024 * 1024

const refuse = (path: string, message: string): Error =>
  invalid(`policy ${path}`, [{ path: [], message }])

/**
 * Reads a policy's file.
 *
 * @param inputs records the file, so that the resulting policy stays valid until the file changes
 * @throws {SandboxError} POLICY_INVALID for a file that is missing, too large, or not text
 */
export function readPolicyText(path: string, inputs: TemplateInputs): string {
  let bytes: Uint8Array
  try {
    bytes = inputs.readFile(path)
  } catch (error) {
    const { code = 'EIO' } = error as NodeJS.ErrnoException
    const why = code === 'ENOENT' ? 'there is no such file' : `it cannot be read: ${code}`
    throw refuse(path, why)
  }
  if (bytes.length > MAX_BYTES) {
    throw refuse(path, `expected at most ${MAX_BYTES} bytes, got ${bytes.length}: is it a policy?`)
  }
  const nul = bytes.indexOf(0)
  if (nul >= 0)
    throw refuse(path, `expected text, got a NUL byte at offset ${nul}: is it a policy?`)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw refuse(path, 'expected text in UTF-8: is it a policy?')
  }
}
