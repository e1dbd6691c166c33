/** What to type next. Every value in a command is one harmless shell word. */
import { causeOf } from '../doctor/cloud-run-words.ts';
import type { Cause } from '../doctor/cloud-run-words.ts';
import { logsPage } from '../doctor/commands.ts';
import { named } from '../doctor/principal.ts';
import { findingText } from '../problem.ts';
import { shellWord } from '../shell-word.ts';
import { block, link, plain } from './markdown.ts';
import type { Report } from './report-model.ts';
import type { Outcome } from '../decision-types.ts';

type Advice = {
  readonly text: string;
  readonly commands: readonly ('finish' | 'undo' | 'describe' | 'take-back' | 'open')[];
};

/** No real names come near it. */
const LONGEST_COMMAND = 1000;
const RUN_PAGE = /^https?:\/\/([^/]+)\/([^/]+\/[^/]+)\/actions\/runs\/(\d+)$/;

const ADVICE: Readonly<Record<Outcome | 'running', Advice>> = {
  running: {
    text: 'Cancelling this run ends the rollout as `on_cancel` says. If nobody is left to do it, this undoes it by hand; the action then leaves the traffic alone:',
    commands: ['undo'],
  },
  promoted: {
    text: 'Nothing of this action moves traffic any more. To go back by hand:',
    commands: ['undo'],
  },
  'rolled-back': {
    text: 'Mend the canary and start a new run, or re-run this job to try the same image again as a new revision. To send all traffic to this canary all the same:',
    commands: ['finish'],
  },
  released: {
    text: 'The rollout is over, and the traffic belongs to whoever changed it: nothing of this action touches it. To take it back, give all of it to one revision by hand. A new rollout can start from there, with `command: run` or a re-run of all jobs:',
    commands: ['take-back'],
  },
  'start-failed': {
    text: 'Mend the revision and start a new run, or re-run this job to try again as a new revision. What Cloud Run says about it:',
    commands: ['describe'],
  },
  deployed: {
    text: 'The next deployment is a canary against this revision. If the service is meant to be public, and nobody has opened it yet, open it:',
    commands: ['open'],
  },
  'deploy-failed': {
    text: 'Nothing was deleted or undone. Mend what is named above, then start a new run, or re-run this job to try again as a new revision. What the service says:',
    commands: ['describe'],
  },
  held: {
    text: 'Re-run this job to go on from here, or run the action with `command: promote` or `command: rollback`. By hand, finish or undo:',
    commands: ['finish', 'undo'],
  },
  unchanged: { text: 'Nothing to type.', commands: [] },
  planned: {
    text: 'Leave out `dry_run` to start the rollout.',
    commands: [],
  },
  gone: { text: 'Create the service first, then start a new run.', commands: ['describe'] },
  refused: {
    text: 'Mend what is named above, then re-run this job. What the service says:',
    commands: ['describe'],
  },
  busy: {
    text: 'Wait for the other rollout, or end it with `command: promote` or `command: rollback`; then re-run this job. What the service says:',
    commands: ['describe'],
  },
  fenced: { text: 'See the newer attempt of this run.', commands: [] },
  'hands-off': {
    text: 'Look at the annotation `cloud-run-canary.dev/rollout` and at the traffic, put both right by hand, then re-run this job:',
    commands: ['describe'],
  },
  'nothing-open': {
    text: 'Start a rollout with `command: run`. What the service says:',
    commands: ['describe'],
  },
};

/** A canary that somebody else has made is theirs to make again. */
const BROUGHT: ReadonlyMap<Outcome | 'running', string> = new Map([
  [
    'rolled-back',
    'The canary was left as it is, without traffic. Bring another revision in a new run, or re-run this job to try the same one again. To send all traffic to it all the same:',
  ],
  [
    'start-failed',
    'The canary was left as it is, without traffic. Bring another revision in a new run. What Cloud Run says about it:',
  ],
]);

export function adviceOf(report: Report): string {
  const { refusal } = report;
  const outcome = report.outcome ?? 'running';
  const { commands } = ADVICE[outcome];
  const text = (report.brought ? BROUGHT.get(outcome) : null) ?? ADVICE[outcome].text;
  const lines = commands.flatMap((command) => linesFor(command, report));
  const parts = [
    ...(refusal === null ? [] : refusalParts(refusal)),
    ...causeParts(report),
    [text, ...fenced(lines)].join('\n'),
    ...pages(report),
  ];
  return parts.join('\n\n');
}

