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
/** Half a page: the README shows the two side by side or one below the other. */
const HALF: View = { width: 760, height: 400, scale: 1 };
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
  ...SUMMED.map((name): Picture => ({
    file: `beginning-${slug(name)}`,
    sheet: beginning(name),
    theme: 'light',
    view: HALF,
  })),
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

/** What is seen without scrolling: who is affected, the stages, what decided. */
function beginning(name: SituationName): Sheet {
  const check = renderCheck(SITUATIONS[name]);
  const [summary = ''] = check.summary.split('\n### What to do next\n');
  return { place: 'check run', name: CHECK, check: { ...check, summary, text: '' } };
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
