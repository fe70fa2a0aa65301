import fs from 'node:fs';
import path from 'node:path';
import {deflateSync} from 'node:zlib';
import {expect, test} from 'vitest';
import {removeTornObjects} from '../../src/git/torn-objects.ts';
import {listRescues} from '../../src/workspace/rescue.ts';
import {prepareSlot} from '../../src/workspace/slots/prepare-slot.ts';
import {GitRig, ID} from './git-rig.ts';

/** Write a file as an object that nothing refers to; its id and its place. */
function makeObject(rig: GitRig, text: string): {id: string; file: string} {
  rig.write(rig.folder, {text});
  const id = rig.git('hash-object', '-w', path.join(rig.folder, 'text'));
  return {id, file: path.join(rig.repo, '.git', 'objects', id.slice(0, 2), id.slice(2))};
}

function damage(file: string, content: Uint8Array): void {
  fs.chmodSync(file, 0o644);
  fs.writeFileSync(file, content);
}

test.each([['sha1'], ['sha256']])(
  'objects that lost their content with the power are written again: %s',
  async format => {
    using rig = GitRig.create({init: [`--object-format=${format}`]});
    const repo = await rig.open();
    const [empty, half, other, whole] = ['empty', 'half', 'other', 'whole'].map(text => makeObject(rig, `${text}\n`));
    damage(empty!.file, new Uint8Array());
    damage(half!.file, fs.readFileSync(half!.file).subarray(0, 9));
    damage(other!.file, deflateSync('blob 1\0x'));
    const torn = [empty, half, other].map(one => one!.id).sort();
    expect((await removeTornObjects(repo, Date.now())).sort()).toEqual(torn);
    expect(fs.readdirSync(path.join(rig.repo, '.git/milestone/torn-objects')).sort()).toEqual(
      [half!.id, other!.id].sort(),
    );
    expect(fs.existsSync(whole!.file)).toBe(true);
    rig.git('fsck');
    for (const [text, one] of Object.entries({empty, half})) expect(makeObject(rig, `${text}\n`).id).toBe(one!.id);
    rig.git('fsck');
    expect(await removeTornObjects(repo, Date.now())).toEqual([]);
  },
);

test('what an older crash has torn is left to its owner, unless it is empty', async () => {
  using rig = GitRig.create();
  const repo = await rig.open();
  const [old, empty] = [makeObject(rig, 'old\n'), makeObject(rig, 'empty\n')];
  damage(old.file, fs.readFileSync(old.file).subarray(0, 9));
  damage(empty.file, new Uint8Array());
  for (const {file} of [old, empty]) fs.utimesSync(file, 1_000_000_000, 1_000_000_000);
  expect(await removeTornObjects(repo, Date.now())).toEqual([empty.id]);
  expect(fs.existsSync(old.file)).toBe(true);
});

test('work that an agent had added to its index is not taken for written', async () => {
  using rig = GitRig.create();
  const repo = await rig.open();
  const slot = await rig.slot(repo);
  rig.write(slot.topLevel, {work: 'precious\n'});
  rig.run(slot.topLevel, 'add', 'work');
  const id = rig.run(slot.topLevel, 'rev-parse', ':work');
  damage(path.join(rig.repo, '.git', 'objects', id.slice(0, 2), id.slice(2)), new Uint8Array());
  expect(await removeTornObjects(repo, Date.now())).toEqual([id]);
  await prepareSlot(repo, rig.wish(repo, rig.git('rev-parse', 'HEAD')));
  const [kept] = await listRescues(repo, ID);
  expect(rig.contents(kept!.commit).work).toBe('precious');
});
