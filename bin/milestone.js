#!/usr/bin/env node
require('../dist/milestone.cjs');
