import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Line } from '../../src/runner/queue/line.ts'
import { findKernel, type Kernel, NoKernel } from './host/kernel.ts'
import { inOrder, writeTried } from './host/order.ts'
import { boot, type MachineRun } from './host/qemu.ts'
import { makeRootImage } from './host/root-image.ts'
import { readRecord, writeRecord } from './record/record.ts'
import { compatibilityPage } from './record/table.ts'
import type { Outcomes } from './settings/features.ts'
import { surprises } from './settings/judge.ts'
import { type KernelName, type Setting, type User, usersOf } from './settings/setting.ts'
import { settings } from './settings/settings.ts'

const names: readonly KernelName[] = ['5.10', '6.1', '6.12']
/** The time for all machines together, in seconds. */
const SECONDS = Number(process.env.GRADEBOX_VM_SECONDS ?? 180)
/** Tries only settings whose name this regular expression matches. */
const only = process.env.GRADEBOX_VM_ONLY
const records = process.env.GRADEBOX_VM_RECORD === '1'

const cache = resolve(import.meta.dirname, '../../node_modules/.cache/gradebox-vm')
const directory = mkdtempSync(join(tmpdir(), 'gradebox-vm-'))
afterAll(() => {
  rmSync(directory, { recursive: true, force: true })
  writeTried(settings.filter(wasTried), cache)
  if (records) writeFileSync(resolve('docs/compatibility.md'), compatibilityPage(readRecord()))
})

const tools = ['qemu-system-x86_64', 'mke2fs', 'gcc', 'apt-get', 'dpkg-deb', 'bwrap', 'setpriv']
const missing = tools.filter((tool) => spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0)

/** The reason why no machine can boot here. */
function obstacle(): string | undefined {
  if (process.arch !== 'x64')
    return `the virtual machines are x64, and this machine is ${process.arch}`
  return missing.length === 0 ? undefined : `this machine lacks ${missing.join(', ')}`
}

function kernelOrReason(name: KernelName): Kernel | string {
  try {
    mkdirSync(cache, { recursive: true })
    return obstacle() ?? findKernel(name, cache)
  } catch (error) {
    if (error instanceof NoKernel) return error.message
    throw error
  }
}

const kernels: Kernel[] = []
for (const name of names) {
  const kernel = kernelOrReason(name)
  if (typeof kernel !== 'string') {
    kernels.push(kernel)
    continue
  }
  console.warn(`SKIPPED: all settings of Linux ${name}: ${kernel}`)
  test.skip(`Linux ${name}: ${kernel}`)
}

interface Report {
  readonly setting?: string
  readonly user?: User
  readonly outcomes?: Outcomes
  /** The output of the set-up commands or the checks, where the checks gave no outcomes. */
  readonly trouble?: string
}

/** The reason why an expected setting was not tried; undefined if only the time ended. */
function whyUntried({ reports, timedOut, console }: MachineRun): string | undefined {
  if (!timedOut) return `the machine ended before it:\n${console}`
  return reports.length === 0 ? `the machine did not boot:\n${console}` : undefined
}

interface Machine {
  readonly kernel: Kernel
  /** Places in the list of settings, in the order in which the machine tries them. */
  readonly settings: readonly number[]
}

/** A machine with more settings than this becomes two, which run side by side. */
const SETTINGS = 9

const ordered = inOrder(
  settings.filter(({ name }) => new RegExp(only ?? '').test(name)),
  cache,
)

function machinesOf(kernel: Kernel): Machine[] {
  const own = ordered
    .filter((setting) => setting.kernel === kernel.name)
    // A machine cannot unload overlayfs, so the setting without it comes first.
    .sort((a, b) => Number(b.overlay === false) - Number(a.overlay === false))
    .map((setting) => settings.indexOf(setting))
  const machines = Math.ceil(own.length / SETTINGS)
  return Array.from({ length: machines }, (_, index) => {
    return { kernel, settings: own.filter((_, place) => place % machines === index) }
  })
}

/** Where a machine's first setting stands in the order of all. */
const turnOf = ({ settings: [first] }: Machine): number =>
  ordered.indexOf(settings[first as number] as Setting)

const machines = kernels.flatMap(machinesOf).sort((a, b) => turnOf(a) - turnOf(b))
const runs = new Map<Machine, MachineRun>()

/** Whether a machine reported the outcomes of a setting. */
function wasTried(setting: Setting): boolean {
  const place = settings.indexOf(setting)
  const machine = machines.find((each) => each.settings.includes(place))
  const reports = (machine && runs.get(machine)?.reports) as readonly Report[] | undefined
  return reports?.some((each) => each.setting === setting.name && each.outcomes) ?? false
}

beforeAll(
  async () => {
    if (machines.length === 0) return
    const deadline = Date.now() + SECONDS * 1000
    const image = makeRootImage(directory, kernels)
    const queue = new Line(() => Math.min(2, availableParallelism()))
    const boots = machines.map((machine) => async () => {
      const timeoutMs = deadline - Date.now()
      if (timeoutMs <= 0) return
      runs.set(machine, await boot(machine.kernel, { ...machine, image, directory, timeoutMs }))
    })
    await Promise.all(boots.map((each) => queue.add(each)))
  },
  SECONDS * 1000 + 60_000,
)

const cases = machines
  .flatMap((machine) => machine.settings.map((place) => ({ machine, place })))
  .sort((a, b) => a.place - b.place)
  .flatMap(({ machine, place }) => {
    const setting = settings[place] as Setting
    return usersOf(setting).map((user) => ({ ...setting, setting, machine, user }))
  })

test.for(cases)('Linux $kernel, $name, $user', ({ setting, kernel, machine, user }, { skip }) => {
  const run = runs.get(machine)
  const report = (run?.reports as readonly Report[] | undefined)?.find(
    (each) => each.setting === setting.name && each.user === user,
  )
  if (report === undefined) {
    expect(run && whyUntried(run)).toBe(undefined)
    console.warn(`SKIPPED: Linux ${kernel}, ${setting.name}, ${user}: ${SECONDS} s were over`)
    return skip(`${SECONDS} s were over`)
  }
  expect(report.trouble).toBe(undefined)
  const outcomes = report.outcomes as Outcomes
  const recorded = { kernel, setting: setting.name, user, outcomes }
  if (records) writeRecord(recorded)
  expect(surprises(setting, user, outcomes)).toEqual([])
  expect(readRecord()).toContainEqual(recorded)
})
