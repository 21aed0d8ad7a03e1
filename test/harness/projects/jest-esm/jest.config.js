export default {
  injectGlobals: false,
  testEnvironment: 'gradebox/jest-environment',
  testEnvironmentOptions: { gradebox: { env: { GRADER: 'config' } } },
  setupFilesAfterEnv: ['gradebox/matchers/jest'],
  transform: {},
}
