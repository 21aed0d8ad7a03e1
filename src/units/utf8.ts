import { isUtf8 } from 'node:buffer'

/** The first byte of a text that is not UTF-8. */
export interface InvalidByte {
  readonly byte: number
  /** The number of bytes before this byte. */
  readonly offset: number
  /** The number of the line with this byte, from 1. */
  readonly line: number
}

/**
 * Finds the first byte of a text that is not valid UTF-8.
 *
 * @returns undefined for valid UTF-8
 * @example
 * firstInvalidByte(Buffer.from([0x61, 0xff])) // { byte: 255, offset: 1, line: 1 }
 */
export function firstInvalidByte(bytes: Uint8Array): InvalidByte | undefined {
  if (isUtf8(bytes)) return undefined
  let line = 1
  let offset = 0
  while (offset < bytes.length) {
    const length = sequenceLength(bytes, offset)
    if (length === 0) return { byte: bytes[offset] ?? 0, offset, line }
    if (bytes[offset] === 0x0a) line++
    offset += length
  }
  return undefined
}

// Returns the number of bytes of the character at a position, or 0 if the character is not valid. The first byte
// determines the number and the bounds of the second byte (Unicode Standard, table 3-7).
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0
  if (first < 0x80) return 1
  const length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0
  const second = bytes[at + 1] ?? 0
  const least = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80
  const most = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf
  if (length < 2 || second < least || second > most) return 0
  for (let next = 2; next < length; next++) {
    if (((bytes[at + next] ?? 0) & 0xc0) !== 0x80) return 0
  }
  return length
}
