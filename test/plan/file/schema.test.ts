import {expect, expectTypeOf, test} from 'vitest';
import type * as z from 'zod';
import {jsonSchema, milestoneSchema, type taskSchema, type taskStateShape} from '../../../src/plan/file/schema.ts';
import {type Exact, settingsSchema, taskSettingsSchema} from '../../../src/plan/file/settings-schema.ts';
import type {KiroConfiguration, KiroPhaseSettings, Task, TaskSettings} from '../../../src/plan/plan.ts';
import {DEFAULT_SETTINGS, hasOwnSettings, TASK_SETTINGS} from '../../../src/plan/settings.ts';

test('the default of every setting that has one stands in the schema', () => {
  const {settings, tasks} = jsonSchema('milestone').properties!;
  expect(settings).toMatchObject({
    properties: {
      timeout: {default: '45m'},
      retries: {default: 2},
      git: {properties: {sync: {default: 'off'}, hooks: {default: false}}},
      workspace: {properties: {submodules: {default: 'auto'}}},
    },
  });
  expect(settings!.properties!.driver).not.toHaveProperty('default');
  // What a task leaves out is what its plan says.
  expect(JSON.stringify(tasks)).not.toContain('"default"');
  expect(jsonSchema('config').properties!.settings).toEqual(settings);
});

test('the defaults are such as somebody might write', () => {
  const set = Object.fromEntries(Object.entries(DEFAULT_SETTINGS).filter(([, value]) => value !== undefined));
  expect(settingsSchema.parse(set)).toEqual(set);
});

test('every setting of a task is seen as its own', () => {
  expect(TASK_SETTINGS.toSorted()).toEqual(Object.keys(taskSettingsSchema.shape).sort());
  for (const key of TASK_SETTINGS) expect(hasOwnSettings({id: 'a', title: 'A', [key]: 'x'})).toBe(true);
  expect(hasOwnSettings({id: 'a', title: 'A', run: 'true'})).toBe(false);
});

test('the plan in memory has the keys of the file, and values as there', () => {
  type Written = Exact<Omit<z.infer<typeof taskSchema>, keyof typeof taskStateShape>>;
  type Phase = NonNullable<NonNullable<NonNullable<Written['kiro_workflow']>['phases']>['design']>;
  type Gate = NonNullable<KiroConfiguration['approval_gates']>[string];
  type Kiro = NonNullable<Exact<z.infer<typeof milestoneSchema>>['kiro_configuration']>;
  expectTypeOf<keyof Task>().toEqualTypeOf<keyof Written>();
  expectTypeOf<Task>().toExtend<Written>();
  expectTypeOf<Pick<Written, keyof TaskSettings>>().toEqualTypeOf<TaskSettings>();
  expectTypeOf<KiroPhaseSettings>().toEqualTypeOf<Omit<Phase, 'status' | 'started_at' | 'completed_at'>>();
  expectTypeOf<keyof KiroConfiguration>().toEqualTypeOf<keyof Kiro>();
  expectTypeOf<NonNullable<Kiro['approval_gates']>['design_to_spec']>().toEqualTypeOf<Gate | undefined>();
  expect(Object.keys(milestoneSchema.shape)).toContain('kiro_configuration');
});
