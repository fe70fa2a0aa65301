import {KIRO_PHASES} from '../../plan/kiro-plan.ts';
import {ageOf} from '../amounts.ts';
import type {Paint} from '../paint.ts';
import {paintStatus} from '../status-mark.ts';
import {cutTo, pad, textWidth} from '../width.ts';
import {joinWrapped} from '../wrap.ts';
import type {DashboardModel, PhaseAverages} from './model.ts';

const SEPARATOR = ' · ';

/** Title and status, the overall bar, a bar for each kiro phase, and who works on it. */
export function headerLines(model: DashboardModel, columns: number, paint: Paint): string[] {
  return [
    titleLine(model, columns, paint),
    progressLine(model, columns, paint),
    ...(model.kiro ? [kiroLine(model.kiro, columns, paint)] : []),
    paint.dim(oneLine(model.about, columns)),
  ];
}

function titleLine({name, status}: DashboardModel, columns: number, paint: Paint): string {
  const words = status.replace('_', ' ');
  const room = columns - textWidth(words) - 2;
  if (room < 8) return cutTo(`${words} ${name}`, columns);
  return `${paint.bold(pad(cutTo(name, room), room))}  ${paintStatus(status, words, paint)}`;
}

function progressLine({percentage, counts, elapsed}: DashboardModel, columns: number, paint: Paint): string {
  const time = elapsed === undefined ? '' : ageOf(elapsed);
  const length = columns < 60 ? 0 : Math.floor(columns / 5);
  const drawn = length > 0 ? `${bar(percentage, length)} ` : '';
  const room = columns - textWidth(drawn) - textWidth(time) - 1;
  const said = oneLine([`${percentage} %`, ...counts], Math.max(room, 1));
  return cutTo(drawn, columns) === drawn && room > 0
    ? `${paint.green(drawn)}${pad(said, room)}${time === '' ? '' : ` ${paint.dim(time)}`}`
    : cutTo(said, columns);
}

function kiroLine(kiro: PhaseAverages, columns: number, paint: Paint): string {
  const names = KIRO_PHASES.map(phase => `${phase} ${kiro[phase]} %`);
  // Bars do not change their length as they fill.
  const spare = columns - textWidth(KIRO_PHASES.map(phase => `${phase} 100 %`).join('  '));
  const length = Math.min(Math.floor(spare / KIRO_PHASES.length) - 1, 16);
  if (length < 4) return cutTo(names.join('  '), columns);
  return KIRO_PHASES.map((phase, index) => {
    const [name, ...share] = names[index]!.split(' ');
    return `${name} ${paint.green(bar(kiro[phase], length))} ${share.join(' ')}`;
  }).join('  ');
}

function bar(percentage: number, length: number): string {
  const full = Math.floor((Math.min(Math.max(percentage, 0), 100) * length) / 100);
  return '█'.repeat(full) + '░'.repeat(length - full);
}

/** As many of the parts as fit on one line. */
function oneLine(parts: readonly string[], columns: number): string {
  return joinWrapped(parts, SEPARATOR, columns)[0] ?? '';
}
