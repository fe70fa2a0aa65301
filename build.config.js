// Bundles src/ and the libraries that it uses into dist/: one entry, and a few parts that are loaded when they are needed.

import {chmodSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {gzipSync} from 'node:zlib';
import {build} from 'rolldown';

const {version} = JSON.parse(readFileSync('package.json', 'utf8'));

// A part is loaded when an `import()` asks for it, and the bundler makes them: what several have in common is one of its
// own. But for these, which take along all that they import. In CommonJS, because that is loaded at once and in order: a
// short command is over before a loader of ES modules would have asked for all of them.
const PARTS = [
  {name: 'milestone', test: /src\/cli\/main\.ts$/}, // `--version`, and how failures are told
  {name: 'status', test: /src\/cli\/(program|commands\/(status|attention))\.ts$/}, // quick answers: nothing else is loaded
  {name: 'platform', test: /src\/platform\//}, // most others need these two
  {name: 'git', test: /src\/git\//},
];

/** What answers quickly, and what runs all night, must not bring along what reads YAML. */
const WITHOUT_YAML = ['milestone', 'status', 'execute'];

/** commander can start subcommands that are programs of their own. There are none, and what starts them loads slowly. */
const WITHOUT_PROGRAMS = {
  name: 'without-programs',
  resolveId: (id, importer) =>
    id === 'node:child_process' && /node_modules.commander/.test(importer ?? '') ? '\0programs' : undefined,
  load: id => (id === '\0programs' ? 'export {}' : undefined),
};

/**
 * A module of Node's as a namespace: one that leads to it, where the bundler would copy all of its properties into every
 * part, which takes longer than to load the part.
 */
const WITHOUT_COPIES = {
  name: 'without-copies',
  renderChunk: code => code.replace(/\b(node_\w+) = [\w.]+\(\1, 1\)/g, '$1 = {__proto__: $1, default: $1}'),
};

/** Of all scripts of the pages, gzipped. */
const MOST_PAGE_BYTES = 200 * 1024;

// Made beside and put in place whole: a program that runs from dist/ meanwhile finds its files.
const dir = mkdtempSync('dist-');
chmodSync(dir, 0o755);
const {output} = await build({
  input: {milestone: 'src/cli/main.ts'},
  platform: 'node',
  plugins: [WITHOUT_PROGRAMS, WITHOUT_COPIES],
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
for (const name of WITHOUT_YAML) {
  const modules = modulesOf(`${name}.cjs`);
  if (modules.length === 0) throw new Error(`there is no part \`${name}\` that could be looked at`);
  if (modules.some(id => /node_modules\/(yaml|zod)\//.test(id)))
    throw new Error(`\`${name}\` has what reads YAML, which is too slow for a status and too large for an executor`);
}

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

/** The modules of a part and of all that are loaded with it. */
function modulesOf(file, seen = new Set()) {
  const part = output.find(({fileName}) => fileName === file);
  if (!part || seen.has(file)) return [];
  seen.add(file);
  return [...part.moduleIds, ...part.imports.flatMap(other => modulesOf(other, seen))];
}

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
