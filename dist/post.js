'use strict';
require('./index.js');
