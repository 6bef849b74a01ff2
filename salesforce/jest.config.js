const { jestConfig } = require('@salesforce/sfdx-lwc-jest/config');

module.exports = {
    ...jestConfig,
    // Nothing else in the package directories is JavaScript.
    testMatch: ['**/lwc/**/__tests__/**/*.test.js']
};
