/** Every page that is photographed. */
import { commentOf } from '../../src/core/report/report-comment.ts';
import { renderCheck, renderSummary } from '../../src/core/report/report.ts';
import { SITUATIONS } from '../report-situations.ts';
import type { SituationName } from '../report-situations.ts';
import type { Sheet, Theme } from './page.ts';
import type { View } from './browser.ts';

export type Picture = {
  /** Without the ending. */
  readonly file: string;
  readonly sheet: Sheet;
  readonly theme: Theme;
  readonly view: View;
};

const DESKTOP: View = { width: 1280, height: 800, scale: 1 };
const PHONE: View = { width: 390, height: 844, scale: 1.25 };
const CHECK = 'Canary: checkout (europe-west1)';
const JOB = 'deploy / canary';

const NAMES = Object.keys(SITUATIONS) as readonly SituationName[];
/** One that ends well, and one that does not. */
const SUMMED: readonly SituationName[] = ['promoted', 'restored on errors'];
const DARK: SituationName = 'restored on errors';
const COMMENTED: SituationName = 'restored on errors';

export const PICTURES: readonly Picture[] = [
  ...NAMES.flatMap((name) => views(`check-${slug(name)}`, checkRun(name))),
  {
    file: `check-${slug(DARK)}-dark`,
    sheet: checkRun(DARK),
    theme: 'dark',
    view: DESKTOP,
  },
  ...SUMMED.flatMap((name) => views(`summary-${slug(name)}`, jobSummary(name))),
  ...views(`comment-${slug(COMMENTED)}`, comment(COMMENTED)),
];

function views(file: string, sheet: Sheet): readonly Picture[] {
  return [
    { file: `${file}-desktop`, sheet, theme: 'light', view: DESKTOP },
    { file: `${file}-phone`, sheet, theme: 'light', view: PHONE },
  ];
}

function checkRun(name: SituationName): Sheet {
  return { place: 'check run', name: CHECK, check: renderCheck(SITUATIONS[name]) };
}

function jobSummary(name: SituationName): Sheet {
  return { place: 'job summary', name: JOB, markdown: renderSummary(SITUATIONS[name]) };
}

function comment(name: SituationName): Sheet {
  const page = 'https://github.com/octo-shop/checkout/runs/31415926535';
  const markdown = commentOf(SITUATIONS[name], 'always', page)?.body ?? '';
  return { place: 'comment', name: 'A pull request', markdown };
}

function slug(name: SituationName): string {
  return name.replaceAll(/[^a-z]+/g, '-');
}
