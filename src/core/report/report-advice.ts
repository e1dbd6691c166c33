/** What to type next. Every value in a command is one harmless shell word. */
import { link, visible } from './markdown.ts';
import type { Report } from './report-model.ts';
import type { Outcome } from '../decision-types.ts';

type Advice = {
  readonly text: string;
  readonly commands: readonly ('finish' | 'undo' | 'describe')[];
};

/** No real names come near it. */
const LONGEST_COMMAND = 1000;

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
    text: 'The rollout is over and the split is not ours any more. Finish or undo it by hand, then start a new run:',
    commands: ['finish', 'undo'],
  },
  'start-failed': {
    text: 'Mend the revision and start a new run, or re-run this job to try again as a new revision. What Cloud Run says about it:',
    commands: ['describe'],
  },
  held: {
    text: 'Re-run this job to go on from here, or run the action with `command: promote` or `command: rollback`. By hand, finish or undo:',
    commands: ['finish', 'undo'],
  },
  unchanged: { text: 'Nothing to type.', commands: [] },
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

export function adviceOf(report: Report): string {
  const { text, commands } = ADVICE[report.outcome ?? 'running'];
  const lines = commands
    .flatMap((command) => commandLine(command, report) ?? [])
    .filter((line) => line.length <= LONGEST_COMMAND);
  const fenced = lines.length === 0 ? [] : ['', '```sh', ...lines, '```'];
  const page = report.runUrl === '' ? [] : ['', link('This run', report.runUrl)];
  return [text, ...fenced, ...page].join('\n');
}

/** null: the revision it needs is not known. */
function commandLine(command: Advice['commands'][number], report: Report): string | null {
  const { service, project, region } = report.service;
  const where = `--project=${shellWord(project)} --region=${shellWord(region)}`;
  if (command === 'describe') {
    return `gcloud run services describe ${shellWord(service)} ${where}`;
  }
  const revision = command === 'finish' ? report.canary : report.stable;
  return revision === ''
    ? null
    : `gcloud run services update-traffic ${shellWord(service)} ${where} --to-revisions=${shellWord(`${revision}=100`)}`;
}

/** Names were validated long before; what is unusual all the same is quoted, and stays on its line. */
export function shellWord(text: string): string {
  const shown = visible(text);
  return /^[A-Za-z0-9][A-Za-z0-9_.:=/-]*$/.test(shown)
    ? shown
    : `'${shown.replaceAll("'", `'\\''`)}'`;
}
