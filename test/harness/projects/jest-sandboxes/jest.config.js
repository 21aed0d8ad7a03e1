export default {
  testEnvironment: 'gradebox/jest-environment',
  setupFilesAfterEnv: ['gradebox/matchers/jest'],
  transform: {},
}
