// Bundles src/ and the libraries that it uses into dist/: one entry, and a few parts that are loaded when they are needed.

import {chmodSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {gzipSync} from 'node:zlib';
import {build} from 'rolldown';

const {version} = JSON.parse(readFileSync('package.json', 'utf8'));

// Each takes along all that it imports, but for what an earlier one has. In CommonJS, because that is loaded at once and in
// order: a short command is over before a loader of ES modules would have asked for all of them.
const PARTS = [
  {name: 'milestone', test: /src\/cli\/main\.ts$/}, // `--version`, and how failures are told
  {name: 'status', test: /src\/cli\/(program|commands\/(status|attention))\.ts$/}, // quick answers
  {name: 'rules', test: /src\/plan\/[^/]+\.ts$/}, // of plans, for all other parts
  {name: 'colours', test: /node_modules\/chalk\//},
  {
    name: 'execute',
    test: /src\/cli\/(follow|launch|commands\/(?!doctor|init|new|results|schema|show-prompt|task-done|validate))/,
  },
  {name: 'plan', test: /src\/plan\/file\//}, // what reads YAML
  {name: 'page', test: /src\/page\/|node_modules\/(preact|@dagrejs)/}, // HTML
  {name: 'web', test: /src\/(cli\/)?web\/|node_modules\/(hono|@hono)\//}, // pages for a browser
  {name: 'worker', test: /src\/(cli\/)?worker(s\/work|\/)/}, // what works on other machines
  {name: 'rest', test: file => file.startsWith(path.resolve('src'))},
];

/** commander can start subcommands that are programs of their own. There are none, and what starts them loads slowly. */
const WITHOUT_PROGRAMS = {
  name: 'without-programs',
  resolveId: (id, importer) =>
    id === 'node:child_process' && /node_modules.commander/.test(importer ?? '') ? '\0programs' : undefined,
  load: id => (id === '\0programs' ? 'export {}' : undefined),
};

/** Of all scripts of the pages, gzipped. */
const MOST_PAGE_BYTES = 200 * 1024;

// Made beside and put in place whole: a program that runs from dist/ meanwhile finds its files.
const dir = mkdtempSync('dist-');
chmodSync(dir, 0o755);
const {output} = await build({
  input: {milestone: 'src/cli/main.ts'},
  platform: 'node',
  plugins: [WITHOUT_PROGRAMS],
  // For those who have workers; loaded then.
  external: ['pg-boss'],
  // The same library as ES modules, which bundle into plain functions: it reads a plan a tenth quicker.
  resolve: {alias: {yaml: path.resolve('node_modules/yaml/browser/dist/index.js')}},
  transform: {define: {MILESTONE_VERSION: JSON.stringify(version), 'process.env.NODE_ENV': '"production"'}},
  output: {
    dir,
    format: 'cjs',
    entryFileNames: '[name].cjs',
    chunkFileNames: '[name].cjs',
    // Names of functions stay: they are in the stack that is shown of a bug.
    minify: {compress: true, mangle: {toplevel: false, keepNames: true}, codegen: true},
    codeSplitting: {groups: PARTS.map((part, place) => ({...part, priority: PARTS.length - place}))},
  },
});
for (const {name, moduleIds = []} of output)
  if (name !== 'plan' && moduleIds.some(id => /node_modules\/(yaml|zod)\//.test(id)))
    throw new Error(`\`${name}\` has what reads YAML, which is too slow for a status and too large for an executor`);

// What a browser runs: of the pages of `milestone web`, of a report that is a file, and to lay out a large graph.
const scripts = [];
for (const [name, source] of Object.entries({page: 'main.tsx', report: 'report.tsx', layout: 'layout.ts'})) {
  const {output: made} = await build({
    input: {[`browser-${name}`]: `src/page/client/${source}`},
    platform: 'browser',
    transform: {define: {'process.env.NODE_ENV': '"production"'}},
    output: {dir, format: 'iife', minify: true},
  });
  const [script, ...others] = made;
  const outside = [...script.imports, ...script.dynamicImports];
  if (others.length > 0 || outside.length > 0) throw new Error(`\`${source}\` wants more than one file: ${outside}`);
  scripts.push(script);
}
const size = scripts.reduce((sum, {code}) => sum + gzipSync(code).length, 0);
if (size > MOST_PAGE_BYTES) throw new Error(`the scripts of the pages are too large: ${size} bytes, gzipped`);

writeFileSync(
  path.join(dir, 'THIRD-PARTY-LICENSES.txt'),
  licenses([...output, ...scripts].flatMap(({moduleIds}) => moduleIds ?? [])),
);
rmSync('dist', {recursive: true, force: true});
renameSync(dir, 'dist');

/** The licences of the libraries that went in. */
function licenses(inputs) {
  const folders = new Set(inputs.flatMap(input => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? []));
  return [...folders].sort().map(licenseOf).join('\n\n');
}

function licenseOf(folder) {
  const about = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  return `${about.name} ${about.version} (${about.license})\n\n${licenseText(folder, about)}`;
}

function licenseText(folder, about) {
  for (const file of ['LICENSE', 'LICENSE.md', 'LICENSE.txt', 'LICENSE-MIT.txt', 'license', 'license.md', 'LICENCE']) {
    try {
      return readFileSync(path.join(folder, file), 'utf8').trim();
    } catch {}
  }
  return `Licensed under ${about.license}; see ${about.homepage ?? about.repository?.url}`;
}
