export default {
  injectGlobals: false,
  testEnvironment: 'gradebox/jest-environment',
  setupFilesAfterEnv: ['gradebox/matchers/jest'],
  transform: {},
}
