import * as v from 'valibot'
import { parse as parseYaml } from 'yaml'
import type { ReportPerson } from '../../report/report-schema.ts'

/** An entry at the top of an export. */
export interface TopEntry {
  readonly name: string
  readonly isDirectory: boolean
  /** Whether the entry is a folder that git cloned. */
  readonly isClone: boolean
}

/** The submission to which a top entry belongs. */
export interface Place {
  readonly id: string
  readonly people: readonly ReportPerson[]
  readonly metadata: Readonly<Record<string, unknown>>
  readonly submittedAt?: string
  /** The entry's file name in the submission; absent if the entry is a folder that is the whole submission. */
  readonly file?: string
}

/** Finds the submission of a top entry of an export; `undefined` for an entry that belongs to no submission. */
export type Layout = (entry: TopEntry) => Place | undefined

/**
 * The naming scheme of the platform that made an export. macOS writes names into archives in Unicode's form D (NFD).
 * Ids and names therefore get the form C (NFC), which platforms and rosters use.
 *
 * @param gradescopeMetadata the text of `submission_metadata.yml`, if the export has this file
 */
export function layoutOf(entries: readonly TopEntry[], gradescopeMetadata?: string): Layout {
  const layout =
    gradescopeMetadata === undefined
      ? layoutOfNames(entries.map(composed))
      : gradescopeLayout(gradescopeMetadata)
  return (entry) => layout(composed(entry))
}

const composed = (entry: TopEntry): TopEntry => ({ ...entry, name: entry.name.normalize('NFC') })

function layoutOfNames(entries: readonly TopEntry[]): Layout {
  if (entries.some(({ name }) => moodle(name) !== undefined)) {
    return (entry) => moodle(entry.name) ?? plain(entry)
  }
  const files = entries.filter(({ isDirectory }) => !isDirectory)
  if (files.length > 0 && files.every(({ name }) => canvas(name) !== undefined)) {
    return canvasLayout(files.map(({ name }) => name))
  }
  return cloneLayout(entries) ?? plain
}

/** A folder or a zip file with the student's name. */
function plain({ name, isDirectory }: Pick<TopEntry, 'name' | 'isDirectory'>): Place | undefined {
  if (isDirectory) return { id: name, people: [{ id: name }], metadata: {} }
  const zip = /^(.+)\.zip$/i.exec(name)
  if (zip === null) return undefined
  const id = zip[1] ?? name
  return { id, people: [{ id }], metadata: {}, file: name }
}

// "Download all submissions" of Moodle gives one folder per student, or one entry per file if folders are switched off.
function moodle(name: string): Place | undefined {
  const match = /^(.+)_(\d+)_assignsubmission_(?:file|onlinetext)(?:_(.*))?$/su.exec(name)
  if (match === null) return undefined
  const [, person = '', participant = '', file = ''] = match
  return {
    id: `${person}_${participant}`,
    people: [{ name: person }],
    // The number identifies the participant in this assignment, not a Moodle user.
    metadata: { platform: 'moodle', participant },
    ...(file === '' ? {} : { file }),
  }
}

// Canvas appends a number to the file names of later tries. Students also number files. If one student has `part-1.py`
// and `part-2.py`, both files therefore keep their names.
function canvasLayout(names: readonly string[]): Layout {
  const keyOf = ({ id, file = '' }: Place) => `${id}/${withoutTry(file)}`
  const count = new Map<string, number>()
  for (const key of names.flatMap((name) => canvas(name) ?? []).map(keyOf)) {
    count.set(key, (count.get(key) ?? 0) + 1)
  }
  return (entry) => {
    const place = entry.isDirectory ? undefined : canvas(entry.name)
    if (place?.file === undefined) return plain(entry)
    return count.get(keyOf(place)) === 1 ? { ...place, file: withoutTry(place.file) } : place
  }
}

const withoutTry = (file: string) => file.replace(/-\d+(\.[^.]+)$/u, '$1')

// "Download submissions" of Canvas. `lovelaceada_LATE_1042_77_main-1.py` is the second try of user 1042 at main.py.
function canvas(name: string): Place | undefined {
  const match = /^([^_]+)(_LATE)?_(\d+)_(\d+)_(.+)$/su.exec(name)
  if (match === null) return undefined
  const [, person = '', late, user = '', submission = '', file = ''] = match
  return {
    id: `${person}_${user}`,
    people: [{ id: user, name: person }],
    metadata: { platform: 'canvas', submission, late: late !== undefined },
    file,
  }
}

const submitter = v.looseObject({
  ':name': v.optional(v.string()),
  ':sid': v.optional(v.union([v.string(), v.number()])),
  ':email': v.optional(v.string()),
})

const gradescope = v.record(
  v.string(),
  v.looseObject({
    ':submitters': v.optional(v.array(submitter)),
    ':created_at': v.optional(v.union([v.string(), v.date()])),
  }),
)

/**
 * "Export submissions" of Gradescope has folders whose names are keys of `submission_metadata.yml`.
 *
 * @throws {Error} if the text is not YAML with these keys
 */
function gradescopeLayout(text: string): Layout {
  const metadata = v.parse(gradescope, parseYaml(text, { maxAliasCount: 0 }))
  return ({ name, isDirectory }) => {
    if (!isDirectory) return undefined
    const known = metadata[name]
    if (known === undefined) return plain({ name, isDirectory })
    const { ':submitters': submitters = [], ':created_at': createdAt } = known
    return {
      id: name,
      people: submitters.map(toPerson),
      metadata: { platform: 'gradescope' },
      ...(createdAt === undefined ? {} : { submittedAt: toText(createdAt) }),
    }
  }
}

const toText = (time: string | Date) => (typeof time === 'string' ? time : time.toISOString())

const toPerson = ({
  ':name': name,
  ':sid': sid,
  ':email': email,
}: v.InferOutput<typeof submitter>): ReportPerson => ({
  ...(sid === undefined ? {} : { id: String(sid) }),
  ...(name === undefined ? {} : { name }),
  ...(email === undefined ? {} : { email }),
})

// GitHub Classroom names its clones `ASSIGNMENT-USER`, so the common start of all names is the assignment.
function cloneLayout(entries: readonly TopEntry[]): Layout | undefined {
  const folders = entries.filter(({ isDirectory }) => isDirectory)
  if (folders.length < 2 || !folders.every(({ isClone }) => isClone)) return undefined
  const start = commonStart(folders.map(({ name }) => name))
  const prefix = start.slice(0, start.lastIndexOf('-') + 1)
  return ({ name, isDirectory }) => {
    if (!isDirectory) return undefined
    const id = name.slice(prefix.length)
    return { id, people: [{ id }], metadata: { platform: 'github-classroom', repository: name } }
  }
}

function commonStart([first = '', ...others]: readonly string[]): string {
  let length = first.length
  for (const other of others) {
    while (!other.startsWith(first.slice(0, length))) length--
  }
  return first.slice(0, length)
}
