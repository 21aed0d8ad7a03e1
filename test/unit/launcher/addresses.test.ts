import { describe, expect, test } from 'vitest'
import { type Assembled, assemble } from '../../../src/launcher/image/assemble.ts'
import {
  HEAD,
  JUMP_IF_DIFFERENT,
  JUMP_IF_EQUAL,
  LOAD_ARGUMENT,
  LOAD_OPERAND,
  STEP_SIZE,
  STEPS_ADDRESS,
} from '../../../src/launcher/machine/memory-layout.ts'
import { failSteps } from '../../../src/launcher/plan/starter.ts'
import {
  at,
  DIE,
  FAIL,
  load,
  type Place,
  type Step,
  stepsOf,
  text,
  words,
} from '../../../src/launcher/step.ts'
import { random } from '../random.ts'
import { assembledPlan, root, samplePlan, user } from './sample-plans.ts'

const NO_STEP = 0

interface EncodedStep {
  readonly step: Step
  readonly flags: number
  readonly args: readonly number[]
  readonly store: number
  readonly operand: number
  /** The possible next steps: after an error, by a jump, and otherwise. */
  readonly targets: { readonly error: number; readonly jump: number; readonly next: number }
}

function encodedSteps({ bytes, steps }: Assembled): EncodedStep[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  return steps.map((step, index) => {
    const word = (number: number) => Number(view.getBigInt64(index * STEP_SIZE + number * 8, true))
    return {
      step,
      flags: view.getUint32(index * STEP_SIZE + 4, true),
      args: [1, 2, 3, 4, 5, 6].map(word),
      store: word(7),
      operand: word(9),
      targets: { error: word(8), jump: word(10), next: word(11) },
    }
  })
}

const stepAddresses = ({ address, steps }: Assembled): number[] =>
  steps.map((_, index) => address + index * STEP_SIZE)

const JUMPS = JUMP_IF_EQUAL | JUMP_IF_DIFFERENT

/** The steps that a step can lead to. exit_group(2) does not return, and execve(2) returns only with an error. */
function reachable({ step, flags, targets }: EncodedStep): number[] {
  if (step.syscall === 'exit_group') return []
  if (step.syscall === 'execve') return [targets.error]
  const { error, jump, next } = targets
  return flags & JUMPS ? [error, jump, next] : [error, next]
}

/** Expects a segment to lead only to these steps, and to use memory only where it has some. */
function expectClosed(segment: Assembled, others: readonly Assembled[] = []): void {
  const all = [segment, ...others]
  const known = new Set([NO_STEP, ...all.flatMap(stepAddresses)])
  const hasMemory = (place: number) =>
    (place >= HEAD.tag && place <= HEAD.sink) ||
    all.some(
      ({ address, steps, bytes }) =>
        place >= address + steps.length * STEP_SIZE && place + 8 <= address + bytes.length,
    )
  for (const encoded of encodedSteps(segment)) {
    const { step, flags, args, store, operand } = encoded
    const astray = reachable(encoded).filter((target) => !known.has(target))
    expect({ step, astray }).toEqual({ step, astray: [] })
    const loaded = args.filter((_, index) => flags & LOAD_ARGUMENT(index))
    const places = [store, ...loaded, ...(flags & LOAD_OPERAND ? [operand] : [])]
    expect({ step, astray: places.filter((place) => !hasMemory(place)) }).toEqual({
      step,
      astray: [],
    })
  }
}

const variants = (['x64', 'arm64'] as const).flatMap((arch) =>
  [user, root].flatMap((flow) =>
    (['listener', 'log', 'kill', 'no'] as const).map((filtered) => ({ arch, flow, filtered })),
  ),
)

describe.each(variants)('for $arch, as $flow.kind, filter: $filtered', ({ flow, ...changes }) => {
  const { image, request } = assembledPlan(flow, changes)

  test('the launch program goes nowhere but to its own steps', () => {
    expectClosed(image, [request])
    expectClosed(request, [image])
  })

  test('no process enters another’s steps except by clone', () => {
    const byAddress = new Map<number, Step>()
    for (const segment of [image, request]) {
      segment.steps.forEach((step, index) => {
        byAddress.set(segment.address + index * STEP_SIZE, step)
      })
    }
    for (const encoded of [image, request].flatMap(encodedSteps)) {
      const { step, targets } = encoded
      const others = reachable(encoded)
        .filter((target) => !(step.syscall === 'clone' && target === targets.jump))
        .map((target) => byAddress.get(target))
        .filter((to) => to !== undefined && to.process !== step.process && to.label !== FAIL)
      expect({ step, others }).toEqual({ step, others: [] })
    }
  })
})

test.each([user, root])('a step asks at most one question about its result ($kind)', (flow) => {
  for (const step of samplePlan(flow).steps) {
    const questions = [step.tolerate, step.whenEqual, step.whenDifferent].filter(
      (question) => question !== undefined,
    )
    expect({ step, more: questions.slice(1) }).toEqual({ step, more: [] })
  }
})

function randomStep(pick: (below: number) => number, labels: readonly string[]): Step {
  const oneOf = <T>(...choices: readonly T[]): T => choices[pick(choices.length)] as T
  const goto = () => oneOf(...labels, DIE, FAIL)
  const value = () =>
    oneOf<Step['args'][number]>(
      pick(2 ** 31),
      -pick(4096),
      0xffff_ffff,
      -(2n ** 63n),
      2n ** 64n - 1n,
      at('a.x'),
      load('a.y'),
      text('t'.repeat(pick(20))),
      words(text('w'), 0, at('a.x')),
    )
  const operand = () => oneOf<number | Place>(0, -1, -4095, -4096, 2 ** 40, at('a.x'), load('a.y'))
  return stepsOf('init')('read', Array.from({ length: pick(7) }, value), {
    ...oneOf({}, { store: 'a.x' }),
    ...oneOf({}, { onError: 'continue' as const }, { onError: { goto: goto() } }),
    ...oneOf(
      {},
      { tolerate: pick(4096) },
      { whenEqual: { value: operand(), goto: goto() } },
      { whenDifferent: { value: operand(), goto: goto() } },
    ),
    ...oneOf({}, { next: { goto: goto() } }),
  })
}

test('whatever its arguments, operands and flags, a program goes nowhere but to its steps', () => {
  for (let seed = 0; seed < 300; seed++) {
    const pick = random(seed)
    const labels = Array.from({ length: 1 + pick(20) }, (_, index) => `step ${index}`)
    const steps = labels.map((label) => ({ ...randomStep(pick, labels), label }))
    const fields = ['x', 'y'].map((name) => ({ name, size: 1 + pick(40) }))
    expectClosed(
      assemble(
        {
          areas: [{ name: 'a', fields }],
          steps: [...steps, ...failSteps],
        },
        { arch: seed % 2 === 0 ? 'x64' : 'arm64', address: STEPS_ADDRESS },
      ),
    )
  }
})
