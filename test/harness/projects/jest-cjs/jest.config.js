module.exports = {
  testEnvironment: 'gradebox/jest-environment',
  setupFilesAfterEnv: ['gradebox/matchers/jest'],
}
