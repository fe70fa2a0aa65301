// What the browser runs of a report that is a file.

import {hydrate} from 'preact';
import {readData} from '../data.tsx';
import {ReportFile} from '../report-file.tsx';

const given = readData('given');
if (given !== undefined) hydrate(<ReportFile {...JSON.parse(given)} />, document.getElementById('page') as HTMLElement);
