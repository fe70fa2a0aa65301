import fc from 'fast-check';
import {expect, test} from 'vitest';
import {removedTests} from '../../src/attempt/removed-tests.ts';
import {isTestFile, testLanguage} from '../../src/attempt/test-lines.ts';
import {removedTestLines, removedTestsInShort} from '../../src/events/removed-tests.ts';

/** As git writes the change of one file without context. */
function change(file: string, removed: readonly string[], added: readonly string[], header: string[] = []): string {
  return [
    `diff --git a/${file} b/${file}`,
    ...header,
    `--- a/${file}`,
    header.some(line => line.startsWith('deleted')) ? '+++ /dev/null' : `+++ b/${file}`,
    '@@ -1 +1 @@',
    ...removed.map(line => `-${line}`),
    ...added.map(line => `+${line}`),
    '',
  ].join('\n');
}

const deletion = (file: string, lines: readonly string[]) =>
  change(file, lines, [], ['deleted file mode 100644', 'index 1..0']);

test.each([
  ['a.test.ts', "  it.skip('adds', () => {"],
  ['a.test.ts', "test.todo('adds')"],
  ['a.spec.js', "xit('adds', () => {"],
  ['a.spec.js', "describe.only('sums', () => {"],
  ['a.spec.js', "fdescribe('sums', () => {"],
  ['test/a.mjs', "test('adds', {skip: true}, () => {"],
  ['e2e/a.ts', "test.fixme('adds', async () => {"],
  ['test/a.js', '  this.skip();'],
  ['test_a.py', '@pytest.mark.skip(reason="later")'],
  ['test_a.py', '@pytest.mark.xfail'],
  ['tests/a.py', '@unittest.skipIf(True, "later")'],
  ['tests/a.py', "    self.skipTest('later')"],
  ['tests/a.py', 'pytestmark = pytest.mark.skip'],
  ['a_test.go', '\tt.Skip("later")'],
  ['a_test.go', '\tt.SkipNow()'],
  ['src/lib.rs', '    #[ignore]'],
  ['src/lib.rs', '#[ignore = "slow"]'],
  ['src/test/java/ATest.java', '    @Disabled("later")'],
  ['src/test/java/ATest.java', '  @Ignore'],
  ['ATest.kt', '@Disabled'],
  ['ATests.cs', '[Fact(Skip = "later")]'],
  ['spec/a_spec.rb', "  xit 'adds' do"],
  ['spec/a_spec.rb', '    skip'],
  ['tests/ATest.php', '        $this->markTestSkipped();'],
  ['Tests/ATests.swift', '    throw XCTSkip("later")'],
  ['test/a_test.exs', '  @tag :skip'],
  ['test/a_test.dart', "  test('adds', () {}, skip: 'later');"],
  ['a_test.cc', '  GTEST_SKIP();'],
  ['a.bats', '  skip "later"'],
  ['a.feature', '  @skip'],
])('%s skips with `%s`', (file, line) => {
  expect(removedTests(change(file, [], [line]))).toEqual([{file, change: 'skipped', lines: 1, cases: [line.trim()]}]);
  // It was there before, or is taken away.
  expect(removedTests(change(file, [line], [`  ${line}`]))).toEqual([]);
  expect(removedTests(change(file, [line], []))).not.toMatchObject([{change: 'skipped'}]);
});

