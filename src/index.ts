export {
  type FailedStep,
  isSandboxError,
  SandboxError,
  type SandboxErrorCode,
} from './errors/sandbox-error.ts'
export {
  type FeedbackLanguage,
  type FeedbackOptions,
  feedbackTexts,
} from './feedback/feedback-texts.ts'
export type { FinishedRun } from './feedback/finished-run.ts'
export type { FeedbackTexts } from './feedback/languages/texts.ts'
export { type MatcherFailure, matcherFailureOf } from './feedback/matcher-failure.ts'
export { feedbackFor } from './feedback/run-feedback.ts'
export { type StudentMessageOptions, studentMessage } from './feedback/student-message.ts'
export { type Learned, type LearnOptions, learn } from './learn/learn.ts'
export type { Enforcement, EnforcementByLimit, LimitOptions, Limits } from './limits/table.ts'
export type { WantedSignal, WantedSyscall } from './matchers/kill.ts'
export type { PolicyInput } from './policy/policy-input.ts'
export {
  type Interaction,
  type InteractionHandle,
  type InteractiveProgram,
  interact,
} from './runner/interact.ts'
export type { Isolation, IsolationLevel } from './runner/isolation/level.ts'
export type {
  MountOption,
  SandboxConfig,
  SandboxOptions,
} from './runner/options/sandbox-options.ts'
export {
  type DeniedSyscall,
  isSandboxResult,
  type LoggedCall,
  type SandboxResult,
  type SandboxStatus,
  type SandboxUsage,
} from './runner/result.ts'
export { createSandbox, type Sandboxed, type SandboxHandle, sandboxed } from './runner/sandboxed.ts'
export type { Duration } from './units/duration.ts'
export type { Size } from './units/size.ts'
export type { InvalidByte } from './units/utf8.ts'
