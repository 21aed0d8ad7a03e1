/**
 * Decodes a source file from UTF-8, or from UTF-16 if the file starts with the byte order mark of UTF-16. The text has
 * no byte order mark, and has LF at line ends, because javac, shells and make refuse the marks and line ends of Windows
 * editors.
 */
export function decodeSource(bytes: Uint8Array): string {
  return new TextDecoder(encodingOf(bytes)).decode(bytes).replaceAll('\r\n', '\n')
}

/** Whether bytes are text. Programs and pictures are not text, and have NUL bytes near the start. */
export function isText(bytes: Uint8Array): boolean {
  return encodingOf(bytes) !== 'utf-8' || !bytes.subarray(0, 8192).includes(0)
}

function encodingOf([first, second]: Uint8Array): string {
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  if (first === 0xfe && second === 0xff) return 'utf-16be'
  return 'utf-8'
}

const commentsAndStrings =
  /\/\*[\s\S]*?\*\/|\/\/[^\n]*|"""[\s\S]*?"""|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])'/g

/** Replaces comments and string literals with spaces in a source whose language has C's comment syntax. */
export function withoutComments(text: string): string {
  return text.replace(commentsAndStrings, (match) => match.replace(/[^\n]/g, ' '))
}
