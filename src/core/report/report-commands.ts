/** Exact commands: every value in one is one harmless word, and none is for a name nobody knows. */
import { shellWord } from '../shell-word.ts';
import { block, visible } from './markdown.ts';
import { jobsText } from './report-again.ts';
import type { Rerun } from './report-again.ts';
import type { Report } from './report-model.ts';

/** No real names come near it. */
const LONGEST_COMMAND = 1000;
const PHONE_COLUMNS = 48;
/** Inputs of this action that a workflow may hand on under the same names, and nobody hides. */
const REPEATABLE = ['service', 'region', 'project_id', 'image', 'revision', 'tag', 'stages'];
const RUN_PAGE = /^https?:\/\/([^/]+)\/([^/]+\/[^/]+)\/actions\/runs\/(\d+)$/;

type Verb = 'describe' | 'update-traffic' | 'add-iam-policy-binding';

export function gcloud(verb: Verb, { service: ref }: Report): string {
  const where = `--project=${shellWord(ref.project)} --region=${shellWord(ref.region)}`;
  return `gcloud run services ${verb} ${shellWord(ref.service)} ${where}`;
}

/** Empty: the revision is not known. */
export function allTo(revision: string, report: Report): readonly string[] {
  if (revision === '') return [];
  return [`${gcloud('update-traffic', report)} --to-revisions=${shellWord(`${revision}=100`)}`];
}

/** A re-run has the inputs that the rollout was started with. */
export function rerunLine({ runUrl, jobs }: Rerun): string | null {
  const run = runOf(runUrl);
  const which = jobs === 'failed' ? ' --failed' : '';
  return run === null ? null : `gh run rerun ${run.id}${which} --repo ${run.repository}`;
}

export function cancelLine(runUrl: string): string | null {
  const run = runOf(runUrl);
  return run === null ? null : `gh run cancel ${run.id} --repo ${run.repository}`;
}

/** null: it is not known that the workflow of this run can be started by hand, and given a command. */
export function dispatchLine(
  { outlook, runUrl }: Report,
  inputs: Readonly<Record<string, string>>,
): string | null {
  const run = runOf(runUrl);
  const { dispatch } = outlook;
  if (run === null || dispatch === null) return null;
  const { workflow, ref, inputs: given } = dispatch;
  const { command: _, to: __, at: ___, ...others } = given;
  // Others may be secrets of another step, which nothing masks in a check run.
  const isHarmless = ([name, value]: readonly [string, string]) =>
    value === '' || REPEATABLE.includes(name);
  if (!Object.entries(others).every(isHarmless)) return null;
  // What it is not given it takes from its defaults; what it does not know makes GitHub refuse it.
  const asked = Object.entries(inputs).filter(([name]) => Object.hasOwn(given, name));
  const fields = [...asked, ...Object.entries(others).filter(([, value]) => value !== '')];
  const words = fields.map(([name, value]) => ` -f ${shellWord(`${name}=${value}`)}`);
  const line = `gh workflow run ${shellWord(workflow)} --repo ${run.repository} --ref ${shellWord(ref)}${words.join('')}`;
  return line.length > LONGEST_COMMAND || asked.length < Object.keys(inputs).length ? null : line;
}

/** The inputs by which a step of this action finds the service, as YAML. */
export function inputLines({ service: ref }: Report): readonly string[] {
  const { service, region, project } = ref;
  return Object.entries({ service, region, project_id: project }).map(
    ([name, value]) => `${name}: ${yamlWord(value)}`,
  );
}

/** How to take back the traffic that somebody else has changed: each way, and its command. */
export function takeBacks(report: Report): readonly (readonly [way: string, line: string])[] {
  if (report.outcome !== 'released') return [];
  const { canary, stable, served, outlook } = report;
  const { rerun } = outlook;
  const undo = served[stable] === 100 ? [] : allTo(stable, report);
  const finish = served[canary] === 100 ? [] : allTo(canary, report);
  const again = rerun === null ? null : rerunLine(rerun);
  return [
    ...undo.map((line) => ['Everything to the stable revision', line] as const),
    ...finish.map((line) => ['Everything to the canary', line] as const),
    ...(rerun === null || again === null
      ? []
      : [[`Then a new rollout, by a re-run of ${jobsText(rerun)}`, again] as const]),
  ];
}

/** The same for the log. */
export function takeBackLines(report: Report): readonly string[] {
  return takeBacks(report).flatMap(([way, line]) => [`# ${way}:`, line]);
}

export function fenced(
  lines: readonly string[],
  language: 'sh' | 'yaml' = 'sh',
): readonly string[] {
  const short = lines.filter((line) => line.length <= LONGEST_COMMAND);
  const shown = language === 'sh' ? short.flatMap(folded) : short;
  return shown.length === 0 ? [] : ['', ...block(shown, language)];
}

/** As a shell takes it apart. */
const WORD = /(?:[^\s'"\\]|\\.|'[^']*'|"(?:[^"\\]|\\.)*")+/g;

/** The same command, with each flag on a line of its own where it is wider than a phone. */
export function folded(line: string): readonly string[] {
  const words = line.match(WORD) ?? [];
  const isPlain = words.join(' ') === line && !words.some((word) => word.startsWith('#'));
  if (line.length <= PHONE_COLUMNS || !isPlain) return [line];
  const rows: string[] = [];
  for (const word of words) {
    const row = rows.at(-1);
    if (row === undefined || word.startsWith('-')) rows.push(word);
    else rows[rows.length - 1] = `${row} ${word}`;
  }
  return rows.map((row, at) => `${at === 0 ? '' : '  '}${row}${at < rows.length - 1 ? ' \\' : ''}`);
}

const OTHER_THAN_TEXT = /^(?:true|false|null|yes|no|on|off|y|n)$/i;

function yamlWord(value: string): string {
  const shown = visible(value);
  const isPlain = /^[A-Za-z][\w.-]*$|^\d+%$/.test(shown) && !OTHER_THAN_TEXT.test(shown);
  return isPlain ? shown : JSON.stringify(shown);
}

function runOf(runUrl: string): { readonly id: string; readonly repository: string } | null {
  const [, host = '', repository = '', id = ''] = RUN_PAGE.exec(runUrl) ?? [];
  if (id === '') return null;
  return {
    id,
    repository: shellWord(host === 'github.com' ? repository : `${host}/${repository}`),
  };
}
