/** The features that are tried in every setting: their names, and the table's headings. */
export const features = {
  start: 'a program runs',
  confinement: 'ways out are refused',
  filter: 'a denied call is named',
  walltime: 'walltime',
  cpu: 'CPU time',
  memory: 'memory',
  processes: 'processes',
  disk: 'disk',
  network: 'no network',
  copyOnWrite: '/work copy-on-write',
  readWrite: '/work read-write',
  collect: 'files brought back',
  levels: 'levels of isolation',
  doctor: '`gradebox doctor`',
} as const

export type Feature = keyof typeof features

/** The outcome of a feature, in words: `works`, `works, …` for a weaker way, `throws CODE: …`, `WRONG: …`. */
export type Outcomes = Readonly<Record<Feature, string>>

export const featureNames = Object.keys(features) as Feature[]
