// A worker that lays out graphs, so that a page is never kept waiting for one.

import {layered} from '../graph/layered.ts';

addEventListener('message', ({data: tasks}) => postMessage(layered(tasks)));
