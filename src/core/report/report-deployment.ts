/** What GitHub's Deployment of a rollout says: where it is, and under which address. */
import type { Outcome } from '../decision-types.ts';
import { visible } from './markdown.ts';
import type { Report } from './report-model.ts';
import { titleOf } from './report-title.ts';
import { standingOf } from './report-standing.ts';
import { conclusionOf } from './report-words.ts';

export type DeploymentStatus = {
  readonly state: 'in_progress' | 'success' | 'failure' | 'inactive';
  /** "": there is none yet. */
  readonly environmentUrl: string;
  /** At most 140 characters. */
  readonly description: string;
  /** The check run, or else the run; "" without either. */
  readonly logUrl: string;
};

/** Of whatever did not begin, or is over without us, no Deployment says anything. */
const STATES: ReadonlyMap<Outcome, (report: Report) => DeploymentStatus['state']> = new Map<
  Outcome,
  (report: Report) => DeploymentStatus['state']
>([
  ['promoted', (report) => (conclusionOf(report) === 'success' ? 'success' : 'failure')],
  ['deployed', () => 'success'],
  ['deploy-failed', () => 'failure'],
  ['start-failed', () => 'failure'],
  // By a person, or by a cancel, it has not failed: it is only not there any more.
  // While it is still served, it is.
  ['rolled-back', (report) => (isFailure(report) ? 'failure' : 'inactive')],
  ['released', () => 'inactive'],
  // The canary has its share, and somebody is to decide.
  ['held', () => 'in_progress'],
]);

function isFailure(report: Report): boolean {
  return conclusionOf(report) === 'failure' || standingOf(report) === 'unserved';
}

/** null: nothing is deployed, or not yet. */
export function deploymentStatusOf(report: Report, page: string): DeploymentStatus | null {
  const { outcome, canary, url, canaryUrl } = report;
  if (canary === '') return null;
  const state = outcome === null ? 'in_progress' : STATES.get(outcome)?.(report);
  if (state === undefined) return null;
  return {
    state,
    environmentUrl: state === 'in_progress' ? canaryUrl : url,
    description: visible(titleOf(report)),
    logUrl: page,
  };
}
