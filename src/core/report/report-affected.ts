/** Who is affected now: which percent of the requests goes where, in words. */
import { code } from './markdown.ts';
import type { Report } from './report-model.ts';
import { countText, requestsText } from './report-numbers.ts';

const MOST_OTHERS = 5;

export function affectedText(report: Report): string {
  const { canary, served } = report;
  if (Object.keys(served).length === 0) return 'Cloud Run does not say that it serves anybody.';
  const shares = sharesText(report);
  const now =
    canary === ''
      ? `Nobody is affected by this run: ${shares}.`
      : (served[canary] ?? 0) === 0
        ? `Nobody gets the canary: ${shares}.`
        : `${isAll(report) ? 'Everybody gets the canary: ' : ''}${shares}.`;
  return [now, ...pendingText(report), ...harmText(report)].join(' ');
}

function sharesText(report: Report): string {
  const { canary, stable, clone, served, outcome } = report;
  const isFirst = outcome === 'deployed' || outcome === 'deploy-failed';
  const known: readonly (readonly [string, string])[] = [
    [canary, isFirst ? 'the first revision' : 'the canary'],
    [stable, 'the stable revision'],
    [clone, 'a copy of the stable revision,'],
  ];
  const names = known.map(([name]) => name);
  const others = Object.keys(served).filter((name) => !names.includes(name));
  const rows = [...known, ...others.slice(0, MOST_OTHERS).map((name) => [name, ''] as const)];
  const parts = rows.flatMap(([name, word]) => {
    const percent = name === '' ? 0 : (served[name] ?? 0);
    return percent === 0 ? [] : [{ percent, to: `${word} ${code(name)}`.trim() }];
  });
  const more = others.length - MOST_OTHERS;
  return [
    ...parts.map(({ percent, to }, index) =>
      index === 0
        ? `${percent} % of the requests${oneIn(percent)} go to ${to}`
        : `${percent} % to ${to}`,
    ),
    ...(more > 0 ? [`the rest to ${countText(more)} more`] : []),
  ].join(', ');
}

/** Where it is a number that people say. */
function oneIn(percent: number): string {
  const each = 100 / percent;
  return Number.isInteger(each) && each > 1 ? ` (one in ${countText(each)})` : '';
}

function isAll({ served, canary, stable }: Report): boolean {
  return stable !== '' && served[canary] === 100;
}

/** Asked is not served. */
function pendingText({ canary, percent, served, outcome }: Report): readonly string[] {
  const isServed = canary === '' || (served[canary] ?? 0) === percent;
  if (isServed || outcome === 'released') return [];
  return [`${percent} % for the canary are asked for, and Cloud Run does not serve that yet.`];
}

/** Of the minutes that were judged: what came before and after them nobody has counted here. */
function harmText({ stages, canary }: Report): readonly string[] {
  if (canary === '') return [];
  const cells = stages.flatMap(({ judgement }) =>
    (judgement?.observation.minutes ?? []).flatMap((minute) => minute.canary ?? []),
  );
  if (cells.length === 0) return [];
  const requests = cells.reduce((sum, cell) => sum + cell.requests, 0);
  const errors = cells.reduce((sum, cell) => sum + cell.errors, 0);
  const failed = errors === 0 ? 'none' : countText(errors);
  return [
    `In the minutes that were judged the canary answered ${requestsText(requests)}, ${failed} of them with a server error (5xx).`,
  ];
}
