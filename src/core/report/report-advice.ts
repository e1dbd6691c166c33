/** What to type next, and where to look. */
import { causeOf } from '../doctor/cloud-run-words.ts';
import type { Cause } from '../doctor/cloud-run-words.ts';
import { NOBODY, named } from '../doctor/principal.ts';
import { findingText } from '../problem.ts';
import { RECORD_ANNOTATION } from '../rollout/record.ts';
import { plain } from './markdown.ts';
import { fenced } from './report-commands.ts';
import type { Report } from './report-model.ts';
import { ageText, clockText } from './report-numbers.ts';
import { placesOf } from './report-places.ts';
import { standingOf } from './report-standing.ts';
import type { Standing } from './report-standing.ts';
import { stepParts } from './report-steps.ts';
import type { Step } from './report-steps.ts';
import type { Outcome } from '../decision-types.ts';

type Advice = { readonly text: string; readonly steps: readonly Step[] };

const ADVICE: Readonly<Record<Outcome | 'running', Advice>> = {
  running: {
    text: 'Nothing, if it is to go on: it promotes or restores by itself. To end it before that:',
    steps: ['cancel', 'order-rollback', 'order-promote', 'undo'],
  },
  promoted: {
    text: 'Nothing, if it is to stay so: nothing of this action moves traffic any more. To go back:',
    steps: ['order-previous', 'undo'],
  },
  'rolled-back': {
    text: 'Nothing is urgent: the canary has no traffic any more. Mend it and start a new run, or try the same image again as a new revision.',
    steps: ['rerun', 'finish'],
  },
  released: {
    text: 'The rollout is over, and the traffic belongs to whoever changed it: nothing of this action touches it. To take it back, give all of it to one revision by hand; a new rollout can start from there:',
    steps: ['take-back'],
  },
  'start-failed': {
    text: 'Mend the revision and start a new run, or try again as a new revision. What Cloud Run says about it:',
    steps: ['describe', 'rerun'],
  },
  deployed: {
    text: 'The next deployment is a canary against this revision. If the service is meant to be public, and nobody has opened it yet, open it:',
    steps: ['open'],
  },
  'deploy-failed': {
    text: 'Nothing was deleted or undone. Mend what is named above, then start a new run, or re-run the failed jobs to try again as a new revision. What the service says:',
    steps: ['describe'],
  },
  held: {
    text: 'Somebody has to decide: send it on, finish it, or undo it.',
    steps: ['go-on', 'order-promote', 'order-rollback', 'finish', 'undo'],
  },
  unchanged: { text: 'Nothing to type.', steps: [] },
  planned: {
    text: 'Leave out `dry_run` to start the rollout.',
    steps: [],
  },
  gone: { text: 'Create the service first, then start a new run.', steps: ['describe'] },
  refused: {
    text: 'Mend what is named above, then try again. What the service says:',
    steps: ['describe', 'rerun'],
  },
  busy: {
    text: 'Wait for the other rollout, or end it; then try again.',
    steps: ['order-promote', 'order-rollback', 'rerun', 'describe'],
  },
  fenced: { text: 'See the newer attempt of this run.', steps: [] },
  'hands-off': {
    text: `Look at the annotation \`${RECORD_ANNOTATION}\` and at the traffic, put both right by hand, then try again:`,
    steps: ['describe', 'rerun'],
  },
  'nothing-open': {
    text: 'Start a rollout with `command: run`. What the service says:',
    steps: ['describe'],
  },
};

/** A canary that somebody else has made is theirs to make again. */
const BROUGHT: ReadonlyMap<Outcome | 'running', string> = new Map([
  [
    'rolled-back',
    'The canary was left as it is, without traffic. Bring another revision in a new run, or try the same one again.',
  ],
  [
    'start-failed',
    'The canary was left as it is, without traffic. Bring another revision in a new run. What Cloud Run says about it:',
  ],
]);

export function adviceOf(report: Report): string {
  const { refusal } = report;
  const outcome = report.outcome ?? 'running';
  const standing = standingOf(report);
  const { steps, text } =
    standing === 'as-said' ? adviceFor(report, outcome) : NOT_AS_SAID[standing];
  const parts = [
    ...(refusal === null ? [] : refusalParts(refusal)),
    ...causeParts(report),
    (report.brought && standing === 'as-said' ? BROUGHT.get(outcome) : null) ?? text,
    ...untilText(report),
    ...stepParts(steps, report),
    ...placesOf(report),
  ];
  return parts.join('\n\n');
}

/** Of a service that is not there nothing can be asked. */
function adviceFor({ outlook }: Report, outcome: Outcome | 'running'): Advice {
  return outcome === 'refused' && outlook.isMissing ? NOT_THERE : ADVICE[outcome];
}

const NOT_THERE: Advice = {
  text: 'Mend what is named above, then try again. There is no service yet.',
  steps: ['rerun'],
};

/** Whoever reads that it is over must not go back to bed. */
const NOT_AS_SAID: Readonly<Record<Exclude<Standing, 'as-said'>, Advice>> = {
  unserved: {
    text: 'Cloud Run does not serve yet what it was asked for. See what the service says, and ask by hand if that does not change in a few minutes.',
    steps: ['describe', 'undo', 'finish'],
  },
  changed: {
    text: 'Somebody else has changed the traffic since, and nothing of this action touches it. See what the service says, and put it right by hand if that was a mistake.',
    steps: ['describe', 'undo', 'finish'],
  },
};

/** Nothing waits for ever. */
function untilText({ outcome, outlook, now }: Report): readonly string[] {
  if (outcome !== 'held' || outlook.due === null) return [];
  const { due } = outlook;
  return [
    `It is held until ${clockText(due, now)} (${ageText(due, now)}). After that whoever comes next, a \`reconcile\` or a new start, restores the stable revision.`,
  ];
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
export function causeIn({ said, service, image, reason }: Report): Cause | null {
  // A clone has the image of the stable revision, which is not known here.
  const ofWhom = reason === 'baseline-lost' ? '' : image;
  return said === '' ? null : causeOf(said, { ref: service, image: ofWhom });
}