/** The mend of each finding behind it, as it is typed. */
function refusalParts({ findings, advice, commands }: NonNullable<Report['refusal']>) {
  const each = findings.map(({ command, ...finding }) => {
    const lines = fenced(command === undefined ? [] : [command]);
    return [`- ${plain(findingText(finding))}`, ...lines.map((line) => `  ${line}`)].join('\n');
  });
  const rest = [...(advice === '' ? [] : [plain(advice)]), ...fenced(commands)].join('\n');
  return [...each, ...(rest === '' ? [] : [rest])];
}

/** What Cloud Run's words come to, before what is advised at every such ending. */
function causeParts(report: Report): readonly string[] {
  const cause = causeIn(report);
  if (cause === null) return [];
  const commands = cause.commands.map((command) => named(command, NOBODY));
  return [[plain(cause.text), ...fenced(commands)].join('\n')];
}

/** null: it was not Cloud Run that could not run the canary, or nothing is known of what it says. */
export function causeIn({ said, service, image }: Report): Cause | null {
  return said === '' ? null : causeOf(said, { ref: service, image });
}

/** What is not known stays a variable. */
const NOBODY = { member: null, repository: null };

function fenced(lines: readonly string[]): readonly string[] {
  const short = lines.filter((line) => line.length <= LONGEST_COMMAND);
  return short.length === 0 ? [] : ['', ...block(short, 'sh')];
}

/** A canary that was undone is understood from what it logged. */
function pages({ outcome, canary, service, runUrl }: Report): readonly string[] {
  const isUndone = outcome === 'start-failed' || outcome === 'rolled-back';
  const links = [
    ...(isUndone && canary !== '' ? [link('Logs of the canary', logsPage(service, canary))] : []),
    ...(runUrl === '' ? [] : [link('This run', runUrl)]),
  ];
  return links.length === 0 ? [] : [links.join(' · ')];
}

/** The same for the log: how to take back the traffic that somebody else has changed. */
export function takeBackLines(report: Report): readonly string[] {
  if (report.outcome !== 'released') return [];
  const { canary, stable, served } = report;
  const undo = served[stable] === 100 ? [] : allTo(stable, report);
  const finish = served[canary] === 100 ? [] : allTo(canary, report);
  const again = rerunLine(report.starterUrl);
  return [
    ...(undo.length === 0 ? [] : ['# Everything to the stable revision:', ...undo]),
    ...(finish.length === 0 ? [] : ['# Everything to the canary:', ...finish]),
    ...(again === null ? [] : ['# Then a new rollout:', again]),
  ];
}

function linesFor(command: Advice['commands'][number], report: Report): readonly string[] {
  switch (command) {
    case 'describe':
      return [gcloud('describe', report)];
    case 'finish':
      return allTo(report.canary, report);
    case 'undo':
      return allTo(report.stable, report);
    case 'take-back':
      return takeBackLines(report);
    case 'open':
      return [
        `${gcloud('add-iam-policy-binding', report)} --member=allUsers --role=roles/run.invoker`,
      ];
  }
}

/** Empty: the revision is not known. */
function allTo(revision: string, report: Report): readonly string[] {
  if (revision === '') return [];
  return [`${gcloud('update-traffic', report)} --to-revisions=${shellWord(`${revision}=100`)}`];
}

type Verb = 'describe' | 'update-traffic' | 'add-iam-policy-binding';

function gcloud(verb: Verb, { service: ref }: Report): string {
  const where = `--project=${shellWord(ref.project)} --region=${shellWord(ref.region)}`;
  return `gcloud run services ${verb} ${shellWord(ref.service)} ${where}`;
}

/** A re-run has the inputs that the rollout was started with. */
function rerunLine(starterUrl: string): string | null {
  const [, host = '', repository = '', run = ''] = RUN_PAGE.exec(starterUrl) ?? [];
  if (run === '') return null;
  const where = host === 'github.com' ? repository : `${host}/${repository}`;
  return `gh run rerun ${run} --repo ${shellWord(where)}`;
}
