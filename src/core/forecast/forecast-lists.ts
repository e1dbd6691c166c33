/** What changes and which commits: raw lines for the log, Markdown for the report. */
import { code, codeCell, link, plain } from '../report/markdown.ts';
import { countText } from '../report/report-numbers.ts';
import type { Commits, ConfigChange, Forecast } from './forecast-types.ts';

const MOST_CHANGES = 30;

export function changeLines(changes: Forecast['changes'], most: number): readonly string[] {
  if (changes === null) return ['What changes is not known: the revisions could not be compared.'];
  if (changes.length === 0) return ['Nothing changes in the configuration of the revision.'];
  const lines = changes.slice(0, most).map((change) => `Changes: ${changeText(change)}`);
  return [...lines, ...moreText(changes.length - most)];
}

function changeText({ what, name, how, from, to }: ConfigChange): string {
  const subject = name === '' ? what : `${what} ${name}`;
  if (how === 'added') return `${subject} added${to === null ? '' : `: ${to}`}`;
  if (how === 'removed') return `${subject} removed${from === null ? '' : `: ${from}`}`;
  return `${subject} changed${from === null || to === null ? '' : `: ${from} → ${to}`}`;
}

export function changeList(changes: Forecast['changes']): string {
  if (changes === null) return 'Not known: the revisions could not be compared.';
  if (changes.length === 0) return 'Nothing in the configuration of the revision.';
  return [
    '| What | Name | Change | Stable | Canary |',
    '| --- | --- | --- | --- | --- |',
    ...changes.slice(0, MOST_CHANGES).map(changeRow),
    ...moreText(changes.length - MOST_CHANGES).map((text) => `\n${text}`),
  ].join('\n');
}

function changeRow({ what, name, how, from, to }: ConfigChange): string {
  const value = (text: string | null): string => (text === null ? '' : codeCell(text));
  const named = name === '' ? '' : codeCell(name);
  return `| ${[what, named, how, value(from), value(to)].join(' | ')} |`;
}

export function commitLines(commits: Commits | null, most: number): readonly string[] {
  if (commits === null) return [];
  const { log, url } = commits;
  const lines = (log?.shown ?? []).slice(0, most);
  return [
    `Commits: ${relationText(commits)} ${url}`,
    ...lines.map(({ sha, subject }) => `  ${sha.slice(0, 8)} ${subject}`),
    ...(log === null ? [] : moreText(log.total - lines.length)),
  ];
}

export function commitList(commits: Commits): string {
  const { log, url, base, head } = commits;
  const between = link(`${base.slice(0, 8)}…${head.slice(0, 8)}`, url);
  return [
    `${relationText(commits)} ${between}`,
    ...(log === null || log.shown.length === 0
      ? []
      : [
          '',
          ...log.shown.map(
            ({ sha, subject }) => `- ${code(sha.slice(0, 8))} ${plain(subject, 200)}`,
          ),
        ]),
    ...(log === null ? [] : moreText(log.total - log.shown.length).map((text) => `\n${text}`)),
  ].join('\n');
}

function relationText({ log }: Commits): string {
  if (log === null) return 'From the stable revision to this run:';
  const { relation, total } = log;
  switch (relation) {
    case 'identical':
      return 'The same commit as the stable revision:';
    case 'behind':
      return 'This run is of an older commit than the stable revision:';
    case 'ahead':
      return `${countText(total)} ${total === 1 ? 'commit' : 'commits'} more than the stable revision:`;
    case 'diverged':
      return `${countText(total)} ${total === 1 ? 'commit' : 'commits'} that the stable revision does not have, while it has others:`;
  }
}

function moreText(more: number): readonly string[] {
  return more > 0 ? [`… and ${countText(more)} more.`] : [];
}
