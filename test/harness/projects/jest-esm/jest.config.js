export default {
  injectGlobals: false,
  testEnvironment: 'gradebox/jest-environment',
  testEnvironmentOptions: { gradebox: { env: { GRADER: 'config' }, concurrency: 3 } },
  setupFilesAfterEnv: ['gradebox/matchers/jest'],
  transform: {},
}
