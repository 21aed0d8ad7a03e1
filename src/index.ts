export {
  type FailedStep,
  isSandboxError,
  SandboxError,
  type SandboxErrorCode,
} from './errors/sandbox-error.ts'
export { type MatcherFailure, matcherFailureOf } from './feedback/failure.ts'
export { type FinishedRun, feedbackFor } from './feedback/run-feedback.ts'
export { type StudentMessageOptions, studentMessage } from './feedback/student-message.ts'
export {
  type FeedbackLanguage,
  type FeedbackOptions,
  type FeedbackTexts,
  feedbackTexts,
} from './feedback/texts.ts'
export { type Learned, type LearnOptions, learn } from './learn/learn.ts'
export type { LimitOptions, MountOption, SandboxOptions } from './runner/options/options.ts'
export {
  type DeniedCall,
  type DeniedSyscall,
  type Enforcement,
  isSandboxResult,
  type SandboxResult,
  type SandboxStatus,
  type SandboxUsage,
} from './runner/result.ts'
export {
  createSandbox,
  type SandboxConfig,
  type Sandboxed,
  type SandboxHandle,
  sandboxed,
} from './runner/sandboxed.ts'
export type { Duration } from './units/duration.ts'
export type { Size } from './units/size.ts'
