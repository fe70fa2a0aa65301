// What the browser runs: the page of the address that it is at.

import {hydrate, render} from 'preact';
import {readData} from '../data.tsx';
import {openSession, takeToken} from './api.ts';
import {Page, titleOf} from './page.tsx';

const root = document.getElementById('page') as HTMLElement;
const given = readData('given');

const token = takeToken();

if (given) hydrate(<Page {...JSON.parse(given)} />, root);
else
  openSession(token).then(
    ({decide}) => {
      document.title = titleOf(location.pathname);
      render(<Page path={location.pathname} decide={decide} answers={{}} />, root);
    },
    (error: Error) => render(<main class="failure">{error.message}</main>, root),
  );
