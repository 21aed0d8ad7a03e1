const { assignment } = require('gradebox/grading/jest')
require('./declare.cjs')(assignment)
