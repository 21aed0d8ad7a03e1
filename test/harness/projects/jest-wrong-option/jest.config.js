module.exports = { testEnvironment: 'gradebox/jest-environment' }
