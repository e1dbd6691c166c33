/** One step that a person can take now: what it does, and the exact command. */
import {
  allTo,
  cancelLine,
  dispatchLine,
  fenced,
  gcloud,
  inputLines,
  rerunLine,
  takeBacks,
} from './report-commands.ts';
import { jobsText } from './report-again.ts';
import type { Report } from './report-model.ts';

export type Step =
  /** Orders to the action. */
  | 'order-promote'
  | 'order-rollback'
  | 'order-previous'
  /** Of the run on GitHub. */
  | 'cancel'
  | 'rerun'
  /** Whichever of both goes on from where it is held. */
  | 'go-on'
  /** By hand, past the action. */
  | 'finish'
  | 'undo'
  | 'take-back'
  | 'describe'
  | 'open';

type Order = 'order-promote' | 'order-rollback' | 'order-previous' | 'send-on';

export function stepParts(steps: readonly Step[], report: Report): readonly string[] {
  const orders = steps.flatMap((step) => orderIn(step, report) ?? []);
  const told = orderParts(orders, report);
  const [firstOrder] = orders;
  return steps.flatMap((step) => {
    const order = orderIn(step, report);
    // All of them stand where the first one does.
    if (order !== null) return order === firstOrder ? told : [];
    return partOf(step, report) ?? [];
  });
}

function orderIn(step: Step, { reason }: Report): Order | null {
  switch (step) {
    case 'order-promote':
    case 'order-rollback':
    case 'order-previous':
      return step;
    case 'go-on':
      return reason === 'reached' ? 'send-on' : null;
    case 'cancel':
    case 'rerun':
    case 'finish':
    case 'undo':
    case 'take-back':
    case 'describe':
    case 'open':
      return null;
  }
}

/** null: it cannot be taken here. */
function partOf(step: Step, report: Report): string | null {
  const { canary, stable, outcome } = report;
  switch (step) {
    case 'cancel':
      return block(cancelText(report), [cancelLine(report.runUrl)]);
    case 'rerun':
    case 'go-on':
      return againText(report);
    case 'finish':
      return byHand(
        outcome === 'rolled-back'
          ? '**All the same by hand**, against what decided: all traffic to this canary.'
          : `**Finish by hand**: all traffic to the canary.${BEYOND}`,
        allTo(canary, report),
      );
    case 'undo':
      return byHand(
        `**Undo by hand**: all traffic to the stable revision.${BEYOND}`,
        allTo(stable, report),
      );
    case 'take-back':
      return takeBackText(report);
    case 'describe':
      return report.outlook.isMissing ? null : block('', [gcloud('describe', report)]);
    case 'order-promote':
    case 'order-rollback':
    case 'order-previous':
      return null;
    case 'open':
      return block('', [
        `${gcloud('add-iam-policy-binding', report)} --member=allUsers --role=roles/run.invoker`,
      ]);
  }
}

function againText({ outcome, outlook }: Report): string | null {
  const { rerun } = outlook;
  if (rerun === null) return null;
  const jobs = jobsText(rerun);
  return block(
    outcome === 'held'
      ? `**Go on**: re-run ${jobs}. That takes the rollout over and tries the same stage again.`
      : `**Try again**: re-run ${jobs}.`,
    [rerunLine(rerun)],
  );
}

/** A block for each: whoever copies one must not get the other with it. */
function takeBackText(report: Report): string | null {
  const ways = takeBacks(report).map(([way, line]) => block(`**${way}**:`, [line]));
  return ways.length === 0 ? null : ways.join('\n\n');
}

const BEYOND = ' The action then leaves the traffic alone.';

function cancelText({ outlook }: Report): string {
  switch (outlook.onCancel) {
    case 'rollback':
      return '**Undo**: cancel this run. `on_cancel: rollback` gives the stable revision all traffic.';
    case 'hold':
      return '**Stop**: cancel this run. `on_cancel: hold` leaves the split as it is until somebody decides.';
    case null:
      return '**End it**: cancel this run. `on_cancel` says what becomes of the traffic.';
  }
}

const ORDERS: Readonly<Record<Order, { readonly words: string; readonly command: string }>> = {
  'order-promote': { words: 'Finish: the canary gets all traffic', command: 'promote' },
  'order-rollback': { words: 'Undo: the stable revision gets all traffic', command: 'rollback' },
  'order-previous': {
    words: 'Undo: the revision before gets all traffic again',
    command: 'rollback',
  },
  'send-on': { words: 'Go on to the next stage', command: 'ramp' },
};

function inputsOf(order: Order, { percent, outcome }: Report): Readonly<Record<string, string>> {
  const { command } = ORDERS[order];
  // What is approved is what was seen.
  const isSeen = percent > 0 && outcome !== 'busy';
  if (order === 'order-promote' && isSeen) return { command, at: `${percent}%` };
  return order === 'order-previous' ? { command, to: 'previous' } : { command };
}

/** One command each, where this workflow is known to take one; else the inputs of a step. */
function orderParts(orders: readonly Order[], report: Report): readonly string[] {
  const [only] = orders;
  if (only === undefined) return [];
  const lines = orders.map((order) => ({
    order,
    line: dispatchLine(report, inputsOf(order, report)),
  }));
  if (lines.every(({ line }) => line !== null)) {
    return lines.flatMap(({ order, line }) => block(`**${ORDERS[order].words}**:`, [line]) ?? []);
  }
  const each = orders.map((order) => {
    const inputs = Object.entries(inputsOf(order, report)).map(
      ([name, value]) => `\`${name}: ${value}\``,
    );
    return `- **${ORDERS[order].words}**: ${inputs.join(' and ')}`;
  });
  const service = fenced(inputLines(report), 'yaml');
  return [
    ['With the action, as inputs of a step in another workflow:', '', ...each, ...service].join(
      '\n',
    ),
  ];
}

function block(label: string, lines: readonly (string | null)[]): string {
  const known = lines.flatMap((line) => line ?? []);
  return [...(label === '' ? [] : [label]), ...fenced(known)].join('\n').trim();
}

/** null: the revision is not known, so there is nothing to type. */
function byHand(label: string, lines: readonly string[]): string | null {
  return lines.length === 0 ? null : block(label, lines);
}
