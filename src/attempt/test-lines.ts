// What tells a test in the languages that are written most: its file, the line that begins it, the line that skips it.

import path from 'node:path';

export interface TestLanguage {
  /** Lines that begin a test; the first group, where there is one, is its name. */
  cases: readonly RegExp[];
  /** Such a line is followed by the one with the name. */
  isNameBelow?: boolean;
  /** Lines that keep tests from running, or all but one of them. */
  skips: readonly RegExp[];
  /** What a line of comment begins with. */
  comment: RegExp;
}

const SLASHES = /^(?:\/\/|\/\*|\*)/;
const HASH = /^#(?!\[)/;
const NAME = `\\s*\\(\\s*(?:(['"\`])(.*?)\\1)?`;

const JAVASCRIPT: TestLanguage = {
  cases: [new RegExp(`^x?f?(?:it|test|specify|Deno\\.test|QUnit\\.test)(?:\\.\\w+(?:\\(.*?\\))?)*${NAME}`)],
  skips: [
    /\b(?:it|test|describe|suite|context|specify|step|bench)(?:\.\w+)*\.(?:skip|skipIf|runIf|todo|fixme|fails|only)\b/,
    /^(?:xit|xtest|xdescribe|xcontext|xspecify|fit|fdescribe|fcontext|fspecify)\s*[(.`]/,
    /\b(?:this|t|ctx|context)\.(?:skip|todo)\(/,
    /\b(?:skip|todo|only)\s*:\s*(?:true|['"`])/,
  ],
  comment: SLASHES,
};

const PYTHON: TestLanguage = {
  cases: [/^(?:async\s+)?def\s+(test\w*)\s*\(/],
  skips: [
    /\b(?:mark\.)(?:skip|skipif|xfail)\b/,
    /^@(?:unittest\.)?(?:skip|skipIf|skipUnless|expectedFailure)\b/,
    /\bpytest\.(?:skip|xfail|importorskip)\(/,
    /\.skipTest\(|\bSkipTest\b|\bcollect_ignore\b|^__test__\s*=\s*False/,
  ],
  comment: HASH,
};

const GO: TestLanguage = {
  cases: [/^func\s+((?:Test|Fuzz|Example|Benchmark)\w*)\s*\(/, /\.Run\(\s*"(.*?)"/],
  skips: [/\b\w+\.(?:Skip|Skipf|SkipNow)\(/],
  comment: /^(?:\/\*|\*|\/\/(?!go:build))/,
};

const RUST: TestLanguage = {
  cases: [/^#\[(?:\w+::)*(?:test|rstest|test_case)\b/],
  isNameBelow: true,
  skips: [/^#\[ignore\b/, /^#\[cfg_attr\(.*\bignore\b/],
  comment: SLASHES,
};

const JVM: TestLanguage = {
  cases: [/^@(?:Test|ParameterizedTest|RepeatedTest|TestFactory|TestTemplate|Property)\b/],
  isNameBelow: true,
  skips: [/@(?:Disabled\w*|Ignore)\b/, /\benabled\s*=\s*false\b/, /\b(?:Assume|Assumptions)\.\w+\(|\bassumeTrue\(/],
  comment: SLASHES,
};

const DOTNET: TestLanguage = {
  cases: [/^\[(?:Fact|Theory|Test|TestMethod|TestCase|DataTestMethod)\b/],
  isNameBelow: true,
  skips: [/^\[(?:Ignore|Explicit)\b/, /\bSkip\s*=\s*"/, /\bAssert\.(?:Ignore|Inconclusive)\(/],
  comment: SLASHES,
};

const RUBY: TestLanguage = {
  cases: [/^(?:it|specify|scenario|test)[\s(]+(['"])(.*?)\1/, /^def\s+(test_\w+)/],
  skips: [/^(?:xit|xspecify|xdescribe|xcontext|xscenario|fit|fdescribe|skip|pending)\b/, /(?:\bskip:|:skip\b)/],
  comment: HASH,
};

const PHP: TestLanguage = {
  cases: [/\bfunction\s+(test\w*)\s*\(/, /^(?:it|test)\(\s*(['"])(.*?)\1/],
  skips: [/\bmarkTest(?:Skipped|Incomplete)\(/, /->(?:skip|todo|only)\(/],
  comment: /^(?:\/\/|\/\*|\*|#(?!\[))/,
};

const SWIFT: TestLanguage = {
  cases: [/\bfunc\s+(test\w*)\s*\(/, /^@Test\b/],
  skips: [/\bXCTSkip(?:If|Unless)?\b/, /\.disabled\(/],
  comment: SLASHES,
};

const ELIXIR: TestLanguage = {
  cases: [/^test\s+(")(.*?)\1/],
  skips: [/^@(?:module|describe)?tag\s+:?skip\b/],
  comment: HASH,
};

const DART: TestLanguage = {
  cases: [new RegExp(`^(?:test|testWidgets)${NAME}`)],
  skips: [/\bskip\s*:\s*(?!false|null)/, /^@Skip\b/],
  comment: SLASHES,
};

const C: TestLanguage = {
  cases: [/^((?:TEST|TEST_F|TEST_P|TYPED_TEST|TEST_CASE|SCENARIO|BOOST_AUTO_TEST_CASE)\s*\(.*?\))/],
  skips: [/\bGTEST_SKIP\(|\bDISABLED_\w|\bSKIP\(/],
  comment: SLASHES,
};

const SHELL: TestLanguage = {cases: [/^@test\s+(['"])(.*?)\1/], skips: [/^skip\b/], comment: HASH};

const GHERKIN: TestLanguage = {
  cases: [/^Scenario(?: Outline)?:\s*(.*)/],
  skips: [/^@.*\b(?:skip|ignore|disabled|wip)\b/i],
  comment: HASH,
};

const OTHER: TestLanguage = {cases: [], skips: [], comment: /^(?!)/};

const BY_ENDING: ReadonlyArray<readonly [endings: string, language: TestLanguage]> = [
  ['js jsx ts tsx mjs cjs mts cts vue svelte', JAVASCRIPT],
  ['py', PYTHON],
  ['go', GO],
  ['rs', RUST],
  ['java kt kts scala groovy', JVM],
  ['cs fs vb', DOTNET],
  ['rb', RUBY],
  ['php', PHP],
  ['swift', SWIFT],
  ['ex exs', ELIXIR],
  ['dart', DART],
  ['c cc cpp cxx m mm', C],
  ['bats sh', SHELL],
  ['feature', GHERKIN],
  ['pl t lua jl r hs ml erl clj cljs cljc zig nim robot', OTHER],
];

const LANGUAGES = new Map(BY_ENDING.flatMap(([endings, language]) => endings.split(' ').map(one => [one, language])));

const TEST_FOLDER = /(?:^|\/)(?:tests?|__tests__|specs?|e2e|cypress|\w*Tests?)\//;
const TEST_NAME = /(?:^test_|[._-](?:test|spec|cy)\.|_test\.|_spec\.|Tests?\.|Spec\.|\.(?:bats|feature|t)$)/;

/** The language of a file that may hold tests; undefined for one that holds none. */
export function testLanguage(file: string): TestLanguage | undefined {
  const ending = path.extname(file).slice(1).toLowerCase();
  // Those have their tests beside what is tested.
  return isTestFile(file) || ending === 'rs' ? LANGUAGES.get(ending) : undefined;
}

/** Whether a file is there for tests alone. */
export function isTestFile(file: string): boolean {
  const ending = path.extname(file).slice(1).toLowerCase();
  return LANGUAGES.has(ending) && (TEST_FOLDER.test(file) || TEST_NAME.test(path.basename(file)));
}