test.each([
  ['a.test.ts', ["test('adds', () => {", '  expect(1 + 1).toBe(2);', '});'], 'adds'],
  ['a.test.ts', ['  it.each([1])(`adds %i`, n => {'], 'adds %i'],
  ['test_a.py', ['    async def test_adds(self):'], 'test_adds'],
  ['a_test.go', ['func TestAdds(t *testing.T) {'], 'TestAdds'],
  ['src/lib.rs', ['    #[test]', '    fn adds() {'], 'adds'],
  ['src/lib.rs', ['#[tokio::test]', '#[cfg(unix)]', 'async fn adds() {'], 'adds'],
  ['ATest.java', ['  @Test', '  @DisplayName("sum")', '  void adds() {'], 'adds'],
  ['ATest.kt', ['  @Test', '  fun `adds up`() {'], '`adds up`'],
  ['ATests.cs', ['  [Fact]', '  public void Adds()'], 'Adds'],
  ['spec/a_spec.rb', ['  it "adds" do'], 'adds'],
  ['tests/ATest.php', ['  public function testAdds(): void'], 'testAdds'],
  ['Tests/ATests.swift', ['  func testAdds() {'], 'testAdds'],
  ['test/a_test.exs', ['  test "adds" do'], 'adds'],
  ['a_test.cc', ['TEST_F(Sum, Adds) {'], 'TEST_F(Sum, Adds)'],
  ['a.bats', ['@test "adds" {'], 'adds'],
  ['a.feature', ['  Scenario: adds'], 'adds'],
])('of %s a case is removed by its name', (file, lines, name) => {
  const removed = [{file, change: 'removed', lines: 1, cases: [name]}];
  expect(removedTests(change(file, lines, []))).toEqual(removed);
  // Moved to another place, or to another file.
  expect(removedTests(change(file, lines, ['', ...lines]))).toEqual([]);
  expect(removedTests(change(file, lines, []) + change(`other/${file}`, [], lines))).toEqual([]);
});

test('a case that is commented out is gone, one that is skipped is not', () => {
  const file = 'test/sum.test.js';
  expect(removedTests(change(file, ["it('adds', f)"], ["// it('adds', f)"]))).toEqual([
    {file, change: 'removed', lines: 1, cases: ['adds']},
  ]);
  expect(removedTests(change(file, ["it('adds', f)"], ["it.skip('adds', f)"]))).toEqual([
    {file, change: 'skipped', lines: 1, cases: ["it.skip('adds', f)"]},
  ]);
  expect(removedTests(change(file, [], ["// it.skip('adds', f)"]))).toEqual([]);
});

test('a test file that is deleted is one, unless all of it stands elsewhere', () => {
  const lines = ["test('a', f)", "test('b', f)", ''];
  const file = 'test/sum.test.js';
  expect(removedTests(deletion(file, lines))).toEqual([{file, change: 'deleted', lines: 3, cases: ['a', 'b']}]);
  expect(removedTests(deletion(file, lines) + change('test/all.test.js', [], lines))).toEqual([]);
  expect(removedTests(deletion(file, lines) + change('test/all.test.js', [], ["test('a', f)"]))).toEqual([
    {file, change: 'deleted', lines: 3, cases: ['b']},
  ]);
  expect(removedTests(deletion('src/sum.js', lines))).toEqual([]);
  expect(removedTests(deletion('test/rig.pl', ['1']))).toMatchObject([{change: 'deleted', lines: 1, cases: []}]);
});

test('what only looks like a test is none', () => {
  for (const file of ['src/sum.ts', 'README.md', 'test/data.json', 'src/contest.py', 'latest.go', 'attest/a.js'])
    expect(isTestFile(file), file).toBe(false);
  expect(testLanguage('src/skip.ts')).toBeUndefined();
  expect(removedTests(change('src/lib.rs', ['fn adds() {'], ['fn ignore() {']))).toEqual([]);
  expect(removedTests(change('test/a.test.ts', ['-- a/x', '++ b/y'], ['++ b/test/b.test.ts']))).toEqual([]);
});

test('no diff makes it fail, and it names no more than a few', () => {
  fc.assert(fc.property(fc.string({unit: 'binary', maxLength: 500}), text => Array.isArray(removedTests(text))));
  const many = Array.from({length: 40}, (_, index) => `test('case ${index} ${'x'.repeat(200)}', f)`);
  const [only] = removedTests(change('a.test.js', many, []));
  expect(only).toMatchObject({lines: 40});
  expect(only!.cases).toHaveLength(5);
  expect(Math.max(...only!.cases.map(text => text.length))).toBe(100);
});

test('it is said in short, and file by file', () => {
  const found = removedTests(
    deletion('a.test.js', ["test('a', f)"]) +
      change('b.test.js', ["test('b', f)", "test('c', f)"], []) +
      change('c.test.js', [], ["xit('d', f)"]),
  );
  expect(removedTestsInShort(found)).toBe('1 test file deleted, 2 tests removed, 1 skip added');
  expect(removedTestLines(found, 2)).toEqual([
    'a.test.js deleted (1 line): a',
    'b.test.js: 2 tests removed: b, c',
    'and 1 more',
  ]);
});
